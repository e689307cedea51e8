import type { PeerId } from '../identity/keys.ts'
import { networkFaults } from './faults.ts'
import type { World, WorldChannel, WorldHost, WorldLink } from './memory-contract.ts'

/** What is under way in one direction. */
interface Lane {
  /** Nothing arrives before this: a link keeps its order. */
  arrivesAt: number
  /** Arrived while the link was cut; given on when it is mended. */
  held: (() => void)[]
}

/** One connection between two hosts. */
export class Link implements WorldLink {
  readonly world: World
  readonly dialer: WorldHost
  readonly listener: WorldHost
  readonly openedAt: number
  readonly channels = new Set<WorldChannel>()
  #isOpen = true
  #cancelTimeout: (() => void) | undefined
  readonly #forth: Lane = { arrivesAt: 0, held: [] }
  readonly #back: Lane = { arrivesAt: 0, held: [] }

  constructor(dialer: WorldHost, listener: WorldHost) {
    this.world = dialer.world
    this.dialer = dialer
    this.listener = listener
    this.openedAt = this.world.clock.now()
    this.world.links.add(this)
    this.world.counters.links += 1
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  other(host: WorldHost): WorldHost {
    return host === this.dialer ? this.listener : this.dialer
  }

  /** Calls `arrive` when the message is there; in order, and never when the link is closed before. */
  send(from: WorldHost, byteLength: number, arrive: () => void): void {
    if (!this.#isOpen) return
    this.world.counters.messages += 1
    const to = this.other(from)
    const lane = from === this.dialer ? this.#forth : this.#back
    const now = this.world.clock.monotonic()
    lane.arrivesAt = Math.max(lane.arrivesAt, now + this.world.reliableTransit(from.peerId, byteLength))
    this.world.clock.schedule(lane.arrivesAt - now, () => {
      if (!this.#isOpen) return
      if (lane.held.length > 0 || this.world.isBlocked(from.peerId, to.peerId)) lane.held.push(arrive)
      else arrive()
    })
  }

  /** Looks again at who reaches whom. */
  review(): void {
    const [a, b] = [this.dialer.peerId, this.listener.peerId]
    const isForthBlocked = this.world.isBlocked(a, b)
    const isBackBlocked = this.world.isBlocked(b, a)
    if (!isForthBlocked) this.#flush(this.#forth)
    if (!isBackBlocked) this.#flush(this.#back)
    if (!isForthBlocked && !isBackBlocked) {
      this.#cancelTimeout?.()
      this.#cancelTimeout = undefined
    } else if (this.#isOpen) {
      this.#cancelTimeout ??= this.world.clock.schedule(this.world.options.linkTimeoutMs, () => this.close())
    }
  }

  /** Closes the connection for both, at once. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#cancelTimeout?.()
    this.world.links.delete(this)
    for (const channel of Array.from(this.channels)) channel.fail(closedFault(channel.peer))
    this.dialer.onClosed(this)
    this.listener.onClosed(this)
  }

  #flush(lane: Lane): void {
    const held = lane.held
    lane.held = []
    for (const arrive of held) if (this.#isOpen) arrive()
  }
}

function closedFault(peer: PeerId): Error {
  return networkFaults.create('CHANNEL_CLOSED', { message: `the connection to ${peer} was lost; try again`, data: { peer } })
}
