import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCid, rawCodec } from '../../lib/cid.ts'
import { encodeText } from '../../lib/bytes.ts'
import { silentLog } from '../../lib/log.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import type { Host } from '../../network/host.ts'
import { ProvideQueue } from './provide-queue.ts'

const cid = createCid(rawCodec, encodeText('content'))

test('records are put two at a time, and one that takes too long keeps nobody waiting', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const lookups = { now: 0, most: 0, all: 0 }
  const provide: Host['routing']['provide'] = async (_key, { signal }) => {
    lookups.all += 1
    lookups.now += 1
    lookups.most = Math.max(lookups.most, lookups.now)
    // the third is never answered
    await clock.sleep(lookups.all === 3 ? 1_000_000 : 100, { signal }).finally(() => (lookups.now -= 1))
  }
  let announced = 0
  const deps = {
    host: { routing: { provide } },
    exchange: { announce: async () => void (announced += 1) },
    clock,
    log: silentLog,
  }
  const queue = new ProvideQueue(deps, { askTimeoutMs: 1_000 })
  for (let index = 0; index < 10; index += 1) queue.add(`resource ${index}`, cid)
  await clock.advance(5_000)
  assert.deepEqual([lookups.most, announced], [2, 9])
  queue.add('resource 0', cid)
  await clock.advance(200)
  assert.equal(announced, 10)
  await clock.run(Promise.resolve(queue[Symbol.asyncDispose]()))
})
