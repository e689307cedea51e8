import type { PeerId } from '../identity/keys.ts'
import { parsePeerId } from '../identity/keys.ts'
import type { Clock } from '../lib/clock.ts'
import { untilAborted } from '../lib/deadline.ts'
import type { Events } from '../lib/events.ts'
import { createEvents } from '../lib/events.ts'
import { networkFaults } from './faults.ts'
import { Gate } from './gate.ts'
import type { Channel, ChannelHandler, Connection, HandleOptions, Host, HostEvents, OpenOptions } from './host.ts'
import type { MemoryHostOptions, World, WorldChannel, WorldHost, WorldLink } from './memory-contract.ts'
import { MemoryChannel } from './memory-channel.ts'
import { MemoryGossip } from './memory-gossip.ts'
import { Link } from './memory-link.ts'
import { MemoryRouting } from './memory-routing.ts'
import { Redialer } from './redialer.ts'
import { runHandler } from './run-handler.ts'

export interface MemoryHostDeps {
  readonly world: World
  readonly peerId: PeerId
  readonly clock: Clock
}

interface Registration {
  readonly handler: ChannelHandler
  readonly options: HandleOptions
}

/** A host whose wire is a virtual clock. */
export class MemoryHost implements Host, WorldHost {
  readonly peerId: PeerId
  readonly world: World
  readonly clock: Clock
  readonly events: Events<HostEvents> = createEvents<HostEvents>()
  readonly options: MemoryHostOptions
  readonly gate: Gate
  readonly gossip: MemoryGossip
  readonly routing: MemoryRouting
  readonly links = new Map<PeerId, WorldLink>()
  readonly #registrations = new Map<string, Registration>()
  readonly #dials = new Map<PeerId, Promise<WorldLink>>()
  readonly #redialer: Redialer
  readonly #ending = new AbortController()

  constructor(deps: MemoryHostDeps, options: MemoryHostOptions) {
    this.peerId = deps.peerId
    this.world = deps.world
    this.clock = deps.clock
    this.options = options
    if (this.world.hosts.has(deps.peerId)) throw new Error(`${deps.peerId} runs already on this network`)
    this.gate = new Gate({ clock: deps.clock }, options)
    this.gossip = new MemoryGossip(this)
    this.routing = new MemoryRouting(this)
    const dial = (peer: PeerId): Promise<unknown> => this.connect(peer)
    this.#redialer = new Redialer({ clock: deps.clock, chance: this.world.chance, dial }, options)
    this.world.hosts.set(deps.peerId, this)
  }

  get isClosed(): boolean {
    return this.#ending.signal.aborted
  }

  addresses(): readonly string[] {
    return [`/memory/${this.peerId}/p2p/${this.peerId}`]
  }

  connections(): readonly Connection[] {
    return [...this.links].map(([peer, link]) => ({
      peer,
      address: `/memory/${peer}/p2p/${peer}`,
      direction: link.dialer === this ? 'outbound' : 'inbound',
      admitted: this.gate.isAdmitted(peer),
      relayed: false,
      openedAt: link.openedAt,
      latencyMs: 2 * this.world.options.latencyMs,
    }))
  }

  async dial(target: string, { signal }: { readonly signal: AbortSignal }): Promise<PeerId> {
    const peer = parsePeerId(target.slice(target.lastIndexOf('/') + 1))
    if (peer === undefined || peer === this.peerId) {
      throw networkFaults.create('ADDRESS_INVALID', {
        message: `"${target}" names no other peer; give /memory/<peer id>/p2p/<peer id>`,
        data: { target },
      })
    }
    await untilAborted(this.connect(peer), signal)
    return peer
  }

  admit(peer: PeerId): void {
    if (!this.gate.admit(peer) || !this.links.has(peer)) return
    this.#redialer.connected(peer)
    this.events.emit('peer:connected', peer)
  }

  expel(peer: PeerId): void {
    const wasAdmitted = this.gate.isAdmitted(peer)
    if (!this.gate.expel(peer)) return
    this.#redialer.forget(peer)
    const link = this.links.get(peer)
    this.links.delete(peer)
    link?.close()
    if (wasAdmitted && link !== undefined) this.events.emit('peer:disconnected', peer)
  }

  readonly pardon = (peer: PeerId): void => this.gate.pardon(peer)

  disconnect(peer: PeerId): Promise<void> {
    this.#redialer.forget(peer)
    const link = this.links.get(peer)
    link?.close()
    this.#redialer.forget(peer)
    return Promise.resolve()
  }

  async open(peer: PeerId, protocol: string, options: OpenOptions): Promise<Channel> {
    options.signal.throwIfAborted()
    const link = this.links.get(peer) ?? (await untilAborted(this.connect(peer), options.signal))
    const own = this.#registrations.get(protocol)
    if (!this.gate.isAdmitted(peer) && own !== undefined && own.options.strangers !== true) {
      throw networkFaults.create('PEER_NOT_ADMITTED', {
        message: `${peer} is not a member, and ${protocol} is for members`,
        data: { peer, protocol },
      })
    }
    const { promise, resolve, reject } = Promise.withResolvers<Channel>()
    const near = new MemoryChannel(link, this, { protocol, maxMessageBytes: options.maxMessageBytes, onEnd: () => reject(lostFault(peer)) })
    link.send(this, 0, () => {
      link.other(this).serve(link, near, (isServed) => {
        if (isServed) return resolve(near)
        const message = `${peer} does not speak ${protocol} with us; it may run another version, or not have admitted this node`
        reject(networkFaults.create('PROTOCOL_UNSUPPORTED', { message, data: { peer, protocol } }))
        near.fail(lostFault(peer))
      })
    })
    try {
      return await untilAborted(promise, options.signal)
    } catch (error) {
      near.abort(lostFault(peer))
      throw error
    }
  }

