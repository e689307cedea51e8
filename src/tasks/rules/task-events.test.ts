import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RefMeaning } from './judge-ref.ts'
import type { SeenTask } from './task-events.ts'
import { compareTasks, epochOf, holderOf, reasonOf } from './task-events.ts'

const holding = (epoch: number, reason?: string) => ({ epoch, holder: 'ada', reason }) as never
const seen = (meaning?: RefMeaning, change: Partial<SeenTask> = {}): SeenTask => ({
  title: 'a',
  isOpen: true,
  needsHuman: false,
  meaning,
  ...change,
})
const free = (why: 'new' | 'closed' | 'released' | 'broken', epoch: number): RefMeaning => ({
  meaning: 'free',
  value: undefined,
  epoch,
  why,
})
const held = (epoch: number): RefMeaning => ({ meaning: 'held', holding: holding(epoch), epoch: epoch + 1 })

const changes: readonly (readonly [string, SeenTask | undefined, SeenTask, readonly string[]])[] = [
  ['a task that is new', undefined, seen(), ['added']],
  ['a task that was claimed before it was seen', undefined, seen(held(1)), ['added', 'claimed']],
  ['a first claim', seen(), seen(held(1)), ['claimed']],
  ['a renewal', seen(held(1)), seen({ meaning: 'ours', holding: holding(1) }), []],
  ['a later epoch', seen(held(1)), seen({ meaning: 'ours-elsewhere', holding: holding(2) }), ['taken-over']],
  ['something that is no claim', seen(), seen({ meaning: 'unknown', epoch: 2 }), ['claimed']],
  ['a release', seen(held(1)), seen(free('released', 2)), ['released']],
  ['a break', seen(held(1)), seen(free('broken', 2)), ['broken']],
  ['a chain that was collected', seen(), seen(free('closed', 2)), []],
  ['a review', seen(held(1)), seen({ meaning: 'in-review', holding: holding(1), epoch: 2 }), ['in-review']],
  ['a pause', seen(), seen({ meaning: 'paused', holding: holding(1) }), ['paused']],
  ['three failures', seen(held(3)), seen({ meaning: 'quarantined', failures: 3 }, { needsHuman: true }), ['quarantined', 'needs-human']],
  ['a forge that forgot', seen(held(1)), seen({ meaning: 'regressed', newest: 'a'.repeat(40) as never }), []],
  ['the end', seen(held(1)), seen({ meaning: 'done', holding: holding(1), epoch: 2 }, { isOpen: false }), ['done', 'closed']],
  ['nothing', seen(free('new', 1)), seen(), []],
]

for (const [what, before, now, events] of changes)
  test(`${what} is told as ${events.join(' and ') || 'nothing'}`, () => {
    assert.deepEqual(compareTasks(before, now), events)
  })

test('a happening says whose it is, of which epoch and why', () => {
  const review: RefMeaning = { meaning: 'in-review', holding: holding(2, 'ci-failed'), epoch: 3 }
  assert.deepEqual([epochOf(review), holderOf(review), reasonOf(review)], [2, 'ada', 'ci-failed'])
  assert.deepEqual([epochOf(free('released', 3)), holderOf(undefined), reasonOf(held(1))], [2, null, null])
  assert.deepEqual([epochOf(undefined), epochOf({ meaning: 'quarantined', failures: 3 }), reasonOf(undefined)], [0, 0, null])
})
