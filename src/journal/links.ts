import type { PeerId } from '../identity/keys.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import { withDeadline } from '../lib/deadline.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { Channel, Host } from '../network/host.ts'
import type { ReplicatedJournal } from './journal.ts'
import { PeerSession } from './peer-session.ts'
import { journalProtocol, messageSlackBytes } from './protocol.ts'
import type { Replicator } from './replicator.ts'

export interface LinksDeps {
  readonly journal: ReplicatedJournal
  readonly host: Host
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  readonly replicator: Replicator
}

export interface LinksOptions {
  readonly batchBytes: number
  readonly stallTimeoutMs: number
}

/** First and longest wait before a channel is opened again, in milliseconds; doubled each time, with up to as much again by chance. */
const [minBackoffMs, maxBackoffMs] = [500, 30_000]
/** One opening of a channel, in milliseconds. */
const openTimeoutMs = 10_000

/** One long-lived channel to every admitted, connected peer. Of two peers the one whose name is smaller opens it. */
export class Links {
  readonly #deps: LinksDeps
  readonly #options: LinksOptions
  readonly #protocol: string
  readonly #ending = new AbortController()
  readonly #sessions = new Map<PeerId, PeerSession>()
  /** Peers for whom a loop keeps the channel open; the signal ends it when they are gone. */
  readonly #keepers = new Map<PeerId, AbortController>()
  readonly #running = new Set<Promise<unknown>>()
  readonly #release: readonly (() => void)[]

  constructor(deps: LinksDeps, options: LinksOptions) {
    this.#deps = deps
    this.#options = options
    this.#protocol = journalProtocol(deps.journal.hive)
    const { host } = deps
    this.#release = [
      host.handle(this.#protocol, (channel, { signal }) => this.#run(channel, signal), {
        maxMessageBytes: this.#maxMessageBytes(),
        maxPerPeer: 2,
      }),
      host.events.on('peer:connected', (peer) => this.#keep(peer)),
      host.events.on('peer:disconnected', (peer) => this.#drop(peer)),
    ]
    for (const connection of host.connections()) if (connection.admitted) this.#keep(connection.peer)
  }

  /** Open channels. */
  count(): number {
    return this.#sessions.size
  }

  async close(): Promise<void> {
    for (const release of this.#release) release()
    this.#ending.abort(new Error('replication is closed'))
    for (const session of this.#sessions.values()) session.end('replication is closed')
    // As many as there are peers.
    await Promise.allSettled(this.#running)
  }

  #maxMessageBytes(): number {
    return this.#options.batchBytes + messageSlackBytes
  }

  #keep(peer: PeerId): void {
    if (this.#deps.host.peerId > peer || this.#keepers.has(peer) || this.#ending.signal.aborted) return
    const keeper = new AbortController()
    this.#keepers.set(peer, keeper)
    void this.#track(this.#keepOpen(peer, AbortSignal.any([keeper.signal, this.#ending.signal])))
  }

  #drop(peer: PeerId): void {
    this.#keepers.get(peer)?.abort(new Error(`${peer} is gone`))
    this.#keepers.delete(peer)
    this.#sessions.get(peer)?.end('the peer is gone')
  }

  async #keepOpen(peer: PeerId, signal: AbortSignal): Promise<void> {
    const { host, clock, chance, log, replicator } = this.#deps
    for (let failures = 0; !signal.aborted && !replicator.isDropped(peer);) {
      try {
        const channel = await host.open(peer, this.#protocol, {
          signal: withDeadline(clock, openTimeoutMs, signal),
          maxMessageBytes: this.#maxMessageBytes(),
        })
        const openedAt = clock.monotonic()
        await this.#run(channel, signal)
        failures = clock.monotonic() - openedAt > maxBackoffMs ? 0 : failures + 1
      } catch (error) {
        failures += 1
        log.debug('the journal channel was not opened', { peer, error: describeError(error) })
      }
      const wait = Math.min(maxBackoffMs, minBackoffMs * 2 ** Math.min(failures - 1, 10))
      await clock.sleep(wait * (1 + chance.fraction()), { signal }).catch(() => {})
    }
  }

  async #run(channel: Channel, signal: AbortSignal): Promise<void> {
    const { journal, clock, replicator, log } = this.#deps
    const { peer } = channel
    if (replicator.isDropped(peer) || this.#ending.signal.aborted) return channel.abort(new Error('not listened to'))
    const session = new PeerSession(
      {
        channel,
        clock,
        hear: (message, from) => replicator.hear(message, from),
        count: (sent, received) => journal.countTraffic(sent, received),
      },
      { maxMessageBytes: this.#maxMessageBytes(), stallTimeoutMs: this.#options.stallTimeoutMs },
    )
    this.#sessions.get(peer)?.end('replaced by a newer channel')
    this.#sessions.set(peer, session)
    replicator.join(session)
    const reason = await this.#track(session.run(AbortSignal.any([signal, this.#ending.signal])))
    if (this.#sessions.get(peer) === session) this.#sessions.delete(peer)
    replicator.leave(session)
    log.debug('a journal channel ended', { peer, reason })
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work)
    try {
      return await work
    } finally {
      this.#running.delete(work)
    }
  }
}
