import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import { ForgePace } from './forge-pace.ts'

const { signal } = new AbortController()

test('F20: changes go one after the other, a second apart, and questions between them', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const pace = new ForgePace({ clock }, { writeGapMs: 1_000, maxPauseMs: 0 })
  const sent: string[] = []
  const write = (name: string) =>
    pace.write(
      async () => {
        sent.push(`${name} at ${clock.monotonic()}`)
        await clock.sleep(500, { signal })
      },
      { signal },
    )
  const read = pace.read(async () => void sent.push('question'), { signal })
  await clock.run(Promise.all([write('one'), write('two'), write('three'), read]))
  assert.deepEqual(sent.toSorted(), ['one at 0', 'question', 'three at 3000', 'two at 1500'])
})

test('a change that failed or was given up holds up none after it', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const pace = new ForgePace({ clock }, { writeGapMs: 1_000, maxPauseMs: 0 })
  const failed = assert.rejects(
    pace.write(() => Promise.reject(new Error('no')), { signal }),
    /no/,
  )
  const given = assert.rejects(
    pace.write(async () => {}, { signal: AbortSignal.abort(new Error('given up')) }),
    /given up/,
  )
  assert.equal(await clock.run(pace.write(async () => 'yes', { signal })), 'yes')
  await Promise.all([failed, given])
})

test('F20: a short pause is waited for, and a long one told at once', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const pace = new ForgePace({ clock }, { writeGapMs: 0, maxPauseMs: 10_000 })
  pace.pause(10_000)
  assert.equal(await clock.run(pace.read(async () => clock.monotonic(), { signal })), 10_000)
  pace.pause(10_001)
  await assert.rejects(
    pace.read(async () => {}, { signal }),
    { code: 'FORGE_LIMITED', data: { retryAfterMs: 10_001 } },
  )
  pace.pause(1)
  await assert.rejects(
    pace.write(async () => {}, { signal }),
    { code: 'FORGE_LIMITED' },
  )
})

test('F20: a pause without a time grows until an answer is good, and what is refused during it is no new one', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const pace = new ForgePace({ clock }, { writeGapMs: 0, maxPauseMs: 0 })
  assert.deepEqual([pace.pauseUntold(), pace.pauseUntold()], [60_000, 60_000])
  // sent before the pause and answered in it
  pace.succeed()
  await clock.advance(60_000)
  assert.equal(pace.pauseUntold(), 120_000)
  await clock.advance(120_000)
  pace.succeed()
  assert.equal(pace.pauseUntold(), 60_000)
})
