import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTokenBucket } from './token-bucket.ts'
import { createVirtualClock } from './virtual-clock.ts'

const never = new AbortController().signal

test('a burst passes at once and the rest at the rate', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const bucket = createTokenBucket({ clock }, { perSecond: 100, burst: 50 })
  await bucket.take(50, { signal: never })
  assert.equal(clock.monotonic(), 0)
  await clock.run(bucket.take(100, { signal: never }))
  assert.equal(clock.monotonic(), 1000)
})

test('those who wait are served in the order they came', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const bucket = createTokenBucket({ clock }, { perSecond: 1, burst: 0 })
  const served: string[] = []
  const take = async (who: string): Promise<void> => {
    await bucket.take(1, { signal: never })
    served.push(`${who} ${clock.monotonic()}`)
  }
  await clock.run(Promise.all([take('ada'), take('bob'), take('cy')]))
  assert.deepEqual(served, ['ada 1000', 'bob 2000', 'cy 3000'])
})

test('zero per second is no cap', async () => {
  const bucket = createTokenBucket({ clock: createVirtualClock({ startsAt: 0 }) }, { perSecond: 0, burst: 0 })
  await bucket.take(1e12, { signal: never })
  assert.equal(bucket.tryTake(1e12), true)
})

test('who gives up waiting gives the tokens back', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const bucket = createTokenBucket({ clock }, { perSecond: 1, burst: 0 })
  const controller = new AbortController()
  const waiting = bucket.take(1000, { signal: controller.signal })
  controller.abort(new Error('enough'))
  await assert.rejects(waiting, /enough/)
  await clock.run(bucket.take(1, { signal: never }))
  assert.equal(clock.monotonic(), 1000)
})

test('trying takes only what is there', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const bucket = createTokenBucket({ clock }, { perSecond: 10, burst: 2 })
  assert.deepEqual([bucket.tryTake(2), bucket.tryTake(1)], [true, false])
  await clock.advance(100)
  assert.equal(bucket.tryTake(1), true)
})
