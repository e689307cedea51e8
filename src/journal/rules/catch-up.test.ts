import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Entry, Head } from '../entry.ts'
import { nodeOf, signChain } from '../testing/bench-of-peers.ts'
import { CatchUp } from './catch-up.ts'

const [ada, bob, cy, eve] = [nodeOf('ada'), nodeOf('bob'), nodeOf('cy'), nodeOf('eve')]
const [one] = signChain('ada', ['one']) as readonly [Entry]
const limits = { maxRanges: 2, maxEntries: 100, maxWants: 3, maxWantsPerPeer: 3 }

/** Our heads, which a test moves as entries come. */
function createOurs(): { readonly heads: Map<string, number>; readonly catchUp: CatchUp; readonly wanted: Map<string, number> } {
  const heads = new Map<string, number>()
  const wanted = new Map<string, number>()
  const headOf = (node: Head['node'], incarnation: number): Head | undefined => {
    const seq = heads.get(node)
    return seq === undefined ? undefined : { node, incarnation, seq, cid: one.cid }
  }
  const catchUp = new CatchUp({ headOf, lastWanted: (node) => wanted.get(node) ?? Infinity }, limits)
  return { heads, catchUp, wanted }
}

test("one author's range is asked of one peer at a time", () => {
  const { catchUp } = createOurs()
  catchUp.offer(bob, { node: ada, incarnation: 1, seq: 10 })
  catchUp.offer(cy, { node: ada, incarnation: 1, seq: 12 })
  assert.deepEqual(catchUp.next(bob), [{ node: ada, incarnation: 1, from: 1, to: 10 }])
  assert.deepEqual(catchUp.next(cy), [])
})

test('what one peer could not give is asked of another, from where it stands', () => {
  const { catchUp, heads } = createOurs()
  catchUp.offer(bob, { node: ada, incarnation: 1, seq: 10 })
  catchUp.offer(cy, { node: ada, incarnation: 1, seq: 12 })
  const asked = catchUp.next(bob)
  heads.set(ada, 10)
  catchUp.answered(bob, asked)
  assert.deepEqual(catchUp.next(bob), [])
  assert.deepEqual(catchUp.next(cy), [{ node: ada, incarnation: 1, from: 11, to: 12 }])
})

test('a peer that stalls or goes loses what it was asked for', () => {
  const { catchUp } = createOurs()
  catchUp.offer(bob, { node: ada, incarnation: 1, seq: 10 })
  catchUp.offer(cy, { node: ada, incarnation: 1, seq: 10 })
  catchUp.next(bob)
  catchUp.lose(bob)
  assert.deepEqual(catchUp.next(bob), [])
  assert.equal(catchUp.next(cy).length, 1)
  catchUp.lose(cy)
  assert.equal(catchUp.size, 0)
})

test('an answer that brings nothing withdraws the offer', () => {
  const { catchUp } = createOurs()
  catchUp.offer(bob, { node: ada, incarnation: 1, seq: 10 })
  catchUp.answered(bob, catchUp.next(bob))
  assert.deepEqual(catchUp.next(bob), [])
  assert.equal(catchUp.size, 0)
})

test('what an answer had no room for is asked for first the next time', () => {
  const { catchUp, heads } = createOurs()
  catchUp.offer(eve, { node: ada, incarnation: 1, seq: 5 })
  catchUp.offer(eve, { node: bob, incarnation: 1, seq: 5 })
  const asked = catchUp.next(eve)
  assert.equal(asked.length, 2)
  heads.set(ada, 3)
  catchUp.answered(eve, asked)
  assert.deepEqual(catchUp.next(eve), [
    { node: bob, incarnation: 1, from: 1, to: 5 },
    { node: ada, incarnation: 1, from: 4, to: 5 },
  ])
})

test('a question holds no more ranges and entries than an answer can', () => {
  const { catchUp } = createOurs()
  catchUp.offer(eve, { node: ada, incarnation: 1, seq: 1000 })
  catchUp.offer(eve, { node: bob, incarnation: 1, seq: 1000 })
  assert.equal(catchUp.next(eve).length, 1)
  assert.equal(catchUp.next(eve).length, 1)
})

test('S4: wants are bounded, and one more is not taken', () => {
  const { catchUp } = createOurs()
  for (const node of [ada, bob, cy]) catchUp.offer(eve, { node, incarnation: 1, seq: 1 })
  catchUp.offer(bob, { node: eve, incarnation: 1, seq: 1 })
  assert.equal(catchUp.size, 3)
})

test('what was cut meanwhile is not asked for', () => {
  const { catchUp, wanted } = createOurs()
  catchUp.offer(bob, { node: ada, incarnation: 1, seq: 10 })
  wanted.set(ada, 0)
  assert.deepEqual(catchUp.next(bob), [])
  assert.equal(catchUp.size, 0)
})

test('a lower offer does not take a higher one back', () => {
  const { catchUp } = createOurs()
  catchUp.offer(bob, { node: ada, incarnation: 1, seq: 10 })
  catchUp.offer(bob, { node: ada, incarnation: 1, seq: 4 })
  assert.deepEqual(catchUp.next(bob), [{ node: ada, incarnation: 1, from: 1, to: 10 }])
})

test('S6: a probe is asked of the very peer, whatever we hold, and only so many', () => {
  const { catchUp, heads } = createOurs()
  heads.set(ada, 50)
  for (const from of [1, 11, 21]) catchUp.probe(bob, { node: ada, incarnation: 1, from, to: from + 9 })
  assert.deepEqual(catchUp.next(cy), [])
  assert.deepEqual(catchUp.next(bob), [
    { node: ada, incarnation: 1, from: 1, to: 10 },
    { node: ada, incarnation: 1, from: 11, to: 20 },
  ])
  catchUp.answered(bob, [{ node: ada, incarnation: 1, from: 1, to: 10 }])
  assert.deepEqual(catchUp.next(bob), [])
})

test('S4: who offers without end leaves room for the others, and has room again for what was withdrawn', () => {
  const ours = { headOf: () => undefined, lastWanted: () => Infinity }
  const catchUp = new CatchUp(ours, { maxRanges: 9, maxEntries: 100, maxWants: 3, maxWantsPerPeer: 2 })
  for (let incarnation = 1; incarnation <= 5; incarnation++) catchUp.offer(eve, { node: ada, incarnation, seq: 1 })
  catchUp.offer(bob, { node: cy, incarnation: 1, seq: 1 })
  assert.deepEqual(catchUp.next(bob), [{ node: cy, incarnation: 1, from: 1, to: 1 }])
  assert.equal(catchUp.size, 3)
  const asked = catchUp.next(eve)
  assert.equal(asked.length, 2)
  catchUp.answered(eve, asked)
  catchUp.offer(eve, { node: ada, incarnation: 4, seq: 1 })
  assert.deepEqual(catchUp.next(eve), [{ node: ada, incarnation: 4, from: 1, to: 1 }])
})
