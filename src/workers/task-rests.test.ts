import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { TaskRests } from './task-rests.ts'

const pollMs = 1_000

test('a task that comes to nothing rests longer each time, up to 256 polls, and not at all once it came to something', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const rests = new TaskRests({ clock }, { pollMs })
  const restOf = async (): Promise<number> => {
    rests.begin('shop#7')
    const from = clock.monotonic()
    while (rests.has('shop#7')) await clock.advance(pollMs)
    return (clock.monotonic() - from) / pollMs
  }
  assert.deepEqual([await restOf(), await restOf(), await restOf()], [2, 4, 8])
  rests.end('shop#7')
  const many: number[] = []
  for (let times = 0; times < 9; times++) many.push(await restOf())
  assert.deepEqual(many.slice(-2), [256, 256])
})

test('what came to nothing long ago is forgotten', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const rests = new TaskRests({ clock }, { pollMs })
  for (let times = 0; times < 3; times++) rests.begin('shop#7')
  await clock.advance(8 * pollMs + 256 * pollMs + 1)
  rests.begin('shop#7')
  await clock.advance(2 * pollMs)
  assert.equal(rests.has('shop#7'), false)
})
