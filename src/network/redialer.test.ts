import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { Redialer } from './redialer.ts'
import { peerOfName } from './suite/names.ts'

const limits = { redialBaseMs: 1000, redialMaxMs: 60_000 }
const bob = peerOfName('bob')
const even = { fraction: () => 0, bytes: (count: number) => new Uint8Array(count) }

function openRedialer(answer: () => Promise<unknown>) {
  const clock = createVirtualClock({ startsAt: 0 })
  const dials: number[] = []
  const dial = (): Promise<unknown> => {
    dials.push(clock.monotonic())
    return answer()
  }
  return { clock, dials, redialer: new Redialer({ clock, chance: even, dial }, limits) }
}

test('F12: a lost peer is dialled with growing delays until it answers', async () => {
  const { clock, dials, redialer } = openRedialer(() => Promise.reject(new Error('nobody there')))
  redialer.connected(bob)
  redialer.lost(bob)
  await clock.advance(200_000)
  assert.deepEqual(dials, [1000, 3000, 7000, 15_000, 31_000, 61_000, 91_000, 121_000, 151_000, 181_000])
  redialer[Symbol.dispose]()
  await clock.advance(200_000)
  assert.equal(dials.length, 10)
})

test('F12: a link that flaps is dialled less and less often, and a steady one is forgiven', async () => {
  const { clock, dials, redialer } = openRedialer(() => {
    redialer.connected(bob)
    return Promise.resolve()
  })
  redialer.connected(bob)
  for (let flap = 0; flap < 4; flap++) {
    redialer.lost(bob)
    const before = dials.length
    while (dials.length === before) await clock.advance(500)
  }
  const gaps = dials.map((at, index) => at - (dials[index - 1] ?? 0))
  assert.deepEqual(gaps, [1000, 2000, 4000, 8000])
  await clock.advance(60_000)
  redialer.lost(bob)
  const since = clock.monotonic()
  await clock.advance(1000)
  assert.equal((dials.at(-1) ?? 0) - since, 500)
})

test('a peer that is forgotten is not dialled, and one that came by itself neither', async () => {
  const { clock, dials, redialer } = openRedialer(() => Promise.resolve())
  redialer.lost(bob)
  redialer.forget(bob)
  redialer.lost(bob)
  redialer.connected(bob)
  await clock.advance(100_000)
  assert.deepEqual(dials, [])
})
