import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Exchange } from '../../content/content.ts'
import { nodeOf, testHive } from '../../journal/testing/bench-of-peers.ts'
import { encodeText } from '../../lib/bytes.ts'
import { createCid, rawCodec } from '../../lib/cid.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import { ProviderCounter } from './providers.ts'
import type { CountRequest } from './providers.ts'

const cid = createCid(rawCodec, encodeText('x'))
const options = { providersAgeMs: 300_000, providersTimeoutMs: 1_000 }

function exchangeThat(findHolders: Exchange['findHolders']): Exchange {
  return { fetch: never, findHolders, announce: never, replicate: never, [Symbol.asyncDispose]: async () => {} }
}

function never(): Promise<never> {
  return Promise.reject(new Error('not asked for'))
}

function request(exchange: Exchange | undefined): CountRequest {
  return { hive: testHive, exchange, cids: [cid], signal: new AbortController().signal }
}

test('a count is remembered with its age, and asked for again when it is old', async () => {
  const clock = createVirtualClock({ startsAt: 1_700_000_000_000 })
  const counter = new ProviderCounter({ clock }, options)
  let asked = 0
  const exchange = exchangeThat(async () => {
    asked += 1
    return [nodeOf('ada'), nodeOf('bob')].slice(0, asked)
  })
  const start = clock.now()
  assert.deepEqual((await counter.count(request(exchange))).get(cid), { providers: 1, asOf: start })
  await clock.advance(299_000)
  assert.deepEqual((await counter.count(request(exchange))).get(cid), { providers: 1, asOf: start })
  await clock.advance(2_000)
  assert.deepEqual((await counter.count(request(exchange))).get(cid), { providers: 2, asOf: start + 301_000 })
  assert.equal(asked, 2)
})

test('without peers, or when they fail, there is no count and no fault', async () => {
  const counter = new ProviderCounter({ clock: createVirtualClock({ startsAt: 1_700_000_000_000 }) }, options)
  assert.equal((await counter.count(request(undefined))).size, 0)
  assert.equal((await counter.count(request(exchangeThat(() => Promise.reject(new Error('gone')))))).size, 0)
})

test('peers that do not answer hold a search up for its deadline at most', async () => {
  const clock = createVirtualClock({ startsAt: 1_700_000_000_000 })
  const counter = new ProviderCounter({ clock }, options)
  const silent = exchangeThat(
    (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
  )
  const counting = counter.count(request(silent))
  await clock.advance(1_000)
  assert.equal((await counting).size, 0)
})

test('a search that is given up ends at once', async () => {
  const counter = new ProviderCounter({ clock: createVirtualClock({ startsAt: 1_700_000_000_000 }) }, options)
  const given = new AbortController()
  const exchange = exchangeThat(async () => {
    given.abort(new Error('given up'))
    throw new Error('aborted')
  })
  await assert.rejects(counter.count({ ...request(exchange), signal: given.signal }), { message: 'given up' })
})
