import { formatGrant } from '../../src/hive/grant.ts'
import { grantKind } from '../../src/hive/membership-view.ts'
import type { HiveMembership } from '../../src/hive/open-membership.ts'
import { openMembership } from '../../src/hive/open-membership.ts'
import type { PeerId } from '../../src/identity/keys.ts'
import type { HiveId, Position } from '../../src/journal/entry.ts'
import type { Admission, ReplicatedJournal } from '../../src/journal/journal.ts'
import { openJournal } from '../../src/journal/open-journal.ts'
import type { GossipNews } from '../../src/journal/protocol.ts'
import type { Replication } from '../../src/journal/replication.ts'
import { openReplication } from '../../src/journal/replication.ts'
import type { View } from '../../src/journal/view.ts'
import type { Chance } from '../../src/lib/chance.ts'
import { silentLog } from '../../src/lib/log.ts'
import type { SkewedClock } from '../../src/lib/virtual-clock.ts'
import type { Host } from '../../src/network/host.ts'
import type { MemoryNetwork } from '../../src/network/memory.ts'
import type { Database } from '../../src/store/database.ts'
import { openDisk, readDisk } from './disk.ts'
import type { Founding, Identity } from './founding.ts'
import { simHostOptions, simJournalOptions, simReplicationOptions } from './sim-options.ts'

function nothing(): void {}

/** The notes of everybody, one row for each entry that counts. */
const noteView: View = {
  name: 'sim-notes',
  version: 1,
  kinds: ['note'],
  apply: (tx, entry) => {
    const text = typeof entry.body === 'object' && entry.body !== null && 'text' in entry.body ? String(entry.body.text) : ''
    tx.run('insert into sim_note (cid, text) values (?, ?)', entry.cid, text)
  },
  reset: (tx) => {
    tx.run('create table if not exists sim_note (cid text primary key, text text) strict, without rowid')
    tx.run('delete from sim_note')
  },
}

/** Who decides whose entries count: certificates and grants as in the product, or a list, which costs nothing with a thousand nodes. */
export type MembershipModel = 'grants' | 'list'

export interface SimNodeDeps {
  readonly network: MemoryNetwork
  readonly chance: Chance
  readonly clock: SkewedClock
  readonly founding: Founding
  readonly members: ReadonlySet<PeerId>
  /** Reads gossip: the same bytes come to everybody, and are read once. */
  readonly parseNews: (bytes: Uint8Array) => GossipNews | undefined
}

export interface SimNodeOptions {
  readonly index: number
  readonly membership: MembershipModel
}

interface Running {
  readonly journal: ReplicatedJournal
  readonly membership: HiveMembership | undefined
  readonly host: Host
  readonly replication: Replication
  readonly unfollow: () => void
}

/** One machine of the simulation: its disk outlives it. */
export class SimNode {
  readonly index: number
  readonly peer: PeerId
  readonly clock: SkewedClock
  readonly neighbours: PeerId[] = []
  readonly #deps: SimNodeDeps
  readonly #options: SimNodeOptions
  readonly #identity: Identity
  database: Database
  #running: Running | undefined
  #following: Promise<void> = Promise.resolve()

  /** The disk is the node's from then on. */
  constructor(deps: SimNodeDeps, options: SimNodeOptions, database: Database) {
    const identity = deps.founding.identities[options.index]
    if (identity === undefined) throw new Error(`nobody is node ${options.index}`)
    this.index = options.index
    this.#deps = deps
    this.#options = options
    this.#identity = identity
    this.clock = deps.clock
    this.peer = identity.peer
    this.database = database
  }

  get hive(): HiveId {
    return this.#deps.founding.known.id
  }

  get journal(): ReplicatedJournal | undefined {
    return this.#running?.journal
  }

  /** Starts on the disk as it is. `watch` sees every entry as it is committed. */
  async start(watch: (node: SimNode, journal: ReplicatedJournal) => void): Promise<void> {
    const { network, chance, clock, founding, parseNews } = this.#deps
    const { database } = this
    const { certificate, key } = this.#identity
    const membership = this.#options.membership === 'grants' ? openMembership({ database, certificate }, founding.known) : undefined
    const journal = await openJournal(
      { hive: founding.known.id, key, database, clock, admission: membership ?? this.#list(), log: silentLog },
      { ...simJournalOptions, views: membership === undefined ? [noteView] : [membership.view, noteView] },
    )
    watch(this, journal)
    const host = network.openHost(this.peer, simHostOptions, { clock })
    const mayEnter = (peer: PeerId): boolean => (membership ?? this.#list()).judge(peer).verdict === 'admitted'
    host.events.on('stranger:connected', (peer) => (mayEnter(peer) ? host.admit(peer) : host.expel(peer)))
    const unfollow = membership?.onChange((nodes) => {
      this.#following = this.#following.then(() => this.#follow(nodes))
    })
    const replication = openReplication({ journal, host, clock, chance, log: silentLog, parseNews }, simReplicationOptions)
    this.#running = { journal, membership, host, replication, unfollow: unfollow ?? nothing }
    for (const peer of this.neighbours) {
      host.dial(`/memory/${peer}/p2p/${peer}`, { signal: new AbortController().signal }).catch(() => {
        // A neighbour that is away is dialled again by the host, or dials us when it is back.
      })
    }
  }

  async stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    if (running === undefined) return
    running.unfollow()
    await this.#following
    await running.replication[Symbol.asyncDispose]()
    await running.host[Symbol.asyncDispose]()
    await running.journal[Symbol.asyncDispose]()
  }

  /** Stops for good. */
  async close(): Promise<void> {
    await this.stop()
    await this.database[Symbol.asyncDispose]()
  }

  /** The disk as it is now. */
  backup(isMarked: boolean): Promise<Database> {
    return openDisk(readDisk(this.database), { isMarked })
  }

  /** As the root: nothing of a node counts after a position. */
  async revoke(node: PeerId, last: Position): Promise<void> {
    const { incarnation, seq } = last
    const grant = { type: 'revoke', subject: { node }, last: [{ node, incarnation, seq }] } as const
    if (this.journal === undefined) throw new Error(`node ${this.index} is not running and revokes nobody`)
    await this.journal.append(grantKind, formatGrant(grant))
  }

  /** What the hive's service does when verdicts change: the door is shut, and the journal looks again. */
  async #follow(nodes: readonly PeerId[]): Promise<void> {
    const running = this.#running
    for (const node of nodes) {
      if (running === undefined || running !== this.#running) return
      if (node !== this.peer && running.membership?.judge(node).verdict === 'cut') running.host.expel(node)
      await running.journal.rejudge(node)
    }
  }

  #list(): Admission {
    const judge: Admission['judge'] = (node) => ({ verdict: this.#deps.members.has(node) ? 'admitted' : 'unknown' })
    return { judge, introduce: (entry) => judge(entry.header.node) }
  }
}
