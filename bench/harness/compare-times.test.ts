import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { runNode } from './run-command.ts'
import { compareTimes, measureSpent } from './compare-times.ts'
import type { TimedContestant } from './compare-times.ts'

const skip = existsSync('/proc/self/stat') ? false : 'this system has no /proc/self/stat'

function contestant(name: string, turns: readonly (readonly [wallMs: number, processorMs: number])[]): TimedContestant {
  return {
    name,
    spend: async (round) => {
      const [wallMs = Number.NaN, processorMs = Number.NaN] = turns[round] ?? []
      return { wallMs, processorMs }
    },
  }
}

test('time on the wall and processor time are of the same turns, and warm-ups count for neither', async () => {
  const ours = contestant('ours', [
    [900, 900],
    [10, 4],
    [40, 12],
  ])
  const peer = contestant('peer', [
    [1, 1],
    [10, 2],
    [20, 4],
  ])
  const context = { quick: true, signal: new AbortController().signal, say: () => {} }
  const [wall, processor] = await compareTimes(context, {
    what: 'work',
    ours,
    peers: [{ ...peer, aim: { atMost: 2 } }],
    rounds: 2,
    warmups: 1,
  })
  assert.deepEqual([wall?.what, wall?.unit, wall?.ours.value, wall?.ratio?.median, wall?.aim], ['work', 'ms', 25, 1.5, { atMost: 2 }])
  assert.deepEqual(
    [processor?.what, processor?.ours.value, processor?.ratio?.median, processor?.aim],
    ['work: processor time', 8, 2.5, undefined],
  )
})

test('the processor time of a command that ended counts for whoever started it', { skip }, async () => {
  // so much processor time, however long a busy machine takes to give it
  const busy = 'const start = process.cpuUsage(); while (process.cpuUsage(start).user < 100_000);'
  const { wallMs, processorMs } = await measureSpent({ count: 2 }, async () => {
    await runNode(['-e', busy], { signal: new AbortController().signal })
  })
  assert.ok(processorMs >= 30, `${processorMs} ms`)
  assert.ok(wallMs > 0, `${wallMs} ms`)
})
