import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { openProgressLine } from './progress.ts'

test('in a pipe a new stage is a line at once, the same stage now and then, and the last line of each is how it ended', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const lines: string[] = []
  const line = openProgressLine({ isTerminal: false, columns: 80, write: (text) => lines.push(text) }, clock)
  const report = async (stage: string, done: number): Promise<void> => {
    await clock.advance(1_000)
    line.report({ stage, done, unit: 'items' })
  }
  await report('packing', 1)
  await report('packing', 2)
  await report('asking', 1)
  await report('asking', 2)
  await report('asking', 3)
  assert.deepEqual(lines, ['packing  1\n', 'packing  2\n', 'asking  1\n'])
  line[Symbol.dispose]()
  line[Symbol.dispose]()
  assert.deepEqual(lines, ['packing  1\n', 'packing  2\n', 'asking  1\n', 'asking  3\n'])
})

test('in a pipe no bar is drawn, and what has an end is said with it', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const lines: string[] = []
  const line = openProgressLine({ isTerminal: false, columns: 80, write: (text) => lines.push(text) }, clock)
  await clock.advance(1_000)
  line.report({ stage: 'fetching', done: 1024, total: 4096, unit: 'bytes' })
  line.report({ stage: 'fetching', done: 4096, total: 4096, unit: 'bytes' })
  line[Symbol.dispose]()
  assert.deepEqual(lines, ['fetching  1.0 KiB of 4.0 KiB\n', 'fetching  4.0 KiB of 4.0 KiB\n'])
})

test('in a pipe nothing is said of what was quick', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const lines: string[] = []
  const line = openProgressLine({ isTerminal: false, columns: 80, write: (text) => lines.push(text) }, clock)
  line.report({ stage: 'packing', done: 1, unit: 'items' })
  line[Symbol.dispose]()
  assert.deepEqual(lines, [])
})
