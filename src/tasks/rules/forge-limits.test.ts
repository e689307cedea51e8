import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeLimit } from './forge-limits.ts'
import type { LimitSigns } from './forge-limits.ts'

const now = 1_767_225_600_000
const plain: LimitSigns = { status: 200, retryAfter: undefined, remaining: undefined, reset: undefined, now }

test('an answer that says nothing of limits asks for no pause', () => {
  for (const status of [200, 304, 403, 404, 500, 503]) assert.equal(judgeLimit({ ...plain, status }), undefined)
  assert.equal(judgeLimit({ ...plain, remaining: '1', reset: '1767225700' }), undefined)
  assert.equal(judgeLimit({ ...plain, remaining: '0' }), undefined)
})

test('F20: Retry-After is kept in seconds and as a date, with 429, 403 and 503', () => {
  for (const status of [429, 403, 503]) {
    assert.equal(judgeLimit({ ...plain, status, retryAfter: '90' }), 90_000)
    assert.equal(judgeLimit({ ...plain, status, retryAfter: 'Thu, 01 Jan 2026 00:02:00 GMT' }), 120_000)
  }
  assert.equal(judgeLimit({ ...plain, status: 202, retryAfter: '90' }), undefined)
})

test('F20: a budget that is spent is waited for until it is whole again, also after an answer that was good', () => {
  assert.equal(judgeLimit({ ...plain, remaining: '0', reset: '1767225630' }), 30_000)
  assert.equal(judgeLimit({ ...plain, remaining: '0', reset: '1767225000' }), 1_000)
})

test('"too many" without a time is a minute, and no word of a forge makes us wait longer than a day', () => {
  assert.equal(judgeLimit({ ...plain, status: 429 }), 60_000)
  assert.equal(judgeLimit({ ...plain, status: 429, retryAfter: 'soon' }), 60_000)
  assert.equal(judgeLimit({ ...plain, status: 429, retryAfter: '999999999999' }), 86_400_000)
  assert.equal(judgeLimit({ ...plain, status: 429, retryAfter: '0' }), 1_000)
})
