import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatReason, isConflict, isRework } from './reasons.ts'

test('the first word of a reason says what it is, whatever people read after it', () => {
  assert.ok(isConflict('conflict') && isConflict(formatReason('conflict', 'with main')))
  assert.ok(!isConflict('conflicts') && !isConflict('ci-failed: conflict') && !isConflict(undefined))
  assert.ok(isRework('conflict') && !isRework('expired') && !isRework(undefined))
})
