import { openReplication } from '../../src/journal/replication.ts'
import type { Replication } from '../../src/journal/replication.ts'
import type { HiveId } from '../../src/journal/entry.ts'
import type { Admission, ReplicatedJournal } from '../../src/journal/journal.ts'
import { openJournal } from '../../src/journal/open-journal.ts'
import type { View } from '../../src/journal/view.ts'
import type { PeerId, SigningKey } from '../../src/identity/keys.ts'
import { openSigningKey, parsePeerId, peerIdOfKey } from '../../src/identity/keys.ts'
import { parseBody } from '../../src/journal/codec.ts'
import { encodeText } from '../../src/lib/bytes.ts'
import type { Chance } from '../../src/lib/chance.ts'
import { createCid, dagCborCodec, hashBytes } from '../../src/lib/cid.ts'
import { silentLog } from '../../src/lib/log.ts'
import type { SkewedClock } from '../../src/lib/virtual-clock.ts'
import type { Host } from '../../src/network/host.ts'
import type { MemoryHostOptions } from '../../src/network/memory-contract.ts'
import type { MemoryNetwork } from '../../src/network/memory.ts'
import type { Database } from '../../src/store/database.ts'
import { openDatabase } from '../../src/store/database.ts'

export const simHive = createCid(dagCborCodec, encodeText('a simulated hive')) as HiveId

const hostOptions: MemoryHostOptions = {
  strangerGraceMs: 10_000,
  maxStrangers: 4_096,
  maxConnectionsPerPeer: 4,
  maxStreamsPerPeer: 128,
  gossipMessagesPerSecond: 2_000,
  maxGossipBytes: 98_304,
  dialTimeoutMs: 10_000,
  dht: 'client',
  redialBaseMs: 1_000,
  redialMaxMs: 15_000,
}

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

export interface SimNodeDeps {
  readonly network: MemoryNetwork
  readonly chance: Chance
  readonly clock: SkewedClock
  /** Everybody who is in the hive. */
  readonly members: ReadonlySet<PeerId>
}

/** One machine of the simulation: its disk outlives it. */
export class SimNode {
  readonly index: number
  readonly key: SigningKey
  readonly peer: PeerId
  readonly clock: SkewedClock
  readonly neighbours: PeerId[] = []
  readonly #deps: SimNodeDeps
  database: Database = openDatabase({ path: ':memory:' })
  #running: { readonly journal: ReplicatedJournal; readonly host: Host; readonly replication: Replication } | undefined

  constructor(index: number, seed: number, deps: Omit<SimNodeDeps, 'members'> & { readonly members: Set<PeerId> }) {
    this.index = index
    this.#deps = deps
    this.clock = deps.clock
    this.key = openSigningKey(hashBytes(encodeText(`simulated node ${index} of seed ${seed}`)))
    this.peer = peerIdOfKey(this.key.publicKey)
    deps.members.add(this.peer)
  }

  get journal(): ReplicatedJournal | undefined {
    return this.#running?.journal
  }

  /** Starts on the disk as it is. `watch` sees every entry as it is committed. */
  async start(watch: (node: SimNode, journal: ReplicatedJournal) => void): Promise<void> {
    const { network, chance, clock } = this.#deps
    const journal = await openJournal(
      { hive: simHive, key: this.key, database: this.database, clock, admission: this.#admission(), log: silentLog },
      { views: [noteView], policy: 'closed', maxBodyBytes: 65_536, ownHeadTimeoutMs: 3_000, maxOwnerBytes: 0, maxOpenHiveBytes: 0 },
    )
    watch(this, journal)
    const host = network.openHost(this.peer, hostOptions, { clock })
    host.events.on('stranger:connected', (peer) => host.admit(peer))
    const replication = openReplication(
      { journal, host, clock, chance, log: silentLog },
      {
        batchEntries: 512,
        batchBytes: 1_048_576,
        headsIntervalMs: 30_000,
        stallTimeoutMs: 20_000,
        maxInvalidBatches: 3,
        gossipPerSecond: 50,
      },
    )
    this.#running = { journal, host, replication }
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
    await running.replication[Symbol.asyncDispose]()
    await running.host[Symbol.asyncDispose]()
    await running.journal[Symbol.asyncDispose]()
  }

  /** The disk as it is now. */
  async backup(isMarked: boolean): Promise<Database> {
    const copy = openDatabase({ path: ':memory:' })
    await copy.write((tx) => {
      for (const table of ['chain', 'entry', 'author', 'fork', 'stray', 'erasure']) {
        for (const row of this.database.all(`select * from ${table}`)) {
          const names = Object.keys(row)
          tx.run(`insert into ${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`, ...Object.values(row))
        }
      }
      if (isMarked) tx.run("insert into setting (name, value) values ('restored', '1')")
    })
    return copy
  }

  /** Admits members once their journal's first entry introduced them. */
  #admission(): Admission {
    const introduced = new Set<PeerId>([this.peer])
    return {
      judge: (node) => (introduced.has(node) ? { verdict: 'admitted' } : { verdict: 'unknown' }),
      introduce: (entry) => {
        const body = parseBody(entry)?.value
        const name = typeof body === 'object' && body !== null && 'node' in body && typeof body.node === 'string' ? body.node : ''
        const node = parsePeerId(name)
        if (node === undefined || node !== entry.header.node || !this.#deps.members.has(node)) return { verdict: 'unknown' }
        introduced.add(node)
        return { verdict: 'admitted' }
      },
    }
  }
}
