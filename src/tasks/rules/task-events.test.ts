import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClaimKind } from '../claims/claim-document.ts'
import type { RefMeaning } from './judge-ref.ts'
import type { EventLink, SeenTask } from './task-events.ts'
import { compareTasks, epochOf, orderChanges } from './task-events.ts'

// events carry names and ids and look into none: short ones stand for them here
const holding = (epoch: number, reason?: string) => ({ epoch, holder: 'ada', reason }) as never
const seen = (meaning?: RefMeaning, change: Partial<SeenTask> = {}): SeenTask => ({
  title: 'a',
  isOpen: true,
  needsHuman: false,
  changedAt: 1_769_990_400_000,
  meaning,
  ...change,
})
const held = (epoch: number): RefMeaning => ({ meaning: 'held', holding: holding(epoch), epoch: epoch + 1 })
const unknown: RefMeaning = { meaning: 'unknown', epoch: 2 }
const at = '2026-02-01T00:00:00.000Z'
const link = (kind: ClaimKind, epoch = 1): EventLink => ({ kind, epoch, holder: 'ada' as never, at })
const review: RefMeaning = { meaning: 'in-review', holding: holding(1), epoch: 2 }
const regressed: RefMeaning = { meaning: 'regressed', newest: 'a'.repeat(40) as never }

const changes: readonly (readonly [string, SeenTask | undefined, SeenTask, readonly EventLink[], readonly string[]])[] = [
  ['a task that is new', undefined, seen(), [], ['added']],
  ['a task that was claimed before it was seen', undefined, seen(held(1)), [link('claim')], ['added', 'claimed']],
  ['a first claim', seen(), seen(held(1)), [link('claim')], ['claimed']],
  ['a task that is done between two looks', seen(), seen(review), [link('claim'), link('renew'), link('review')], ['claimed', 'in-review']],
  ['a renewal', seen(held(1)), seen({ meaning: 'ours', holding: holding(1) }), [link('renew')], []],
  [
    'a later epoch',
    seen(held(1)),
    seen({ meaning: 'ours-elsewhere', epoch: 3, holding: holding(2) }),
    [link('takeover', 2)],
    ['taken-over'],
  ],
  ['something that is no claim', seen(), seen(unknown), [], ['claimed']],
  ['the same that is no claim', seen(unknown), seen(unknown), [], []],
  ['a release', seen(held(1)), seen(), [link('release')], ['released']],
  ['a break', seen(held(1)), seen(), [link('break')], ['broken']],
  ['a pause', seen(), seen({ meaning: 'paused', holding: holding(1) }), [link('pause')], ['paused']],
  [
    'three failures',
    seen(held(3)),
    seen({ meaning: 'quarantined', failures: 3 }, { needsHuman: true }),
    [link('release', 3)],
    ['released', 'quarantined', 'needs-human'],
  ],
  ['a forge that forgot', seen(held(1)), seen(regressed), [], []],
  [
    'the end',
    seen(held(1)),
    seen({ meaning: 'done', holding: holding(1), epoch: 2 }, { isOpen: false }),
    [link('done')],
    ['done', 'closed'],
  ],
  ['nothing', seen(), seen(), [], []],
]

for (const [what, before, now, links, events] of changes)
  test(`${what} is told as ${events.join(' and ') || 'nothing'}`, () => {
    assert.deepEqual(
      compareTasks(before, now, links).map(({ event }) => event),
      events,
    )
  })

test('a happening says who did it, in which epoch, why and when; what nobody did names nobody', () => {
  const claim: EventLink = { ...link('claim', 2), reason: 'expired' }
  assert.deepEqual(compareTasks(undefined, seen(held(2)), [claim]), [
    { event: 'added', epoch: 0, holder: null, reason: null, at: 1_769_990_400_000 },
    { event: 'claimed', epoch: 2, holder: 'ada', reason: 'expired', at: 1_769_904_000_000 },
  ])
  assert.equal(compareTasks(seen(), seen(held(1)), [{ ...link('claim'), at: 'noon' }])[0]?.at, undefined)
  const [asked] = compareTasks(
    seen(held(1)),
    seen({ ...held(1), holding: holding(1, 'ci-failed') } as RefMeaning, { needsHuman: true }),
    [],
  )
  assert.deepEqual(asked, { event: 'needs-human', epoch: 1, holder: 'ada', reason: 'ci-failed', at: 1_769_990_400_000 })
})

test('that a person is needed is told with the words, the holder and the time of the release that says so', () => {
  const free = seen({ meaning: 'free', value: undefined, epoch: 3, why: 'released' }, { needsHuman: true })
  const asked = { ...link('release', 2), reason: 'failed: needs a person: which database?' }
  assert.deepEqual(compareTasks(seen(held(2)), free, [asked]).at(-1), {
    event: 'needs-human',
    ...{ epoch: 2, holder: 'ada', reason: 'failed: needs a person: which database?', at: 1_769_904_000_000 },
  })
  const shutDown = { ...link('release', 2), reason: 'shutdown' }
  assert.deepEqual(compareTasks(seen(held(2)), free, [shutDown]).at(-1)?.at, 1_769_990_400_000)
})

test('the end of a task is told as of the link that says so; where none does nobody knows when', () => {
  const over = seen({ meaning: 'done', holding: holding(1), epoch: 2 }, { isOpen: false, changedAt: undefined })
  assert.equal(compareTasks(seen(held(1)), over, [link('done')]).at(-1)?.at, 1_769_904_000_000)
  assert.equal(compareTasks(seen(held(1)), over, []).at(-1)?.at, undefined)
})

test('three failures are told with the epoch that failed last', () => {
  const quarantined = compareTasks(seen(held(3)), seen({ meaning: 'quarantined', failures: 3 }), [link('release', 3)]).at(-1)
  assert.deepEqual([quarantined?.event, quarantined?.epoch, quarantined?.at], ['quarantined', 3, 1_769_904_000_000])
})

test('a task that is free names the epoch of its last holding', () => {
  assert.equal(epochOf({ meaning: 'free', value: undefined, epoch: 3, why: 'closed' }), 2)
  assert.deepEqual([epochOf(undefined), epochOf({ meaning: 'quarantined', failures: 3 }), epochOf(held(2))], [0, 0, 2])
})

test('what happened to several tasks is told by time, and what happened to one in its order', () => {
  const cart = [
    { at: 5, what: 'cart added' },
    { at: 2, what: 'cart claimed' },
    { at: 9, what: 'cart closed' },
  ]
  const shop = [
    { at: 1, what: 'shop added' },
    { at: 4, what: 'shop closed' },
  ]
  assert.deepEqual(
    orderChanges([cart, shop]).map(({ what }) => what),
    ['shop added', 'cart added', 'cart claimed', 'shop closed', 'cart closed'],
  )
})

test('a task that was added and closed between two looks was both', () => {
  const closed = { title: 'The cart forgets', isOpen: false, needsHuman: false, changedAt: 7_000, meaning: undefined }
  assert.deepEqual(
    compareTasks(undefined, closed, []).map((change) => [change.event, change.at]),
    [
      ['added', 7_000],
      ['closed', 7_000],
    ],
  )
})
