import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import type { ObjectId } from '../git/objects.ts'
import { hold, openNode, testSignal as signal } from '../testing/claim-bench.ts'
import { createMemoryServer } from '../testing/memory-remote.ts'

test('rule 8: what a holder is asked at once goes one after the other, each from what the one before left, and none is refused', async () => {
  const server = createMemoryServer({ clock: systemClock }, { latencyMs: 1 })
  const holder = await hold(openNode('', { remote: server.connect('ada') }))
  const work = (from: string | undefined, to: string) => {
    const [old, next] = [from?.repeat(40), to.repeat(40)] as [ObjectId | undefined, ObjectId]
    return holder.pushWork({ old, new: next, openPack: async function* () {} }, { signal })
  }
  const asked = [
    holder.renew({ signal }),
    work(undefined, '7'),
    holder.renew({ signal }),
    work('7', '8'),
    holder.release('shutdown', { signal }),
  ]
  assert.deepEqual(new Set((await Promise.all(asked)).map(({ result }) => result)), new Set(['accepted']))
  assert.deepEqual(
    server.pushes.map(({ isTaken }) => isTaken),
    [true, true, true, true, true, true],
  )
})
