import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Latch } from './latch.ts'

test('who waits goes on when it is opened, not when it was open for a moment and is closed again', async () => {
  const latch = new Latch()
  const { signal } = new AbortController()
  await latch.untilOpen({ signal })
  latch.close()
  let isThrough = false
  const waiting = latch.untilOpen({ signal }).then(() => (isThrough = true))
  latch.open()
  latch.close()
  await new Promise(setImmediate)
  assert.equal(isThrough, false)
  latch.open()
  await waiting
})

test('who waits is let go with the reason of its signal', async () => {
  const latch = new Latch()
  latch.close()
  const end = new AbortController()
  const waiting = latch.untilOpen(end)
  end.abort(new Error('it is over'))
  await assert.rejects(waiting, /it is over/)
})
