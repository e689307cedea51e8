import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeOf } from '../../journal/testing/bench-of-peers.ts'
import { ownerOf } from '../testing/stand.ts'
import type { SaidWord, WordKind } from './words.ts'
import { addedMaintainer, allows, chooseWord, comparePositions } from './words.ts'

const [low, high] = [nodeOf('ada'), nodeOf('bob')].toSorted()
assert.ok(low !== undefined && high !== undefined)

function said(value: string | null, more: Partial<SaidWord> = {}): SaidWord {
  return { node: low as SaidWord['node'], author: ownerOf('ada'), incarnation: 1, seq: 1, revision: 1, at: 0, value, ...more }
}

function chosen(kind: WordKind, ...words: readonly SaidWord[]): string | null | undefined {
  const [forward, backward] = [chooseWord(kind, words)?.value, chooseWord(kind, words.toReversed())?.value]
  assert.equal(forward, backward, 'the order of words matters')
  return forward
}

test('of one node the last word counts, whatever its revision; a later incarnation is later', () => {
  assert.equal(chosen('yank', said('first', { revision: 9 }), said('second', { seq: 2 })), 'second')
  assert.equal(chosen('yank', said('old', { seq: 40 }), said('new', { incarnation: 2 })), 'new')
  assert.equal(chosen('yank'), undefined)
})

test('between nodes the higher revision counts, though the author of the lower one spoke later', () => {
  assert.equal(chosen('yank', said('higher', { revision: 2 }), said(null, { node: high, seq: 70, at: 9 })), 'higher')
})

test('of two words of one revision the careful one counts, then that of the lower node', () => {
  const other = { node: high }
  assert.equal(chosen('yank', said(null), said('', other)), '')
  assert.equal(chosen('deprecate', said(null), said('old', other)), 'old')
  assert.equal(chosen('tag', said('1.0.0'), said(null, other)), null)
  assert.equal(chosen('maintainer', said(addedMaintainer), said('[]', other)), '[]')
  assert.equal(chosen('yank', said('of the lower'), said('of the higher', other)), 'of the lower')
})

test('a maintainer is heard without end, a former one up to the cut of each node, a stranger never', () => {
  const at = (seq: number, incarnation = 1, node = high) => ({ node, incarnation, seq })
  assert.ok(allows({ standing: 'maintainer' }, at(99)))
  assert.ok(!allows({ standing: 'stranger' }, at(1)))
  const former = { standing: 'former', cuts: [at(5, 2)] } as const
  assert.ok(allows(former, at(5, 2)))
  assert.ok(allows(former, at(99, 1)))
  assert.ok(!allows(former, at(6, 2)))
  assert.ok(!allows(former, at(1, 3)))
  assert.ok(!allows(former, at(1, 1, low)))
})

test('positions come by incarnation, then by number', () => {
  assert.ok(comparePositions({ incarnation: 1, seq: 9 }, { incarnation: 2, seq: 1 }) < 0)
  assert.ok(comparePositions({ incarnation: 2, seq: 2 }, { incarnation: 2, seq: 1 }) > 0)
  assert.equal(comparePositions({ incarnation: 2, seq: 1 }, { incarnation: 2, seq: 1 }), 0)
})
