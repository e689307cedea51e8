import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeText } from '../lib/bytes.ts'
import { createCapture } from './capture.ts'

const linesOf = (bytes: Uint8Array): readonly unknown[] =>
  decodeText(bytes)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)

test('a transcript has every event in its order, with its time, and what all answers cost together', () => {
  let now = 100
  const capture = createCapture({ monotonic: () => now }, { maxBytes: 10_000, secrets: [] })
  capture.add({ type: 'answer', text: 'a', cost: { tokens: 10, microUsd: 3 } })
  now += 5.4
  capture.add({ type: 'answer', text: 'b', cost: { tokens: 1, microUsd: 1 } })
  assert.deepEqual(linesOf(capture.bytes()), [
    { ms: 0, type: 'answer', text: 'a', cost: { tokens: 10, microUsd: 3 } },
    { ms: 5, type: 'answer', text: 'b', cost: { tokens: 1, microUsd: 1 } },
  ])
  assert.deepEqual(capture.cost(), { tokens: 11, microUsd: 4 })
})

test('S28: secrets of ours and what looks like one are not in it', () => {
  const capture = createCapture({ monotonic: () => 0 }, { maxBytes: 10_000, secrets: ['forge-token-4711'] })
  const shaped = ['npm', '_', 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zCabcd'].join('')
  capture.add({ type: 'tool', name: 'run', input: 'env', output: `A=forge-token-4711\nB=${shaped}`, isError: false })
  const text = decodeText(capture.bytes())
  assert.ok(!text.includes('4711') && !text.includes(shaped))
  assert.match(text, /a secret of this node/)
})

test('S28: a private key that was cut off is gone to the end of its text, and the line is JSON still', () => {
  const capture = createCapture({ monotonic: () => 0 }, { maxBytes: 10_000, secrets: [] })
  const key = `-----BEGIN RSA PRIVATE KEY-----\n${'aB3dE5gH7jK9mN1p'.repeat(30)}`
  capture.add({ type: 'tool', name: 'run', input: JSON.stringify({ content: key }), output: key, isError: false })
  assert.deepEqual(linesOf(capture.bytes()), [
    { ms: 0, type: 'tool', name: 'run', input: '{"content":"[a private key]', output: '[a private key]', isError: false },
  ])
})

test('a transcript that would be too long says how much is left out, and still how it ended', () => {
  const capture = createCapture({ monotonic: () => 0 }, { maxBytes: 200, secrets: [] })
  for (let turn = 0; turn < 10; turn += 1) capture.add({ type: 'thought', text: 'x'.repeat(60) })
  capture.add({ type: 'outcome', outcome: { outcome: 'failed', reason: 'no end' } })
  const lines = linesOf(capture.bytes())
  assert.deepEqual(lines.slice(-2), [
    { ms: 0, type: 'outcome', outcome: { outcome: 'failed', reason: 'no end' } },
    { type: 'left-out', events: 8 },
  ])
})
