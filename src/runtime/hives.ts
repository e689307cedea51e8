import { createMemoryPeerBook } from '../network/peer-book.ts'
import type { Config } from '../config/schema.ts'
import type { Exchange } from '../content/content.ts'
import { hiveFaults } from '../hive/faults.ts'
import type { HiveRow, HiveTable } from '../hive/hive-table.ts'
import { createHiveTable } from '../hive/hive-table.ts'
import type { HiveRegistry } from '../hive/registry.ts'
import { findHive } from '../hive/registry.ts'
import { commons, createGenesis } from '../hive/genesis.ts'
import type { PeerId } from '../identity/keys.ts'
import { createSigningKey } from '../identity/keys.ts'
import { silentLog } from '../lib/log.ts'
import type { HiveId } from '../journal/entry.ts'
import type { HiveRuntime, HiveRuntimeDeps } from './hive-runtime.ts'
import { openHiveRuntime, openWireHost } from './hive-runtime.ts'
import { machineLabel } from './open-home.ts'

export interface HivesOptions {
  readonly config: Config
  /** Whether hosts are opened. */
  readonly peers: boolean
  /** Whether the node goes away when one command is done. */
  readonly isTransient: boolean
}

/** The hives of a node, as far as they run. */
export class Hives implements AsyncDisposable {
  readonly table: HiveTable
  readonly #deps: HiveRuntimeDeps
  readonly #options: HivesOptions
  readonly #running = new Map<HiveId, Promise<HiveRuntime>>()
  /** Those of `#running` that are open, for who cannot wait. */
  readonly #open = new Map<HiveId, HiveRuntime>()

  /** Those being closed. */
  readonly #ending = new Map<HiveId, Promise<void>>()
  #isClosed = false
  /** The making of the first hive, so that two calls at once make one. */
  #first: Promise<void> | undefined

  constructor(deps: HiveRuntimeDeps, options: HivesOptions) {
    this.#deps = deps
    this.#options = options
    this.table = createHiveTable(deps.home.database)
  }

  /** Opens the hive a caller means, of those this node is in. @throws Fault HIVE_UNKNOWN, HIVE_AMBIGUOUS */
  async open(wanted: string | undefined): Promise<HiveRuntime> {
    return this.#start(findHive(this.table, wanted))
  }

  /** As `open`, for who wants to change something: `commons` is joined when it is named, and where there is no hive one is made. */
  async ensure(wanted: string | undefined): Promise<HiveRuntime> {
    if (wanted === commons.genesis.name && !this.table.list().some(({ known }) => known.id === commons.id)) {
      await this.table.add(commons, { bootstrap: [], joinedAt: this.#deps.clock.now() })
    }
    if (this.table.list().length === 0) await this.#createFirst()
    return this.open(wanted)
  }

  /** Opens every hive of the node. */
  async ensureAll(): Promise<void> {
    for (const row of this.table.list()) await this.#start(row)
  }

  /** A hive that is open. @throws Fault HIVE_UNKNOWN, HIVE_AMBIGUOUS */
  find(wanted: string | undefined): HiveRuntime {
    const row = findHive(this.table, wanted)
    const runtime = this.#open.get(row.known.id)
    if (runtime === undefined) throw new Error(`the hive ${row.known.genesis.name} was asked for before it was opened`)
    return runtime
  }

  readonly all = (): readonly HiveRuntime[] => [...this.#open.values()]

  /** Members connected in a hive; none where it does not run. */
  connectedPeers(id: HiveId): readonly PeerId[] {
    const connections = this.#open.get(id)?.host?.connections() ?? []
    return connections.filter(({ admitted }) => admitted).map(({ peer }) => peer)
  }

  /** The exchange of a hive, where it runs with its host open. */
  exchangeOf(id: HiveId): Exchange | undefined {
    return this.#open.get(id)?.exchange
  }

  /** What the commands of the hive folder open and close. */
  readonly registry: HiveRegistry = {
    open: async (row) => (await this.#start(row)).service,
    close: async (id) => this.#end(id),
    running: () => this.all().map(({ service }) => service),
    openGuest: async (hive) =>
      // a guest listens nowhere by intention: what it says about that is no news
      openWireHost(
        { ...this.#deps, log: silentLog },
        {
          hive,
          key: createSigningKey(),
          peerBook: createMemoryPeerBook(),
          network: { ...this.#options.config.network, listen: [], bootstrap: [], mdns: false, dht: 'client', relay: false },
        },
      ),
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#ending.values()])
    for (const id of this.#running.keys()) await this.#end(id)
  }

  #start(row: HiveRow): Promise<HiveRuntime> {
    const known = this.#running.get(row.known.id)
    if (known !== undefined) return known
    const { id } = row.known
    const opening = this.#openAfter(row, this.#ending.get(id))
    this.#running.set(id, opening)
    opening.then(
      (runtime) => this.#running.get(id) === opening && this.#open.set(id, runtime),
      () => this.#running.get(id) === opening && this.#running.delete(id),
    )
    return opening
  }

  async #openAfter(row: HiveRow, ending: Promise<void> | undefined): Promise<HiveRuntime> {
    // its port and its journals belong to one at a time
    await ending?.catch(() => undefined)
    if (this.#isClosed) throw closing(row)
    return openHiveRuntime(this.#deps, row, this.#options)
  }

  async #end(id: HiveId): Promise<void> {
    const opening = this.#running.get(id)
    if (opening === undefined) return this.#ending.get(id)
    this.#running.delete(id)
    const ending = this.#close(id, opening).finally(() => this.#ending.delete(id))
    this.#ending.set(id, ending)
    await ending
  }

  async #close(id: HiveId, opening: Promise<HiveRuntime>): Promise<void> {
    // one that could not be opened was told to whoever wanted it
    const runtime = await opening.catch(() => undefined)
    this.#open.delete(id)
    await runtime?.[Symbol.asyncDispose]()
  }

  #createFirst(): Promise<void> {
    // one that failed, for want of space for example, is tried again by the next call
    return (this.#first ??= this.#addFirst().finally(() => (this.#first = undefined)))
  }

  async #addFirst(): Promise<void> {
    const { home, chance, clock } = this.#deps
    const root = { owner: home.keys.ownerId(), node: home.keys.nodeId }
    const known = createGenesis({ name: machineLabel(), root, policy: 'closed', nonce: chance.bytes(16) })
    await this.table.add(known, { bootstrap: [], joinedAt: clock.now() })
  }
}

function closing({ known }: HiveRow): Error {
  const { name } = known.genesis
  return hiveFaults.create('HIVE_NOT_RUNNING', {
    message: `the node is ending, so "${name}" is not opened any more; start it again`,
    data: { name },
  })
}
