import assert from 'node:assert/strict'
import { test } from 'node:test'
import { estimateInputTokens, estimateSpending, flatPrice, rateOf, spendingOf } from './estimate.ts'

test('a request is counted with its messages, calls and tools, and rather too high', () => {
  const tokens = estimateInputTokens({
    messages: [
      { role: 'system', text: 'a'.repeat(25) },
      { role: 'assistant', text: '', calls: [{ id: '1', name: 'read', input: {}, text: 'é'.repeat(5) }] },
    ],
    tools: [{ name: 'read', description: 'reads', input: {} }],
    maxOutputTokens: 1,
  })
  // 25 + 10 + 11 bytes, and four items.
  assert.equal(tokens, Math.ceil(46 / 2.5) + 64)
})

test('what a call takes is rounded up to a millionth, so that small ones are not free', () => {
  const price = flatPrice({ input: 150_000, output: 600_000 })
  assert.deepEqual(spendingOf({ inputTokens: 1, outputTokens: 0 }, price), { usd: 1, tokens: 1, requests: 1 })
  assert.equal(spendingOf({ inputTokens: 2_000_000, outputTokens: 1_000_000 }, price).usd, 900_000)
})

test('the most a request can take has the longest answer in it', () => {
  const request = { messages: [{ role: 'user', text: '' }], tools: [], maxOutputTokens: 1_000_000 } as const
  assert.deepEqual(estimateSpending(request, flatPrice({ input: 0, output: 600_000 })), { usd: 600_000, tokens: 1_000_016, requests: 1 })
})

test('what is shown of a price is that of short calls, also where long ones cost more', () => {
  assert.deepEqual(rateOf(flatPrice({ input: 1_250_000, output: 10_000_000 })), { input: 1_250_000, output: 10_000_000 })
  const tiered = rateOf(({ inputTokens, outputTokens }) => inputTokens * (inputTokens > 200_000 ? 2 : 1) + outputTokens)
  assert.deepEqual(tiered, { input: 1_000_000, output: 1_000_000 })
})
