import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerId } from '../identity/keys.ts'
import { createKeepSlots } from './keeper.ts'
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

test('S2: six copies are made for others at once, two of them for one member', () => {
  const slots = createKeepSlots()
  const take = (name: string): (() => void) | undefined => slots.tryAcquire(name as PeerId)
  const [first, second] = [take('eve'), take('eve')]
  assert.ok(first !== undefined && second !== undefined)
  assert.equal(take('eve'), undefined)
  assert.equal(['ada', 'bob', 'cy', 'dan', 'fay'].filter((name) => take(name) !== undefined).length, 4)
  first()
  assert.ok(take('eve') !== undefined)
})
