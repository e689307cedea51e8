import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Entry } from '../entry.ts'
import { signChain } from '../testing/bench-of-peers.ts'
import type { ChainEnd } from './judge-next.ts'
import { judgeNext } from './judge-next.ts'

const [one, two, three] = signChain('ada', ['one', 'two', 'three']) as readonly [Entry, Entry, Entry]
const [otherOne, otherTwo] = signChain('ada', ['other', 'branch']) as readonly [Entry, Entry]

function endAt(entry: Entry): ChainEnd {
  return { seq: entry.header.seq, cid: entry.cid, at: entry.header.at }
}

test('the first entry extends an empty chain, and a later one follows on its end', () => {
  assert.equal(judgeNext(undefined, one, undefined), 'extends')
  assert.equal(judgeNext(endAt(one), two, undefined), 'extends')
})

test('an entry that is held is known, and another one in its place is a fork', () => {
  assert.equal(judgeNext(endAt(two), one, one.cid), 'known')
  assert.equal(judgeNext(endAt(two), otherOne, one.cid), 'fork')
})

test('an entry beyond the next is behind a gap', () => {
  assert.equal(judgeNext(undefined, two, undefined), 'gap')
  assert.equal(judgeNext(endAt(one), three, undefined), 'gap')
})

test('an entry that follows on another one than our last diverged before', () => {
  assert.equal(judgeNext(endAt(one), otherTwo, undefined), 'diverged')
})

test('S5: an entry dated no later than the one before is stale', () => {
  assert.equal(judgeNext({ ...endAt(one), at: two.header.at }, two, undefined), 'stale')
})

test('an incarnation after the first opens with its kind, which stands nowhere else', () => {
  const [opening] = signChain('ada', ['x'], { incarnation: 2, kind: 'incarnation' }) as readonly [Entry]
  const [bare] = signChain('ada', ['x'], { incarnation: 2 }) as readonly [Entry]
  const [early] = signChain('ada', ['x'], { kind: 'incarnation' }) as readonly [Entry]
  assert.equal(judgeNext(undefined, opening, undefined), 'extends')
  assert.equal(judgeNext(undefined, bare, undefined), 'wrong-incarnation')
  assert.equal(judgeNext(undefined, early, undefined), 'wrong-incarnation')
})
