import type { PeerId } from '../identity/keys.ts'
import type { Clock } from '../lib/clock.ts'
import type { Allowance } from './rules/allowance.ts'
import { createAllowance, judgeSilence, punish, takeMessage } from './rules/allowance.ts'
import type { ChannelVerdict, ConnectionCounts, ConnectionVerdict, Standing } from './rules/admission.ts'
import { judgeChannel, judgeConnection } from './rules/admission.ts'

/** What one identity may take of a host. */
export interface GateOptions {
  /** A stranger is cut after this time, in milliseconds. */
  readonly strangerGraceMs: number
  /** Open connections of strangers, all together. */
  readonly maxStrangers: number
  /** Open connections of one identity. */
  readonly maxConnectionsPerPeer: number
  /** Open inbound channels of one identity, all protocols together. */
  readonly maxStreamsPerPeer: number
  /** Gossip messages a second taken from one identity. */
  readonly gossipMessagesPerSecond: number
  /** Longest gossip message, in bytes. */
  readonly maxGossipBytes: number
}

/** What an inbound channel is, when the gate is asked about it. */
export interface ChannelRequest {
  readonly peer: PeerId
  readonly protocol: string
  readonly isForStrangers: boolean
  readonly maxOfProtocol: number
}

/** Channels of one stranger that may wait for its admission: one for each protocol of a hive, with room to spare. */
const maxWaiting = 16

/** Who is let in, and how much of the host each identity uses. Shared by both implementations, so that they cannot differ. */
export class Gate {
  readonly #clock: Clock
  readonly #options: GateOptions
  readonly #standings = new Map<PeerId, Standing>()
  readonly #channels = new Map<PeerId, Map<string, number>>()
  readonly #waiting = new Map<PeerId, Set<(isAdmitted: boolean) => void>>()
  readonly #watching = new Map<PeerId, Set<(isAdmitted: boolean) => void>>()
  readonly #allowances = new Map<PeerId, Allowance>()

  constructor(deps: { readonly clock: Clock }, options: GateOptions) {
    this.#clock = deps.clock
    this.#options = options
  }

  standing(peer: PeerId): Standing {
    return this.#standings.get(peer) ?? 'stranger'
  }

  isAdmitted(peer: PeerId): boolean {
    return this.#standings.get(peer) === 'admitted'
  }

  /** Returns whether that is news. */
  admit(peer: PeerId): boolean {
    if (this.isAdmitted(peer)) return false
    this.#standings.set(peer, 'admitted')
    this.#release(peer, true)
    return true
  }

  /** Returns whether that is news. */
  expel(peer: PeerId): boolean {
    if (this.standing(peer) === 'expelled') return false
    this.#standings.set(peer, 'expelled')
    this.forget(peer)
    this.#allowances.delete(peer)
    return true
  }

  /** An expelled peer is a stranger again. */
  pardon(peer: PeerId): void {
    if (this.standing(peer) === 'expelled') this.#standings.delete(peer)
  }

  /** Ends what waits for a peer that is gone. Places are given back by who took them; gossip's allowance stays, or a flood would begin anew with each connection. */
  forget(peer: PeerId): void {
    this.#release(peer, false)
  }

  judgeConnection(peer: PeerId, counts: ConnectionCounts): ConnectionVerdict {
    return judgeConnection(this.standing(peer), counts, this.#options)
  }

  /**
   * Takes a place for an inbound channel, after waiting for the peer's admission where that is needed.
   *
   * Gives the function that frees the place, or undefined when the channel is refused. Synchronous where nothing is waited for.
   */
  enter(request: ChannelRequest): (() => void) | undefined | Promise<(() => void) | undefined> {
    const verdict = this.#judge(request)
    if (verdict === 'refuse') return undefined
    if (verdict === 'serve') return this.#take(request)
    return wait(this.#waiting, request.peer).then((isAdmitted) => (isAdmitted ? this.enter(request) : undefined))
  }

  /** Resolves with true once the peer is admitted, with false when it is gone or expelled. */
  whenAdmitted(peer: PeerId): Promise<boolean> {
    if (this.isAdmitted(peer)) return Promise.resolve(true)
    return wait(this.#watching, peer)
  }

  /** Whether a gossip message forwarded by this peer is looked at. */
  takeGossip(peer: PeerId, byteLength: number): boolean {
    if (!this.isAdmitted(peer) || byteLength > this.#options.maxGossipBytes) return false
    const { allowance, isTaken } = takeMessage(this.#allowance(peer), this.#options.gossipMessagesPerSecond, this.#clock.monotonic())
    this.#allowances.set(peer, allowance)
    return isTaken
  }

  /** Counts a message that nobody should have forwarded. */
  punish(peer: PeerId): void {
    if (!this.isAdmitted(peer)) return
    this.#allowances.set(peer, punish(this.#allowance(peer), this.#options.gossipMessagesPerSecond, this.#clock.monotonic()))
  }

  /** Seconds until gossip of this peer is taken again; 0 for who behaves. */
  silence(peer: PeerId): number {
    const known = this.#allowances.get(peer)
    return known === undefined ? 0 : judgeSilence(known, this.#options.gossipMessagesPerSecond, this.#clock.monotonic())
  }

  #allowance(peer: PeerId): Allowance {
    return this.#allowances.get(peer) ?? createAllowance(this.#options.gossipMessagesPerSecond, this.#clock.monotonic())
  }

  #judge(request: ChannelRequest): ChannelVerdict {
    const { peer, protocol, isForStrangers, maxOfProtocol } = request
    const open = this.#channels.get(peer)
    const counts = {
      ofProtocol: open?.get(protocol) ?? 0,
      ofPeer: [...(open?.values() ?? [])].reduce((sum, count) => sum + count, 0),
      waiting: this.#waiting.get(peer)?.size ?? 0,
    }
    const limits = { maxOfProtocol, maxStreamsPerPeer: this.#options.maxStreamsPerPeer, maxWaiting }
    return judgeChannel({ standing: this.standing(peer), isForStrangers }, counts, limits)
  }

  #take({ peer, protocol }: ChannelRequest): () => void {
    const open = this.#channels.get(peer) ?? new Map<string, number>()
    this.#channels.set(peer, open)
    open.set(protocol, (open.get(protocol) ?? 0) + 1)
    let isFree = false
    return () => {
      if (isFree) return
      isFree = true
      const left = (open.get(protocol) ?? 1) - 1
      if (left > 0) open.set(protocol, left)
      else open.delete(protocol)
      if (open.size === 0 && this.#channels.get(peer) === open) this.#channels.delete(peer)
    }
  }

  #release(peer: PeerId, isAdmitted: boolean): void {
    for (const waits of [this.#waiting, this.#watching]) {
      const waiting = waits.get(peer)
      waits.delete(peer)
      for (const resolve of waiting ?? []) resolve(isAdmitted)
    }
  }
}

function wait(waits: Map<PeerId, Set<(isAdmitted: boolean) => void>>, peer: PeerId): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const waiting = waits.get(peer) ?? new Set()
  waits.set(peer, waiting)
  waiting.add(resolve)
  return promise
}
