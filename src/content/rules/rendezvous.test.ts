import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PeerId } from '../../identity/keys.ts'
import { mayLetGo, rankNodes } from './rendezvous.ts'

const peers = ['ada', 'bob', 'cy', 'dora', 'eve'] as PeerId[]

test('the order is the same for everybody, and differs from content to content', () => {
  assert.deepEqual(rankNodes('one', peers), rankNodes('one', peers.toReversed()))
  assert.deepEqual(rankNodes('one', [...peers, ...peers]), rankNodes('one', peers))
  const firsts = new Set(Array.from({ length: 50 }, (_, index) => rankNodes(`content ${index}`, peers)[0]))
  assert.equal(firsts.size, 5)
})

test('a node that leaves moves nobody else', () => {
  const ranked = rankNodes('one', peers)
  const [, second] = ranked
  assert.deepEqual(
    rankNodes(
      'one',
      peers.filter((peer) => peer !== second),
    ),
    ranked.filter((peer) => peer !== second),
  )
})

test('however many let go at once, as many copies as wanted stay', () => {
  fc.assert(
    fc.property(fc.string(), fc.subarray(peers), fc.integer({ min: 1, max: 4 }), (name, holders, copies) => {
      const staying = holders.filter(
        (self) =>
          !mayLetGo(
            name,
            self,
            holders.filter((other) => other !== self),
            copies,
          ),
      )
      assert.equal(staying.length, Math.min(copies, holders.length))
    }),
  )
})
