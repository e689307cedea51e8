import { createHash } from 'node:crypto'
import type { PeerId } from '../identity/keys.ts'
import { networkFaults } from './faults.ts'
import type { Gossip, GossipMessage, GossipVerdict } from './host.ts'
import type { Rumour, WorldGossip, WorldHost } from './memory-contract.ts'

type Listener = (message: GossipMessage) => GossipVerdict | Promise<GossipVerdict>

/** How long a message is remembered, in milliseconds; half of it at least. As gossipsub's `seenTTL`. */
const seenMs = 120_000

/** Gossip from hop to hop: each host passes on what its listeners accept, to so many neighbours drawn by chance. */
export class MemoryGossip implements Gossip, WorldGossip {
  readonly #host: WorldHost
  readonly #listeners = new Map<string, Set<Listener>>()
  #seen = new Set<string>()
  #seenBefore = new Set<string>()
  #seenSince = 0

  constructor(host: WorldHost) {
    this.#host = host
  }

  publish(topic: string, bytes: Uint8Array): Promise<number> {
    const { maxGossipBytes } = this.#host.options
    if (bytes.byteLength > maxGossipBytes) {
      const message = `${bytes.byteLength} bytes are too many for everybody (${maxGossipBytes}); make them content and say its name`
      return Promise.reject(networkFaults.create('GOSSIP_TOO_LARGE', { message, data: { byteLength: bytes.byteLength, maxGossipBytes } }))
    }
    const id = createHash('sha256').update(topic).update('\0').update(bytes).digest('base64')
    if (this.hasSeen(id)) return Promise.resolve(0)
    this.#seen.add(id)
    return Promise.resolve(this.#spread({ id, topic, bytes: new Uint8Array(bytes) }, undefined))
  }

  subscribe(topic: string, listen: Listener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, listeners)
    const own: Listener = (message) => listen(message)
    listeners.add(own)
    return () => {
      listeners.delete(own)
      if (listeners.size === 0 && this.#listeners.get(topic) === listeners) this.#listeners.delete(topic)
    }
  }

  listeners(topic: string): readonly PeerId[] {
    return this.#neighbours(topic, undefined).map((neighbour) => neighbour.peerId)
  }

  /** Whether anybody here listens. */
  hears(topic: string): boolean {
    return this.#listeners.has(topic)
  }

  /** A copy is on its way here; others need not be sent. */
  expect(id: string): void {
    this.#seen.add(id)
  }

  #neighbours(topic: string, except: PeerId | undefined): WorldHost[] {
    const found: WorldHost[] = []
    for (const [peer, link] of this.#host.links) {
      const host = link.other(this.#host)
      const isMutual = this.#host.gate.isAdmitted(peer) && host.gate.isAdmitted(this.#host.peerId)
      if (peer !== except && isMutual && host.gossip.hears(topic)) found.push(host)
    }
    return found
  }

  #spread(rumour: Rumour, except: PeerId | undefined): number {
    const { chance, options } = this.#host.world
    const neighbours = this.#neighbours(rumour.topic, except)
    const count = Math.min(options.gossipDegree, neighbours.length)
    for (let place = 0; place < count; place++) {
      const other = place + Math.floor(chance.fraction() * (neighbours.length - place))
      const [here, there] = [neighbours[place], neighbours[other]]
      if (here === undefined || there === undefined) continue
      neighbours[place] = there
      neighbours[other] = here
      this.#pass(there, rumour)
    }
    return count
  }

  #pass(to: WorldHost, rumour: Rumour): void {
    const { world, peerId } = this.#host
    if (to.gossip.hasSeen(rumour.id)) return
    const copies = world.options.duplicates > 0 && world.chance.fraction() < world.options.duplicates ? 2 : 1
    let isOnItsWay = false
    for (let copy = 0; copy < copies; copy++) {
      world.counters.gossips += 1
      const delay = world.transit(peerId, rumour.bytes.byteLength)
      if (delay === undefined) continue
      isOnItsWay = true
      world.clock.schedule(delay, () => to.gossip.arrive(peerId, rumour))
    }
    // Marked when it leaves, not when it arrives: one event for each host instead of one for each pair of neighbours.
    if (isOnItsWay) to.gossip.expect(rumour.id)
  }

  arrive(from: PeerId, rumour: Rumour): void {
    const host = this.#host
    const isHeard = host.links.has(from) && !host.world.isBlocked(from, host.peerId)
    const listeners = this.#listeners.get(rumour.topic)
    if (!isHeard || listeners === undefined || !host.gate.takeGossip(from, rumour.bytes.byteLength)) {
      this.#seen.delete(rumour.id)
      return
    }
    void this.#hear(from, rumour, [...listeners])
  }

  async #hear(from: PeerId, rumour: Rumour, listeners: readonly Listener[]): Promise<void> {
    const verdicts = await Promise.all(listeners.map(async (listen) => judgeSafely(listen, { from, bytes: rumour.bytes })))
    if (verdicts.includes('reject')) this.#host.gate.punish(from)
    else if (verdicts.includes('accept')) this.#spread(rumour, from)
  }

  hasSeen(id: string): boolean {
    const now = this.#host.world.clock.monotonic()
    if (now - this.#seenSince > seenMs / 2) {
      this.#seenBefore = now - this.#seenSince > seenMs ? new Set() : this.#seen
      this.#seen = new Set()
      this.#seenSince = now
    }
    return this.#seen.has(id) || this.#seenBefore.has(id)
  }
}

/** A listener that throws has judged nothing; whether its peer is to blame is not known. */
async function judgeSafely(listen: Listener, message: GossipMessage): Promise<GossipVerdict> {
  try {
    return await listen(message)
  } catch {
    return 'ignore'
  }
}