  handle(protocol: string, handler: ChannelHandler, options: HandleOptions): () => void {
    if (this.#registrations.has(protocol)) throw new Error(`${protocol} is handled already`)
    const registration = { handler, options }
    this.#registrations.set(protocol, registration)
    return () => {
      if (this.#registrations.get(protocol) === registration) this.#registrations.delete(protocol)
    }
  }

  /** Answers a peer that opened a channel; `answer` travels back over the link. */
  serve(link: WorldLink, far: WorldChannel, answer: (isServed: boolean) => void): void {
    const peer = link.other(this).peerId
    const registration = this.#registrations.get(far.protocol)
    const reply = (isServed: boolean): void => link.send(this, 0, () => answer(isServed))
    if (registration === undefined) return reply(false)
    const { strangers = false, maxPerPeer, maxMessageBytes } = registration.options
    const request = { peer, protocol: far.protocol, isForStrangers: strangers, maxOfProtocol: maxPerPeer }
    const begin = (leave: (() => void) | undefined): void => {
      if (leave === undefined || !link.isOpen) return reply(false)
      const near = new MemoryChannel(link, this, { protocol: far.protocol, maxMessageBytes, onEnd: leave })
      near.join(far)
      reply(true)
      void runHandler({ clock: this.clock, signal: this.#ending.signal }, near, registration.handler)
    }
    const entered = this.gate.enter(request)
    if (entered instanceof Promise) void entered.then(begin)
    else begin(entered)
  }

  /** The link to a peer, made where there is none. */
  async connect(peer: PeerId): Promise<WorldLink> {
    const known = this.links.get(peer) ?? this.#dials.get(peer)
    if (known !== undefined) return known
    const dialling = this.#connect(peer).finally(() => this.#dials.delete(peer))
    this.#dials.set(peer, dialling)
    return dialling
  }

  async #connect(peer: PeerId): Promise<WorldLink> {
    if (this.isClosed) throw networkFaults.create('HOST_CLOSED', { message: 'this host is closed' })
    if (this.gate.standing(peer) === 'expelled') {
      throw networkFaults.create('PEER_EXPELLED', { message: `${peer} was expelled from this hive`, data: { peer } })
    }
    this.world.counters.dials += 1
    const target = this.world.hosts.get(peer)
    const isBlocked = this.world.isBlocked(this.peerId, peer) || this.world.isBlocked(peer, this.peerId)
    const { latencyMs } = this.world.options
    const waitMs = target === undefined ? 2 * latencyMs : isBlocked ? this.options.dialTimeoutMs : 3 * latencyMs
    await this.clock.sleep(waitMs, { signal: this.#ending.signal })
    const known = this.links.get(peer)
    if (known !== undefined) return known
    const now = this.world.hosts.get(peer)
    const isGone = now === undefined || isBlocked || this.world.isBlocked(this.peerId, peer) || this.world.isBlocked(peer, this.peerId)
    if (isGone || !now.mayConnect(this.peerId) || !this.mayConnect(peer)) {
      throw networkFaults.create('PEER_UNREACHABLE', { message: `${peer} could not be reached; is it running?`, data: { peer } })
    }
    const link = new Link(this, now)
    now.onOpened(link)
    this.onOpened(link)
    return link
  }

  /** Whether a connection with this peer may be opened now. */
  mayConnect(peer: PeerId): boolean {
    const ofStrangers = [...this.links.keys()].filter((each) => !this.gate.isAdmitted(each)).length
    return this.gate.judgeConnection(peer, { ofPeer: this.links.has(peer) ? 1 : 0, ofStrangers }) === 'accept'
  }

  onOpened(link: WorldLink): void {
    const peer = link.other(this).peerId
    this.links.set(peer, link)
    if (this.gate.isAdmitted(peer)) {
      this.#redialer.connected(peer)
      this.events.emit('peer:connected', peer)
      return
    }
    this.clock.schedule(this.options.strangerGraceMs, () => {
      if (!this.gate.isAdmitted(peer) && this.links.get(peer) === link) link.close()
    })
    this.events.emit('stranger:connected', peer, link.dialer === this ? 'outbound' : 'inbound')
  }

  onClosed(link: WorldLink): void {
    const peer = link.other(this).peerId
    if (this.links.get(peer) !== link) return
    this.links.delete(peer)
    this.gate.forget(peer)
    if (!this.gate.isAdmitted(peer)) return
    if (!this.isClosed) this.#redialer.lost(peer)
    this.events.emit('peer:disconnected', peer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isClosed) return
    this.#ending.abort(networkFaults.create('HOST_CLOSED', { message: 'this host is closing' }))
    this.#redialer[Symbol.dispose]()
    for (const link of Array.from(this.links.values())) link.close()
    this.world.hosts.delete(this.peerId)
  }
}

function lostFault(peer: PeerId): Error {
  return networkFaults.create('CHANNEL_CLOSED', { message: `the channel with ${peer} ended`, data: { peer } })
}
