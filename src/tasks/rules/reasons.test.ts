import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatNeed, formatReason, isConflict, isRework, wordsOfFailure, wordsOfNeed, wordsOfPerson } from './reasons.ts'

test('the first word of a reason says what it is, whatever people read after it', () => {
  assert.ok(isConflict('conflict') && isConflict(formatReason('conflict', 'with main')))
  assert.ok(!isConflict('conflicts') && !isConflict('ci-failed: conflict') && !isConflict(undefined))
  assert.ok(isRework('conflict') && !isRework('expired') && !isRework(undefined))
})

test('what a person said is told apart from a reason that no person gave', () => {
  assert.equal(wordsOfPerson(formatReason('by-person', 'blue: as the sea')), 'blue: as the sea')
  for (const reason of ['by-person', 'by-person: ', 'failed: blue', undefined]) assert.equal(wordsOfPerson(reason), undefined)
})

test('what failed says why, and what a person was asked stands alone', () => {
  assert.equal(formatNeed('which database?'), 'failed: needs a person: which database?')
  assert.equal(wordsOfFailure(formatNeed('which database?')), 'which database?')
  assert.equal(wordsOfNeed(formatNeed('which database?')), 'which database?')
  for (const reason of ['failed: the tests hang', 'failed: needs a person:', undefined]) assert.equal(wordsOfNeed(reason), undefined)
  assert.equal(wordsOfFailure('failed: the tests hang'), 'the tests hang')
  for (const reason of ['failed', 'shutdown: failed: x', undefined]) assert.equal(wordsOfFailure(reason), undefined)
})
