import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCid, dagCborCodec } from '../../lib/cid.ts'
import { encodeText } from '../../lib/bytes.ts'
import { silentLog } from '../../lib/log.ts'
import { nodeOf } from '../../journal/testing/bench-of-peers.ts'
import { fetchMissing } from './fetch-missing.ts'

test('who looks after copies pays for the bytes that come, not for those that a writer says there are', async () => {
  const cid = createCid(dagCborCodec, encodeText('never there'))
  const { signal } = new AbortController()
  const paid: number[] = []
  const took: number[] = []
  let presentBytes = 0
  const deps = {
    content: { stat: () => ({ cid, size: 2 ** 34, isWhole: false, presentBytes }), putShort: async () => true },
    exchange: {
      fetch: async () => {
        presentBytes += 3_000
        throw new Error('the rest never comes')
      },
    },
    client: { ask: async () => undefined },
    rate: {
      take: async (count: number) => void paid.push(count),
      tryTake: (count: number) => took.push(count) > 0,
    },
    log: silentLog,
    peers: [nodeOf('bob')],
    onLiar: () => {},
  }
  const short = { cid: createCid(0x55, encodeText('short')), size: 60_000, writers: [] }
  const whole = await fetchMissing(deps, { askTimeoutMs: 1_000 }, { missing: [{ cid, size: 2 ** 34, writers: [] }, short], signal })
  assert.deepEqual([whole, paid, took], [0, [3_000], []])
})
