import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeOf } from '../../journal/testing/bench-of-peers.ts'
import { chooseKept } from './choose-kept.ts'
import { chooseWriter } from './choose-writer.ts'
import { guessMediaType } from './media-types.ts'

const [low, high] = [nodeOf('ada'), nodeOf('bob')].toSorted()

test('who has written stays the writer; then who was certified first; then the lower name', () => {
  assert.ok(low !== undefined && high !== undefined)
  assert.equal(chooseWriter([]), undefined)
  const early = { node: high, since: 1, isUsed: false }
  assert.equal(chooseWriter([{ node: low, since: 2, isUsed: false }, early]), high)
  assert.equal(chooseWriter([early, { node: low, since: 2, isUsed: true }]), low)
  assert.equal(
    chooseWriter([
      { ...early, isUsed: true },
      { node: low, since: 2, isUsed: true },
    ]),
    high,
  )
  const same = [
    { node: high, since: 1, isUsed: false },
    { node: low, since: 1, isUsed: false },
  ]
  assert.deepEqual([chooseWriter(same), chooseWriter(same.toReversed())], [low, low])
})

test('retention never goes back, never takes the newest, and is both by number and by age', () => {
  const request = { first: 3, next: 10, firstSince: () => 7, now: 1_000, newestAt: 1_000 }
  assert.equal(chooseKept({ keepVersions: 0, keepMs: 0 }, request), 3)
  assert.equal(chooseKept({ keepVersions: 4, keepMs: 0 }, request), 7)
  assert.equal(chooseKept({ keepVersions: 100, keepMs: 0 }, request), 3)
  assert.equal(chooseKept({ keepVersions: 1, keepMs: 0 }, request), 10)
  assert.equal(chooseKept({ keepVersions: 0, keepMs: 10 }, request), 7)
  assert.equal(chooseKept({ keepVersions: 2, keepMs: 10 }, request), 9)
  assert.equal(chooseKept({ keepVersions: 0, keepMs: 10 }, { ...request, firstSince: () => undefined }), 10)
  const asked: number[] = []
  chooseKept({ keepVersions: 0, keepMs: 10 }, { ...request, firstSince: (at) => asked.push(at) })
  assert.deepEqual(asked, [990])
})

test('F17: a wall clock that jumps, either way, takes no version with the write that sees it', () => {
  const times = [100, 200, 300]
  const firstSince = (at: number): number | undefined => times.findIndex((time) => time >= at) + 1 || undefined
  const request = { first: 1, next: 4, firstSince, newestAt: 300 }
  assert.deepEqual(
    [0, 300, 1_000_000].map((now) => chooseKept({ keepVersions: 0, keepMs: 150 }, { ...request, now })),
    [1, 2, 2],
  )
  assert.equal(
    chooseKept({ keepVersions: 0, keepMs: 150 }, { ...request, next: 1, firstSince: () => undefined, newestAt: undefined, now: 5 }),
    1,
  )
})

test('a media type follows from the ending of the name, whatever its case; without one text is text', () => {
  const guess = (isText: boolean) => ['a/why.md', 'B.JSON', 'state', 'x.constructor', ''].map((path) => guessMediaType(path, { isText }))
  const bytes = 'application/octet-stream'
  assert.deepEqual(guess(false), ['text/markdown', 'application/json', bytes, bytes, bytes])
  assert.deepEqual(guess(true), ['text/markdown', 'application/json', 'text/plain', 'text/plain', 'text/plain'])
})
