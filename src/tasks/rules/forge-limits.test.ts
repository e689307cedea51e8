import assert from 'node:assert/strict'
import { test } from 'node:test'
import { areLimitWords, judgeLimit, untoldPause } from './forge-limits.ts'
import type { LimitSigns } from './forge-limits.ts'

const now = 1_767_225_600_000
const plain: LimitSigns = { status: 200, retryAfter: undefined, remaining: undefined, limit: undefined, reset: undefined, words: '', now }

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

test('F20: the last hundredth of a budget is left to what is under way on other nodes', () => {
  const of = (remaining: string, limit: string) => judgeLimit({ ...plain, remaining, limit, reset: '1767225630' })
  assert.deepEqual(
    [of('50', '5000'), of('51', '5000'), of('0', '60'), of('1', '60'), of('9', 'many')],
    [30_000, undefined, 30_000, undefined, undefined],
  )
})

test('F20: "too many" without a time is a pause of unknown length, and no word of a forge makes us wait longer than a day', () => {
  assert.equal(judgeLimit({ ...plain, status: 429 }), 'untold')
  assert.equal(judgeLimit({ ...plain, status: 429, retryAfter: 'soon' }), 'untold')
  assert.equal(judgeLimit({ ...plain, status: 429, retryAfter: '999999999999' }), 86_400_000)
  assert.equal(judgeLimit({ ...plain, status: 429, retryAfter: '0' }), 1_000)
})

test('F20: 403 is "too many" when its words say so, and else a right that is missing', () => {
  const said = [
    '{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}',
    '{"message":"Forbidden","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}',
    '{"message":"API rate limit exceeded for user ID 1."}',
    '{"message":"You have triggered an abuse detection mechanism. Please wait a few minutes before you try again."}',
  ]
  for (const words of said) {
    assert.equal(judgeLimit({ ...plain, status: 403, words }), 'untold')
    assert.equal(judgeLimit({ ...plain, status: 422, words }), undefined)
    assert.equal(judgeLimit({ ...plain, status: 403, words, retryAfter: '7' }), 7_000)
  }
  assert.equal(judgeLimit({ ...plain, status: 403, words: 'Resource not accessible by personal access token' }), undefined)
  assert.equal(areLimitWords(`${'x'.repeat(4_096)} secondary rate limit`), false)
})

test('F20: what is not told is a minute at first, twice as long each time, and an hour at most', () => {
  assert.deepEqual([0, 1, 2, 6, 2_000].map(untoldPause), [60_000, 120_000, 240_000, 3_600_000, 3_600_000])
})
