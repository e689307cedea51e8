import type { PeerId } from '../identity/keys.ts'
import type { Clock } from '../lib/clock.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { GossipMessage, GossipVerdict, Host } from '../network/host.ts'
import type { Entry } from './entry.ts'
import type { ForkProof, ReplicatedJournal } from './journal.ts'
import type { GossipNews } from './protocol.ts'
import { formatNews, journalTopic } from './protocol.ts'
import type { Replicator } from './replicator.ts'

export interface GossiperDeps {
  readonly journal: ReplicatedJournal
  readonly host: Host
  readonly clock: Clock
  readonly log: Log
  readonly replicator: Replicator
  readonly parseNews: (bytes: Uint8Array) => GossipNews | undefined
}

export interface GossiperOptions {
  readonly gossipPerSecond: number
}

/** Longest entry told by gossip, in bytes: the bound that `Gossip.publish` names, with room for its envelope. */
const maxNewsBytes = 61_440

/** Tells new entries of ours at once, and takes those of others. All it loses is found by comparing heads. */
export class Gossiper {
  readonly #deps: GossiperDeps
  readonly #options: GossiperOptions
  readonly #topic: string
  readonly #release: readonly (() => void)[]
  #second = 0
  #told = 0

  constructor(deps: GossiperDeps, options: GossiperOptions) {
    this.#deps = deps
    this.#options = options
    this.#topic = journalTopic(deps.journal.hive)
    const { journal, host } = deps
    this.#release = [
      host.gossip.subscribe(this.#topic, (message) => this.#hear(message)),
      journal.events.on('entry:added', (entry, origin) => {
        if (origin === 'own') this.#tell(entry)
      }),
      journal.events.on('fork:seen', (_node, _position, proof) => this.#publish({ type: 'fork', proof })),
    ]
  }

  close(): void {
    for (const release of this.#release) release()
  }

  #tell(entry: Entry): void {
    const { clock, replicator } = this.#deps
    const second = Math.floor(clock.monotonic() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#told = 0
    }
    this.#told += 1
    // Under load a few heads say the same as hundreds of entries, and peers fetch those in batches.
    const isTooMuch = this.#told > this.#options.gossipPerSecond
    if (isTooMuch || !this.#publish({ type: 'entry', entry })) replicator.tell(entry.header.node, undefined)
  }

  #publish(news: GossipNews): boolean {
    const { journal } = this.#deps
    const bytes = formatNews(news)
    if (bytes.byteLength > maxNewsBytes) return false
    journal.countTraffic(bytes.byteLength, 0)
    void this.#handOn(bytes, news)
    return true
  }

  async #handOn(bytes: Uint8Array, news: GossipNews): Promise<void> {
    const { host, log } = this.#deps
    try {
      // A mesh that has not formed yet hands on to nobody, while channels may be open.
      if ((await host.gossip.publish(this.#topic, bytes)) === 0) this.#tellOnChannels(news)
    } catch (error) {
      log.debug('gossip was not handed on', { error: describeError(error) })
      this.#tellOnChannels(news)
    }
  }

  #tellOnChannels(news: GossipNews): void {
    const { replicator } = this.#deps
    if (news.type === 'entry') replicator.tell(news.entry.header.node, undefined)
    else replicator.tellFork(news.proof)
  }

  async #hear(message: GossipMessage): Promise<GossipVerdict> {
    this.#deps.journal.countTraffic(0, message.bytes.byteLength)
    const news = this.#deps.parseNews(message.bytes)
    if (news === undefined) return 'reject'
    return news.type === 'entry' ? this.#hearEntry(news.entry, message.from) : this.#hearFork(news.proof)
  }

  async #hearEntry(entry: Entry, from: PeerId): Promise<GossipVerdict> {
    const { replicator } = this.#deps
    const [report] = await replicator.take([entry], from, [])
    switch (report?.verdict) {
      case 'stored':
      case 'known':
        return 'accept'
      case 'gap':
        // Signed and of a member: others may have what comes before it.
        replicator.pump(from)
        return 'accept'
      case 'forked':
      case 'diverged':
        replicator.pump(from)
        return 'ignore'
      case 'unknown':
      case 'cut':
      case 'full':
        return 'ignore'
      case 'invalid':
      case undefined:
        return 'reject'
    }
  }

  async #hearFork(proof: ForkProof): Promise<GossipVerdict> {
    const verdict = await this.#deps.journal.receiveFork(proof)
    if (verdict === 'nothing') return 'reject'
    return verdict === 'stranger' ? 'ignore' : 'accept'
  }
}
