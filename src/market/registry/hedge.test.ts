import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCid, rawCodec } from '../../lib/cid.ts'
import { encodeText } from '../../lib/bytes.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import type { MarketExchange } from '../market.ts'
import { hedge } from './hedge.ts'

const hedgeMs = 1_000
const cid = createCid(rawCodec, encodeText('axum'))

/** A source that answers when the test says; when it was asked, and why it was told to stop. */
function openSource(name: string) {
  const answer = Promise.withResolvers<void>()
  const source = {
    asked: [] as number[],
    ended: undefined as unknown,
    give: answer.resolve,
    fail: () => answer.reject(new Error(`${name} failed`)),
  }
  const open = (now: () => number): MarketExchange => ({
    fetch: async (_cid, { signal }) => {
      source.asked.push(now())
      signal.addEventListener('abort', () => (source.ended = signal.reason))
      await answer.promise
      return { providers: [{ peer: name, bytes: 4 }] }
    },
    findHolders: async () => [],
    announce: async () => {},
    replicate: async () => [],
  })
  return { source, open }
}

function openThree() {
  const clock = createVirtualClock({ startsAt: 0 })
  const [peers, office, far] = [openSource('peers'), openSource('office'), openSource('far')]
  const deps = { clock, hedgeMs }
  const opened = [peers, office, far].map(({ open }) => open(() => clock.monotonic()))
  const fetch = (signal = new AbortController().signal) =>
    hedge(opened, deps)?.fetch(cid, { signal, maxBytes: 4 }) ?? assert.fail('there is no source')
  return { clock, deps, opened, fetch, sources: [peers.source, office.source, far.source] as const }
}

test('F33: the next source is asked when one takes long, or fails; who is whole first ends the others', async () => {
  const { clock, fetch, sources } = openThree()
  const [peers, office, far] = sources
  const fetching = fetch()
  await clock.advance(hedgeMs - 1)
  assert.deepEqual([peers.asked, office.asked], [[0], []])
  await clock.advance(1)
  assert.deepEqual(office.asked, [hedgeMs])
  await clock.advance(10)
  office.fail()
  await clock.advance(0)
  assert.deepEqual(far.asked, [hedgeMs + 10])
  far.give()
  assert.deepEqual((await fetching).providers, [{ peer: 'far', bytes: 4 }])
  assert.match(String(peers.ended), /another source was first/)
  assert.equal(clock.pending(), 0)
})

test('F33: when all sources fail, the first failure is said; each was asked once', async () => {
  const { fetch, sources } = openThree()
  for (const source of sources) source.fail()
  await assert.rejects(fetch(), /peers failed/)
  assert.deepEqual(
    sources.map(({ asked }) => asked.length),
    [1, 1, 1],
  )
})

test('who gives up waiting ends every source, and asks no further one', async () => {
  const { clock, fetch, sources } = openThree()
  const giving = new AbortController()
  const fetching = fetch(giving.signal)
  giving.abort(new Error('enough'))
  sources[0].give()
  await assert.rejects(fetching, /enough/)
  await clock.advance(10 * hedgeMs)
  assert.deepEqual(
    sources.map(({ asked }) => asked.length),
    [1, 0, 0],
  )
})

test('sources that are several already are asked as those, none twice; one alone is itself, and none is none', async () => {
  const { deps, opened, sources } = openThree()
  const [peers, office, far] = opened
  assert.ok(peers && office && far)
  const both = hedge([office, peers], deps)
  assert.ok(both)
  for (const source of sources) source.fail()
  await assert.rejects(
    hedge([peers, both, far], deps)?.fetch(cid, { signal: new AbortController().signal, maxBytes: 4 }) ?? Promise.resolve(),
    /peers failed/,
  )
  assert.deepEqual(
    sources.map(({ asked }) => asked.length),
    [1, 1, 1],
  )
  assert.equal(hedge([peers, peers], deps), peers)
  assert.equal(hedge([], deps), undefined)
})
