import { createMemoryPeerBook } from '../network/peer-book.ts'
import type { Config } from '../config/schema.ts'
import type { Exchange } from '../content/content.ts'
import type { HiveRow, HiveTable } from '../hive/hive-table.ts'
import { createHiveTable } from '../hive/hive-table.ts'
import type { HiveRegistry } from '../hive/registry.ts'
import { findHive } from '../hive/registry.ts'
import { commons, createGenesis } from '../hive/genesis.ts'
import type { PeerId } from '../identity/keys.ts'
import { createSigningKey } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { HiveRuntime, HiveRuntimeDeps } from './hive-runtime.ts'
import { openHiveRuntime, openWireHost } from './hive-runtime.ts'
import { machineLabel } from './open-home.ts'

export interface HivesOptions {
  readonly config: Config
  /** Whether hosts are opened. */
  readonly peers: boolean
}

/** The hives of a node, as far as they run. */
export class Hives implements AsyncDisposable {
  readonly table: HiveTable
  readonly #deps: HiveRuntimeDeps
  readonly #options: HivesOptions
  readonly #running = new Map<HiveId, Promise<HiveRuntime>>()
  /** Those of `#running` that are open, for who cannot wait. */
  readonly #open = new Map<HiveId, HiveRuntime>()

  /** The making of the first hive, so that two calls at once make one. */
  #first: Promise<void> | undefined

  constructor(deps: HiveRuntimeDeps, options: HivesOptions) {
    this.#deps = deps
    this.#options = options
    this.table = createHiveTable(deps.home.database)
  }

  /** Opens the hive a caller means; the very first call on a home makes one. @throws Fault HIVE_UNKNOWN, HIVE_AMBIGUOUS */
  async ensure(wanted: string | undefined): Promise<HiveRuntime> {
    if (wanted === commons.genesis.name && !this.table.list().some(({ known }) => known.id === commons.id)) {
      await this.table.add(commons, { bootstrap: [], joinedAt: this.#deps.clock.now() })
    }
    if (this.table.list().length === 0) await (this.#first ??= this.#createFirst())
    return this.#start(findHive(this.table, wanted))
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
      openWireHost(this.#deps, {
        hive,
        key: createSigningKey(),
        peerBook: createMemoryPeerBook(),
        network: { ...this.#options.config.network, listen: [], bootstrap: [], mdns: false, dht: 'client', relay: false },
      }),
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of this.#running.keys()) await this.#end(id)
  }

  #start(row: HiveRow): Promise<HiveRuntime> {
    const known = this.#running.get(row.known.id)
    if (known !== undefined) return known
    const opening = openHiveRuntime(this.#deps, row, this.#options)
    this.#running.set(row.known.id, opening)
    opening.then(
      (runtime) => this.#open.set(row.known.id, runtime),
      () => this.#running.delete(row.known.id),
    )
    return opening
  }

  async #end(id: HiveId): Promise<void> {
    const runtime = await this.#running.get(id)
    this.#running.delete(id)
    this.#open.delete(id)
    await runtime?.[Symbol.asyncDispose]()
  }

  async #createFirst(): Promise<void> {
    const { home, chance, clock } = this.#deps
    const root = { owner: home.keys.ownerId(), node: home.keys.nodeId }
    const known = createGenesis({ name: machineLabel(), root, policy: 'closed', nonce: chance.bytes(16) })
    await this.table.add(known, { bootstrap: [], joinedAt: clock.now() })
    this.#first = undefined
  }
}
