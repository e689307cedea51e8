import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Limit, Spending } from './limits.ts'
import { formatLimit, judgeSpending, parseLimit, startOfPeriod, sumSpending } from './limits.ts'

const none: Spending = { usd: 0, tokens: 0, requests: 0 }
const limitsOf = (...texts: readonly string[]): readonly Limit[] =>
  texts.map((text) => {
    const limit = parseLimit(text)
    assert.ok(limit !== undefined, text)
    return limit
  })

function judge(limits: readonly string[], wanted: Partial<Spending>, spent: Partial<Spending> = {}) {
  return judgeSpending({
    model: 'ollama/qwen3',
    wanted: { ...none, requests: 1, ...wanted },
    limits: limitsOf(...limits),
    spentOf: () => ({ ...none, ...spent }),
  })
}

test('what fits into every limit to the last token is allowed', () => {
  assert.deepEqual(judge(['day tokens=100', 'task usd=1'], { tokens: 60, usd: 1_000_000 }, { tokens: 40 }), { verdict: 'allowed' })
})

test('one token too many is refused, with the limit and both numbers', () => {
  assert.deepEqual(judge(['call tokens=1000', 'day tokens=100'], { tokens: 61 }, { tokens: 40 }), {
    verdict: 'refused',
    limit: { period: 'day', unit: 'tokens', amount: 100, model: undefined },
    spent: 40,
    wanted: 61,
  })
})

test('a limit of one call does not look at what went before', () => {
  assert.equal(judge(['call tokens=100'], { tokens: 100 }, { tokens: 1_000_000 }).verdict, 'allowed')
  assert.equal(judge(['call tokens=100'], { tokens: 101 }).verdict, 'refused')
})

test('a full minute is waited for, and what no minute has room for is refused', () => {
  assert.deepEqual(judge(['minute requests=2'], {}, { requests: 2 }), {
    verdict: 'wait',
    limit: { period: 'minute', unit: 'requests', amount: 2, model: undefined },
  })
  assert.equal(judge(['minute tokens=100'], { tokens: 101 }).verdict, 'refused')
})

test('a spent budget is said before a full minute is waited for', () => {
  assert.equal(judge(['minute requests=1', 'day tokens=10'], { tokens: 5 }, { requests: 1, tokens: 10 }).verdict, 'refused')
})

test('the limit of another model does not count', () => {
  assert.equal(judge(['day tokens=1 model=openai/gpt-5'], { tokens: 50 }).verdict, 'allowed')
  assert.equal(judge(['day tokens=1 model=ollama/qwen3'], { tokens: 50 }).verdict, 'refused')
})

test('limits read back as they are written, money to the millionth', () => {
  for (const text of ['call tokens=200000', 'day usd=5', 'month usd=0.000001', 'minute requests=60 model=openai/gpt-5']) {
    assert.equal(formatLimit(limitsOf(text)[0] as Limit), text)
  }
  assert.equal(parseLimit('day usd=2.5')?.amount, 2_500_000)
})

test('what is no limit is not taken for one', () => {
  for (const text of [
    '',
    'day',
    'day usd',
    'day usd=-1',
    'year usd=1',
    'day eur=1',
    'day usd=1e9',
    'day usd=1 model=',
    'day tokens=1.5 x',
    'day usd=999999999999',
  ]) {
    assert.equal(parseLimit(text), undefined, text)
  }
})

test('days and months begin at midnight in UTC', () => {
  const at = Date.UTC(2026, 1, 28, 23, 59, 59, 999)
  assert.equal(startOfPeriod('day', at), Date.UTC(2026, 1, 28))
  assert.equal(startOfPeriod('month', at), Date.UTC(2026, 1, 1))
  assert.equal(startOfPeriod('task', at), undefined)
})

test('what calls took is counted together in each unit', () => {
  assert.deepEqual(sumSpending([]), { usd: 0, tokens: 0, requests: 0 })
  const all = [1, 2].map((times) => ({ usd: times, tokens: 10 * times, requests: 1 }))
  assert.deepEqual(sumSpending(all), { usd: 3, tokens: 30, requests: 2 })
})
