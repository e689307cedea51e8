import assert from 'node:assert/strict'
import { test } from 'node:test'
import { untilAborted } from '../lib/deadline.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { IdleWatch } from './idle-watch.ts'

const neverEnds = (signal: AbortSignal): Promise<never> => untilAborted(Promise.withResolvers<never>().promise, signal)

test('a wait is ended when it has lasted for the time, counted from its own beginning', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  using watch = new IdleWatch(clock, { ms: 100, signal: new AbortController().signal })
  await watch.wait(async () => {})
  await clock.advance(60)
  let endedAt: number | undefined
  const begunAt = clock.monotonic()
  const wait = watch.wait(neverEnds).catch((error: unknown) => {
    endedAt = clock.monotonic() - begunAt
    return error
  })
  await clock.advance(99)
  assert.equal(endedAt, undefined)
  await clock.advance(1)
  assert.equal(endedAt, 100)
  const error = await wait
  assert.ok(error instanceof DOMException && error.name === 'TimeoutError')
})

test('the time between two waits does not count', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  using watch = new IdleWatch(clock, { ms: 100, signal: new AbortController().signal })
  await watch.wait(async () => {})
  await clock.advance(1_000)
  assert.equal(await watch.wait(async (signal) => signal.aborted), false)
})

test('many waits have one timer, and none is left after the watch', async () => {
  const real = createVirtualClock({ startsAt: 0 })
  let timers = 0
  const clock: typeof real = {
    ...real,
    schedule: (ms, then) => {
      timers += 1
      const cancel = real.schedule(ms, then)
      return () => {
        timers -= 1
        cancel()
      }
    },
  }
  {
    using watch = new IdleWatch(clock, { ms: 100, signal: new AbortController().signal })
    for (let n = 0; n < 1_000; n += 1) await watch.wait(async () => {})
    assert.equal(timers, 1)
  }
  assert.equal(timers, 0)
})

test('a wait ends with the reason of the signal it was given', async () => {
  const end = new AbortController()
  using watch = new IdleWatch(createVirtualClock({ startsAt: 0 }), { ms: 100, signal: end.signal })
  const wait = watch.wait(neverEnds)
  end.abort(new Error('the exchange is closed'))
  await assert.rejects(wait, /the exchange is closed/)
})
