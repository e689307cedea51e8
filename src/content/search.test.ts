import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerId } from '../identity/keys.ts'
import { peerIdOfKey } from '../identity/keys.ts'
import { createCid, rawCodec } from '../lib/cid.ts'
import type { VirtualClock } from '../lib/virtual-clock.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import type { Host } from '../network/host.ts'
import type { ContentClient } from './client.ts'
import { searchContent } from './search.ts'
import { testKey } from './testing/fleet.ts'

const cid = createCid(rawCodec, new Uint8Array(1))

function peers(count: number, what: string): readonly PeerId[] {
  return Array.from({ length: count }, (_, index) => peerIdOfKey(testKey(`${what} ${index}`).publicKey))
}

/** Counts how much of something is under way at once. */
function createGauge() {
  let now = 0
  const gauge = { most: 0, all: 0 }
  const during = async (work: () => Promise<void>): Promise<void> => {
    now += 1
    gauge.all += 1
    gauge.most = Math.max(gauge.most, now)
    await work().finally(() => (now -= 1))
  }
  return { gauge, during }
}

interface Scene {
  readonly connected: readonly PeerId[]
  readonly named: readonly PeerId[]
  /** Whether the lookup goes on for ever after it named everybody. */
  readonly isEndless?: boolean
}

/** Bob looks for content that nobody has: members answer in a second, dials lead nowhere. */
async function search(clock: VirtualClock, { connected, named, isEndless = false }: Scene) {
  const [questions, dials] = [createGauge(), createGauge()]
  const forEver = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('given up')), { once: true }))
  // What a search asks a host for; all else of it is never called.
  const host = {
    peerId: peerIdOfKey(testKey('bob').publicKey),
    events: { on: () => () => {} },
    connections: () => connected.map((peer) => ({ peer, admitted: true })),
    dial: (_peer: string, { signal }: { readonly signal: AbortSignal }) => dials.during(() => forEver(signal)),
    routing: {
      findProviders: async function* (_key: Uint8Array, { signal }: { readonly signal: AbortSignal }) {
        yield* named
        if (isEndless) await forEver(signal)
      },
    },
  } as unknown as Host
  // A search only asks who has something.
  const client = {
    have: (_peer: PeerId, _cid: unknown, wait: { readonly signal: AbortSignal }) => questions.during(() => clock.sleep(1000, wait)),
  } as unknown as ContentClient
  const answered: PeerId[] = []
  await clock.run(
    searchContent({ host, client, clock }, cid, {
      signal: new AbortController().signal,
      isDeep: () => named.length > 0,
      askTimeoutMs: 3_000,
      maxProviders: 16,
      isExcluded: () => false,
      onAnswer: (peer) => answered.push(peer),
    }),
  )
  return { questions: questions.gauge, dials: dials.gauge, answered }
}

test('S3: of many connected members sixty-four are asked, sixteen at a time', async () => {
  const { questions } = await search(createVirtualClock({ startsAt: 0 }), { connected: peers(200, 'member'), named: [] })
  assert.deepEqual(questions, { most: 16, all: 64 })
})

test('F25: of many providers the DHT names sixteen are dialled, four at a time, each for the time of a question', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const { dials, answered } = await search(clock, { connected: [], named: peers(100, 'dead') })
  assert.deepEqual(dials, { most: 4, all: 16 })
  assert.equal(answered.length, 16)
  assert.equal(clock.monotonic(), 12_000)
})

test('F25: a lookup that does not end is given up in time, and whom it named is dialled', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const { dials } = await search(clock, { connected: [], named: peers(2, 'dead'), isEndless: true })
  assert.equal(dials.all, 2)
  assert.equal(clock.monotonic(), 6_000)
})
