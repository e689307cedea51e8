import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QuotaLimits, QuotaUse } from './judge-room.ts'
import { commitmentOf, judgeRoom } from './judge-room.ts'

const limits: QuotaLimits = {
  owner: { entries: 100, bytes: 1_000 },
  followed: { entries: 500, bytes: 5_000 },
  reserved: { entries: 10, bytes: 100 },
  hive: { entries: 200, bytes: 2_000 },
}
const nothing = { entries: 0, bytes: 0 }

function room(use: Partial<QuotaUse>): unknown {
  return judgeRoom({ isFollowed: false, own: nothing, committed: nothing, ...use }, limits)
}

test('an owner fills no more than its quota while the hive has room', () => {
  assert.deepEqual(room({}), { entries: 100, bytes: 1_000 })
  assert.deepEqual(room({ own: { entries: 60, bytes: 900 }, committed: { entries: 60, bytes: 900 } }), { entries: 40, bytes: 100 })
})

test('S2: somebody new comes in only while room can be reserved for it', () => {
  assert.deepEqual(room({ committed: { entries: 190, bytes: 1_900 } }), { entries: 10, bytes: 100 })
  assert.deepEqual(room({ committed: { entries: 191, bytes: 1_000 } }), nothing)
  assert.deepEqual(room({ committed: { entries: 100, bytes: 1_901 } }), nothing)
})

test('S2: in a full hive who was here before can still fill what is reserved for it', () => {
  const committed = { entries: 200, bytes: 2_000 }
  assert.deepEqual(room({ own: { entries: 3, bytes: 30 }, committed }), { entries: 7, bytes: 70 })
  assert.deepEqual(room({ own: { entries: 20, bytes: 300 }, committed }), nothing)
})

test('S2: an owner who is followed has a quota of its own, whatever the others filled', () => {
  const committed = { entries: 200, bytes: 2_000 }
  assert.deepEqual(room({ isFollowed: true, own: { entries: 200, bytes: 3_000 }, committed }), { entries: 300, bytes: 2_000 })
})

test('an owner takes at least what is reserved for it, and one who has nothing here takes nothing', () => {
  assert.deepEqual(commitmentOf({ entries: 2, bytes: 150 }, limits.reserved), { entries: 10, bytes: 150 })
  assert.deepEqual(commitmentOf(nothing, limits.reserved), nothing)
})
