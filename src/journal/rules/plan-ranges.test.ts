import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Entry, Head } from '../entry.ts'
import { nodeOf, signChain } from '../testing/bench-of-peers.ts'
import type { OurHeads } from './plan-ranges.ts'
import { planRanges } from './plan-ranges.ts'

const [ada, bob] = [nodeOf('ada'), nodeOf('bob')]
const [one, two] = signChain('ada', ['one', 'two']) as readonly [Entry, Entry]

function ours(heads: readonly Head[], lastWanted: OurHeads['lastWanted'] = () => Infinity): OurHeads {
  return { headOf: (node, incarnation) => heads.find((head) => head.node === node && head.incarnation === incarnation), lastWanted }
}

test('what a peer has beyond our head is asked for, older incarnations first', () => {
  const theirs: readonly Head[] = [
    { node: ada, incarnation: 2, seq: 1, cid: two.cid },
    { node: bob, incarnation: 1, seq: 3, cid: two.cid },
    { node: ada, incarnation: 1, seq: 9, cid: two.cid },
  ]
  const ranges = planRanges(ours([{ node: ada, incarnation: 1, seq: 4, cid: one.cid }]), theirs)
  const expected = [
    { node: ada, incarnation: 1, from: 5, to: 9 },
    { node: bob, incarnation: 1, from: 1, to: 3 },
  ].toSorted((a, b) => (a.node < b.node ? -1 : 1))
  assert.deepEqual(ranges, [...expected, { node: ada, incarnation: 2, from: 1, to: 1 }])
})

test('nothing is asked for when heads are equal, or ours is further', () => {
  const head: Head = { node: ada, incarnation: 1, seq: 2, cid: two.cid }
  assert.deepEqual(planRanges(ours([head]), [head]), [])
  assert.deepEqual(planRanges(ours([head]), [{ ...head, seq: 1, cid: one.cid }]), [])
})

test('S6: another head at the same height is asked for, as it may prove a fork', () => {
  const head: Head = { node: ada, incarnation: 1, seq: 2, cid: two.cid }
  assert.deepEqual(planRanges(ours([head]), [{ ...head, cid: one.cid }]), [{ node: ada, incarnation: 1, from: 2, to: 2 }])
})

test('nothing beyond a cut is asked for', () => {
  const head: Head = { node: ada, incarnation: 1, seq: 9, cid: two.cid }
  assert.deepEqual(
    planRanges(
      ours([], () => 3),
      [head],
    ),
    [{ node: ada, incarnation: 1, from: 1, to: 3 }],
  )
  assert.deepEqual(
    planRanges(
      ours([], () => 0),
      [head],
    ),
    [],
  )
})

test('two authors of equal name and incarnation keep the order they came in', () => {
  const head: Head = { node: ada, incarnation: 1, seq: 1, cid: one.cid }
  assert.equal(planRanges(ours([]), [head, head]).length, 2)
})
