import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPriceList } from './prices.ts'
import { rateOf, spendingOf } from './rules/estimate.ts'

const google = { name: 'google', url: new URL('https://generativelanguage.googleapis.com/v1beta/openai') }
const findPrice = createPriceList(new Map([['google/own', { input: 1_000_000, output: 2_000_000 }]]))

test('a call is paid for by its own length, where a provider takes more for long ones', () => {
  // gemini-2.5-pro, for a million tokens: $1.25 and $10, and above 200,000 tokens in one call $2.50 and $15
  const price = findPrice(google, 'gemini-2.5-pro') ?? assert.fail()
  assert.deepEqual(rateOf(price), { input: 1_250_000, output: 10_000_000 })
  assert.equal(spendingOf({ inputTokens: 100_000, outputTokens: 1_000 }, price).usd, 135_000)
  assert.equal(spendingOf({ inputTokens: 300_000, outputTokens: 1_000 }, price).usd, 765_000)
})

test('what the configuration says of a price comes before what a table says; this machine is free; of others nothing is said', () => {
  assert.deepEqual(rateOf(findPrice(google, 'own') ?? assert.fail()), { input: 1_000_000, output: 2_000_000 })
  const here = findPrice({ name: 'ollama', url: new URL('http://127.0.0.1:11434/v1') }, 'qwen3-coder')
  assert.deepEqual(rateOf(here ?? assert.fail()), { input: 0, output: 0 })
  assert.equal(findPrice({ name: 'lab', url: new URL('https://models.example.org/v1') }, 'own'), undefined)
})
