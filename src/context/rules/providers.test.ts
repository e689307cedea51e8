import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerId } from '../../identity/keys.ts'
import { encodeText } from '../../lib/bytes.ts'
import { createCid, rawCodec } from '../../lib/cid.ts'
import { chooseHolders } from './choose-holders.ts'
import type { ProviderClaim } from './provider-book.ts'
import { ProviderBook } from './provider-book.ts'

const [ada, bob, cy, eve] = ['ada', 'bob', 'cy', 'eve'] as PeerId[] as [PeerId, PeerId, PeerId, PeerId]
const [one, two] = [createCid(rawCodec, encodeText('one')), createCid(rawCodec, encodeText('two'))]

function claim(resource: string, provider: PeerId, at: number, entry = one): ProviderClaim {
  return { resource, provider, version: 1, entry, cid: entry, at, ttlMs: 100 }
}

test('writers that are about keep what they wrote, others by rank, nobody twice, and as many as there are', () => {
  const members = new Set([ada, bob, cy, eve])
  const holders = chooseHolders('some content', { writers: [cy], members, replicas: 3 })
  assert.equal(holders[0], cy)
  assert.equal(new Set(holders).size, 3)
  assert.deepEqual(chooseHolders('some content', { writers: [cy], members: new Set([bob]), replicas: 3 }), [bob])
  assert.equal(chooseHolders('some content', { writers: [ada, bob, cy], members, replicas: 2 }).length, 2)
})

test('a member that goes moves only its own share', () => {
  const members = [ada, bob, cy, eve, 'dan', 'fay', 'gil'] as PeerId[]
  const choose = (about: readonly PeerId[], name: string): readonly PeerId[] =>
    chooseHolders(name, { writers: [ada], members: new Set(about), replicas: 3 })
  const names = Array.from({ length: 200 }, (_, index) => `content ${index}`)
  const without = members.filter((node) => node !== bob)
  for (const name of names) {
    const [before, after] = [choose(members, name), choose(without, name)]
    if (before.includes(bob)) assert.equal(after.filter((node) => before.includes(node)).length, 2)
    else assert.deepEqual(after, before)
  }
})

test('a claim is news once, is refreshed by a newer one, and ends by the clock of who hears it', () => {
  const book = new ProviderBook({ maxPerProvider: 10, maxClaims: 10 })
  assert.equal(book.take(claim('a', ada, 5), 1_000), 'told')
  assert.equal(book.take(claim('a', ada, 5), 1_001), 'stale')
  assert.equal(book.take(claim('a', ada, 4), 1_001), 'stale')
  assert.equal(book.take(claim('a', ada, 6), 1_050), 'refreshed')
  assert.equal(book.take(claim('a', ada, 7, two), 1_060), 'told')
  assert.equal(book.take(claim('a', bob, 1), 1_060), 'told')
  assert.deepEqual(
    book.of('a', 1_159).map(({ provider, until }) => [provider, until]),
    [
      [ada, 1_160],
      [bob, 1_160],
    ],
  )
  assert.equal(book.count(1_159), 2)
  assert.deepEqual([book.of('a', 1_160), book.count(1_160), book.of('b', 0)], [[], 0, []])
  // what ended is news again, but not what was heard before
  assert.equal(book.take(claim('a', ada, 7, two), 2_000), 'stale')
  assert.equal(book.take(claim('a', ada, 8, two), 2_000), 'told')
})

test('F17: a provider whose clock is an hour off is heard like any other', () => {
  const book = new ProviderBook({ maxPerProvider: 10, maxClaims: 10 })
  const hour = 3_600_000
  assert.equal(book.take(claim('a', ada, 1_760_000_000_000 + hour), 10), 'told')
  assert.equal(book.take(claim('a', bob, 1_760_000_000_000 - hour), 10), 'told')
  assert.equal(book.of('a', 109).length, 2)
})

test('one provider cannot fill the book, and when all together do, the oldest claim goes', () => {
  const book = new ProviderBook({ maxPerProvider: 2, maxClaims: 3 })
  for (const name of ['a', 'b']) assert.equal(book.take(claim(name, eve, 1), 0), 'told')
  assert.equal(book.take(claim('c', eve, 1), 0), 'full')
  assert.equal(book.take(claim('c', eve, 1), 100), 'told', 'what ended makes room')
  assert.equal(book.take(claim('d', ada, 1), 100), 'told')
  assert.equal(book.take(claim('e', ada, 1), 100), 'told')
  assert.equal(book.take(claim('f', bob, 1), 100), 'told')
  assert.deepEqual(
    ['c', 'd', 'e', 'f'].map((name) => book.of(name, 150).length),
    [0, 1, 1, 1],
  )
})
