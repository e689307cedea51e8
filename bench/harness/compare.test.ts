import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare, formatNumber, isMet } from './compare.ts'
import type { Context } from './question.ts'

const context: Context = { quick: true, signal: new AbortController().signal, say: () => {} }

function contestant(name: string, values: readonly number[], turns: string[] = []) {
  return {
    name,
    measure: async (round: number) => {
      turns.push(name)
      return values[round] ?? Number.NaN
    },
  }
}

test('a ratio is taken within each round, and its median is the figure', async () => {
  const ours = contestant('ours', [10, 40, 90])
  const peer = contestant('peer', [10, 20, 30])
  const [figure] = await compare(context, { what: 'work', unit: 'ms', ours, peers: [peer], rounds: 3, warmups: 0 })
  assert.deepEqual(figure?.ratio, { median: 2, lowest: 1, highest: 3 })
  assert.deepEqual(figure?.ours, { name: 'ours', value: 40 })
  assert.deepEqual(figure?.peer, { name: 'peer', value: 20 })
})

test('each round begins with another contestant', async () => {
  const turns: string[] = []
  const ours = contestant('ours', [1, 1, 1], turns)
  const peers = [contestant('peer', [1, 1, 1], turns)]
  await compare(context, { what: 'work', unit: 'ms', ours, peers, rounds: 3, warmups: 0 })
  assert.deepEqual(turns, ['ours', 'peer', 'peer', 'ours', 'ours', 'peer'])
})

test('warm-ups do not count', async () => {
  const ours = contestant('ours', [999, 4])
  const [figure] = await compare(context, { what: 'work', unit: 'ms', ours, peers: [], rounds: 1, warmups: 1 })
  assert.deepEqual(figure, { what: 'work', unit: 'ms', ours: { name: 'ours', value: 4 } })
})

test('a measurement that is no number stops the comparison', async () => {
  const ours = contestant('ours', [Number.NaN])
  await assert.rejects(compare(context, { what: 'work', unit: 'ms', ours, peers: [], rounds: 1, warmups: 0 }), /ours measured NaN ms/)
})

test('an aim is met on its own side and at its edge', () => {
  const ratio = { median: 1.3, lowest: 1, highest: 2 }
  assert.equal(isMet({ atMost: 1.3 }, ratio), true)
  assert.equal(isMet({ atMost: 1.2 }, ratio), false)
  assert.equal(isMet({ atLeast: 1.3 }, ratio), true)
  assert.equal(isMet({ atLeast: 1.4 }, ratio), false)
})

test('numbers are shown with three digits, thousands apart', () => {
  assert.equal(formatNumber(0.012_345), '0.0123')
  assert.equal(formatNumber(123_456.7), '123,457')
  assert.equal(formatNumber(0), '0')
})
