import type { PeerId } from '../identity/keys.ts'
import { hashBytes } from '../lib/cid.ts'
import { encodeText } from '../lib/bytes.ts'
import type { Routing } from './host.ts'
import type { WorldHost, WorldRouting } from './memory-contract.ts'

/** Holders of one record. Kademlia's k. */
const holdersPerRecord = 20
/** How long a provider record lives, and when it is provided again, in milliseconds. */
const recordLifeMs = 86_400_000
const provideAgainMs = 43_200_000
/** Round trips of a lookup, in a network of some thousand. */
const lookupHops = 3

/** Kademlia's answers without its messages: records lie with the hosts nearest to the key, as far as they are reached. */
export class MemoryRouting implements Routing, WorldRouting {
  readonly #host: WorldHost
  readonly place: Uint8Array
  readonly #records = new Map<string, Map<PeerId, number>>()
  readonly #provided = new Map<string, () => void>()

  constructor(host: WorldHost) {
    this.#host = host
    this.place = hashBytes(encodeText(host.peerId))
  }

  mode(): 'server' | 'client' {
    return this.#host.options.dht
  }

  recordCount(): number {
    this.#expire()
    return this.#records.size
  }

  async provide(key: Uint8Array, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const name = Buffer.from(key).toString('hex')
    this.#provided.get(name)?.()
    const again = this.#host.clock.schedule(provideAgainMs, () => {
      if (!this.#host.isClosed) this.provide(key, { signal: new AbortController().signal }).catch(() => {})
    })
    this.#provided.set(name, again)
    await this.#lookup(signal)
    for (const holder of this.#holders(key)) holder.routing.hold(name, this.#host.peerId)
  }

  unprovide(key: Uint8Array): void {
    const name = Buffer.from(key).toString('hex')
    this.#provided.get(name)?.()
    this.#provided.delete(name)
  }

  async *findProviders(
    key: Uint8Array,
    { signal, limit }: { readonly signal: AbortSignal; readonly limit: number },
  ): AsyncIterable<PeerId> {
    const name = Buffer.from(key).toString('hex')
    try {
      await this.#lookup(signal)
    } catch {
      return
    }
    const found = new Set<PeerId>()
    for (const holder of this.#holders(key)) {
      for (const provider of holder.routing.providersOf(name)) {
        if (provider === this.#host.peerId || found.has(provider)) continue
        if (found.size >= limit || signal.aborted) return
        found.add(provider)
        yield provider
      }
    }
  }

  #lookup(signal: AbortSignal): Promise<void> {
    return this.#host.clock.sleep(2 * lookupHops * this.#host.world.options.latencyMs, { signal })
  }

  hold(name: string, provider: PeerId): void {
    const holders = this.#records.get(name) ?? new Map<PeerId, number>()
    this.#records.set(name, holders)
    holders.set(provider, this.#host.clock.monotonic() + recordLifeMs)
  }

  providersOf(name: string): readonly PeerId[] {
    this.#expire()
    return [...(this.#records.get(name)?.keys() ?? [])]
  }

  #expire(): void {
    const now = this.#host.clock.monotonic()
    for (const [name, providers] of this.#records) {
      for (const [provider, until] of providers) if (until <= now) providers.delete(provider)
      if (providers.size === 0) this.#records.delete(name)
    }
  }

  /** The servers nearest to the key that this host reaches over members; ourselves alone when nobody is connected. */
  #holders(key: Uint8Array): readonly WorldHost[] {
    const host = this.#host
    const isAlone = ![...host.links.keys()].some((peer) => host.gate.isAdmitted(peer))
    const reached = [...host.world.hosts.values()].filter(
      (other) => other === host || (!isAlone && other.gate.isAdmitted(host.peerId) && !host.world.isBlocked(host.peerId, other.peerId)),
    )
    const servers = reached.filter((other) => other.routing.mode() === 'server' || isAlone)
    const target = hashBytes(key)
    return servers
      .map((server) => ({ server, distance: xor(server.routing.place, target) }))
      .toSorted((a, b) => Buffer.compare(a.distance, b.distance))
      .slice(0, holdersPerRecord)
      .map(({ server }) => server)
  }
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, index) => byte ^ (b[index] ?? 0))
}
