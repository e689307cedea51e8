import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from './clock.ts'

const month = 2_592_000_000

test('what is scheduled, or slept, for longer than a timer of the platform lasts does not happen at once', async () => {
  const never = new AbortController()
  let isWoken = false
  const cancel = systemClock.schedule(month, () => (isWoken = true))
  const sleeping = systemClock.sleep(month, { signal: never.signal }).then(() => (isWoken = true))
  await systemClock.sleep(20, { signal: new AbortController().signal })
  assert.equal(isWoken, false)
  cancel()
  never.abort(new Error('enough'))
  await assert.rejects(sleeping, /enough/)
})

test('what was cancelled is not called', async () => {
  let isWoken = false
  systemClock.schedule(1, () => (isWoken = true))()
  await systemClock.sleep(5, { signal: new AbortController().signal })
  assert.equal(isWoken, false)
})
