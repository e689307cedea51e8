import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { createVirtualClock } from './virtual-clock.ts'

const never = new AbortController().signal

test('calls come in the order of their times, then of their scheduling', async () => {
  const clock = createVirtualClock({ startsAt: 1000 })
  const calls: string[] = []
  clock.schedule(20, () => calls.push(`late ${clock.now()}`))
  clock.schedule(10, () => calls.push('first'))
  clock.schedule(10, () => calls.push('second'))
  await clock.advance(10)
  assert.deepEqual(calls, ['first', 'second'])
  await clock.advance(10)
  assert.deepEqual(calls, ['first', 'second', 'late 1020'])
  assert.equal(clock.monotonic(), 20)
})

test('a cancelled call is not made, not even when one at the same moment cancels it', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const calls: string[] = []
  const cancel: (() => void)[] = []
  clock.schedule(5, () => cancel.forEach((each) => each()))
  cancel.push(clock.schedule(5, () => calls.push('cancelled')))
  clock.schedule(6, () => calls.push('kept'))
  await clock.advance(10)
  assert.deepEqual(calls, ['kept'])
  assert.equal(clock.pending(), 0)
})

test('chains of promises, immediates and file reads end before time moves', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const seen: number[] = []
  clock.schedule(1, () => {
    void (async () => {
      for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => void setImmediate(resolve))
      await readFile(import.meta.filename)
      await Promise.resolve()
      seen.push(clock.monotonic())
    })()
  })
  clock.schedule(2, () => seen.push(clock.monotonic()))
  await clock.advance(5)
  assert.deepEqual(seen, [1, 2])
})

test('run lets pass just the time that the work needs', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const work = async (): Promise<string> => {
    await clock.sleep(3_600_000, { signal: never })
    await clock.sleep(1, { signal: never })
    return 'done'
  }
  assert.equal(await clock.run(work()), 'done')
  assert.equal(clock.monotonic(), 3_600_001)
})

test('run says so when nothing is left that could end the work', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  await assert.rejects(clock.run(new Promise<void>(() => {})), /did not end/)
})

test('an aborted sleep rejects with the reason and leaves nothing scheduled', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const controller = new AbortController()
  const sleeping = clock.sleep(1000, { signal: controller.signal })
  controller.abort(new Error('enough'))
  await assert.rejects(sleeping, /enough/)
  assert.equal(clock.pending(), 0)
})

test('F17: a skewed view has another wall time and the same monotonic time', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const ada = clock.withSkew(3_600_000)
  await clock.advance(5)
  assert.equal(ada.now(), 3_600_005)
  assert.equal(ada.monotonic(), 5)
  ada.skew(-1000)
  assert.equal(ada.now(), -995)
})

test('F18: behind a closed lid nothing is called until it opens', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const ada = clock.withSkew(0)
  const calls: string[] = []
  ada.schedule(10, () => calls.push('due'))
  ada.suspend()
  await clock.advance(1000)
  assert.deepEqual(calls, [])
  ada.resume()
  assert.deepEqual(calls, ['due'])
})

test('thousands of cancelled calls are let go of', () => {
  const clock = createVirtualClock({ startsAt: 0 })
  for (let count = 0; count < 10_000; count++) clock.schedule(1000, () => {})()
  assert.equal(clock.pending(), 0)
})
