import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { Pace } from './pace.ts'

test('the first is served at once, the newest of the others when its time has come, and each for itself', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const served: string[] = []
  const pace = new Pace<string, number>(clock, 1000, (key, value) => served.push(`${clock.monotonic()} ${key} ${value}`))
  pace.take('ada', 1)
  pace.take('ada', 2)
  pace.take('bob', 1)
  await clock.advance(400)
  pace.take('ada', 3)
  await clock.advance(1500)
  await clock.advance(1500)
  pace.take('ada', 4)
  assert.deepEqual(served, ['0 ada 1', '0 bob 1', '1000 ada 3', '3400 ada 4'])
})

test('who is gone is served nothing more', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const served: number[] = []
  const pace = new Pace<string, number>(clock, 1000, (_key, value) => served.push(value))
  for (const key of ['ada', 'bob']) for (const value of [1, 2]) pace.take(key, value)
  pace.forget('ada')
  pace.close()
  await clock.advance(5000)
  assert.deepEqual(served, [1, 1])
  assert.equal(clock.pending(), 0)
})
