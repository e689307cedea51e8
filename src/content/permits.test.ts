import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPermits } from './permits.ts'

const never = new AbortController().signal

test('no more permits are out than there are, and who waits gets the next one, in turn', async () => {
  const permits = createPermits(1)
  const first = await permits.acquire({ signal: never })
  assert.equal(permits.tryAcquire(), undefined)
  const order: string[] = []
  const ada = permits.acquire({ signal: never }).then((release) => {
    order.push('ada')
    return release()
  })
  const bob = permits.acquire({ signal: never }).then((release) => {
    order.push('bob')
    return release()
  })
  first()
  first()
  await Promise.all([ada, bob])
  assert.deepEqual(order, ['ada', 'bob'])
  assert.equal(permits.inUse(), 0)
})

test('who stops waiting takes no permit', async () => {
  const permits = createPermits(1)
  const first = await permits.acquire({ signal: never })
  const stop = new AbortController()
  const waiting = permits.acquire({ signal: stop.signal })
  stop.abort(new Error('enough'))
  await assert.rejects(waiting, /enough/)
  await assert.rejects(permits.acquire({ signal: stop.signal }), /enough/)
  first()
  assert.equal(permits.inUse(), 0)
})
