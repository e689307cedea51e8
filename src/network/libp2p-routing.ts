import type { QueryEvent } from '@libp2p/kad-dht'
import type { PeerId } from '../identity/keys.ts'
import { cidOfDigest, linkOfCid, rawCodec } from '../lib/cid.ts'
import type { Clock } from '../lib/clock.ts'
import { withDeadline } from '../lib/deadline.ts'
import type { Log } from '../lib/log.ts'
import { mapBounded } from '../lib/map-bounded.ts'
import type { Gate } from './gate.ts'
import type { Routing } from './host.ts'
import { peerOf } from './libp2p-admission.ts'
import type { WireNode } from './libp2p-services.ts'
import type { RecordStore } from './record-store.ts'

export interface StreamRoutingDeps {
  readonly node: WireNode
  readonly gate: Gate
  readonly records: RecordStore
  readonly clock: Clock
  readonly log: Log
  /** Aborted when the host closes. */
  readonly ending: AbortSignal
}

/** Provider records live 24 h; they are put again after half of it. */
const provideAgainMs = 43_200_000
/** After a new member came: so long, that a group which starts together is one round. */
const provideSoonMs = 3_000
/** Keys put again for a new member at most; the rest waits for the next regular round. */
const maxKeysForNewPeer = 256
/** Members up to which a new one is among the nearest to every key: Kademlia's k. */
const bucketSize = 20
/** Lookups under way at once; each opens streams to up to k members. */
const provideConcurrency = 4

/** Kademlia over the members of the hive. */
export class StreamRouting implements Routing {
  readonly #deps: StreamRoutingDeps
  readonly #lookupTimeoutMs: number
  readonly #provided = new Map<string, Uint8Array>()
  #isSoonScheduled = false

  constructor(deps: StreamRoutingDeps, options: { readonly lookupTimeoutMs: number }) {
    this.#deps = deps
    this.#lookupTimeoutMs = options.lookupTimeoutMs
    this.#scheduleRound()
  }

  mode(): 'server' | 'client' {
    return this.#deps.node.services.kad.getMode()
  }

  recordCount(): number {
    return this.#deps.records.providerCount()
  }

  async provide(key: Uint8Array, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    this.#provided.set(Buffer.from(key).toString('hex'), key)
    await this.#provide(key, signal)
  }

  unprovide(key: Uint8Array): void {
    this.#provided.delete(Buffer.from(key).toString('hex'))
  }

  async *findProviders(
    key: Uint8Array,
    { signal, limit }: { readonly signal: AbortSignal; readonly limit: number },
  ): AsyncIterable<PeerId> {
    const found = new Set<PeerId>()
    const { node } = this.#deps
    if (node.status !== 'started' || limit < 1 || this.#isAlone()) return
    const enough = new AbortController()
    const bounded = withDeadline(this.#deps.clock, this.#lookupTimeoutMs, signal, this.#deps.ending, enough.signal)
    try {
      for await (const event of node.services.kad.findProviders(linkOfCid(cidOfKey(key)), { signal: bounded })) {
        for (const peer of providersIn(event)) {
          if (peer === node.peerId.toString() || found.has(peer)) continue
          found.add(peer)
          yield peer
          if (found.size >= limit) return
        }
      }
    } catch (error) {
      // A lookup that ends early has found what it found; the signal tells the caller whether it was in time.
      this.#deps.log.debug('lookup ended', { found: found.size, why: error instanceof Error ? error.name : 'unknown' })
    } finally {
      enough.abort()
    }
  }

  /** A member came: with few members it is near to every key, and should know who provides what. */
  onMember(): void {
    const { node, clock, ending } = this.#deps
    if (this.#isSoonScheduled || this.#provided.size === 0 || node.getPeers().length > bucketSize) return
    this.#isSoonScheduled = true
    clock.schedule(provideSoonMs, () => {
      this.#isSoonScheduled = false
      if (!ending.aborted) void this.#provideAll([...this.#provided.values()].slice(-maxKeysForNewPeer))
    })
  }

  #isAlone(): boolean {
    const { node, gate } = this.#deps
    return !node.getPeers().some((wirePeer) => {
      const peer = peerOf(wirePeer)
      return peer !== undefined && gate.isAdmitted(peer)
    })
  }

  #scheduleRound(): void {
    this.#deps.clock.schedule(provideAgainMs, () => {
      if (this.#deps.ending.aborted) return
      this.#scheduleRound()
      void this.#provideAll([...this.#provided.values()])
    })
  }

  async #provideAll(keys: readonly Uint8Array[]): Promise<void> {
    try {
      await mapBounded(keys, (key) => this.#provide(key, this.#deps.ending), { concurrency: provideConcurrency, signal: this.#deps.ending })
    } catch (error) {
      this.#deps.log.debug('providing again ended', { why: error instanceof Error ? error.message : 'unknown' })
    }
  }

  /** Puts the record with as many of the nearest members as answer in time. Without any, it is kept for those who come. */
  async #provide(key: Uint8Array, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { node, clock, ending } = this.#deps
    // Alone there is nobody to hold it: `onMember` provides it when somebody comes.
    if (node.status !== 'started' || this.#isAlone()) return
    const bounded = withDeadline(clock, this.#lookupTimeoutMs, signal, ending)
    try {
      for await (const _ of node.services.kad.provide(linkOfCid(cidOfKey(key)), { signal: bounded }));
    } catch {
      signal.throwIfAborted()
    }
  }
}

function cidOfKey(key: Uint8Array): ReturnType<typeof cidOfDigest> {
  if (key.byteLength !== 32) throw new RangeError(`a routing key has 32 bytes, this has ${key.byteLength}`)
  return cidOfDigest(rawCodec, key)
}

function providersIn(event: QueryEvent): readonly PeerId[] {
  if (event.name !== 'PROVIDER') return []
  return event.providers.map(({ id }) => peerOf(id)).filter((peer) => peer !== undefined)
}
