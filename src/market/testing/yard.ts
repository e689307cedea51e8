import type { Fleet, FleetNode } from '../../content/testing/fleet.ts'
import { openFleet, testHive, testKey } from '../../content/testing/fleet.ts'
import { peerIdOfKey } from '../../identity/keys.ts'
import { Acquaintances } from '../../hive/acquaintances.ts'
import type { OwnerId, PeerId } from '../../identity/keys.ts'
import { admitAll, testOptions } from '../../journal/testing/bench-of-peers.ts'
import { openJournal } from '../../journal/open-journal.ts'
import { openReplication } from '../../journal/replication.ts'
import type { ReplicationOptions } from '../../journal/replication.ts'
import { createSeededChance } from '../../lib/chance.ts'
import { silentLog } from '../../lib/log.ts'
import type { CallContext, HandlersOf } from '../../operations/define-operation.ts'
import { createMarketHandlers } from '../handlers.ts'
import { createIndexView } from '../index-view.ts'
import type { MarketDeps } from '../market.ts'
import type { marketOperations } from '../operations.ts'
import { ownerOf, testMarketOptions } from './stand.ts'

type Handlers = HandlersOf<typeof marketOperations>

/** A node with all that a package meets on its way: journal and its replication, content and its exchange, market. */
export interface Trader extends FleetNode {
  readonly owner: OwnerId
  readonly handlers: Handlers
}

/** Nodes of one hive, joined by the in-memory network, on virtual time. */
export interface Yard extends AsyncDisposable {
  readonly fleet: Fleet
  /** Makes a trader of a node; `copies` as in the market's options. */
  readonly open: (node: FleetNode, copies?: number) => Promise<Trader>
  /** Asks a trader for something, and lets time pass until it answered. */
  readonly ask: <T>(work: Promise<T>) => Promise<T>
  readonly context: CallContext
}

const names = ['ada', 'bob', 'cy', 'eve']
const owners = new Map<PeerId, OwnerId>(names.map((name) => [peerIdOfKey(testKey(name).publicKey), ownerOf(name)]))

const replicationOptions: ReplicationOptions = {
  batchEntries: 512,
  batchBytes: 1_048_576,
  headsIntervalMs: 30_000,
  stallTimeoutMs: 10_000,
  maxInvalidBatches: 3,
  gossipPerSecond: 50,
}

export function openYard(): Yard {
  const stack = new AsyncDisposableStack()
  const fleet = stack.use(openFleet())
  const { clock } = fleet
  return {
    fleet,
    open: (node, copies = 1) => clock.run(openTrader(stack, fleet, { node, copies })),
    ask: (work) => clock.run(work),
    context: { signal: new AbortController().signal, hive: undefined, report: () => {} },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function openTrader(
  stack: AsyncDisposableStack,
  { clock }: Fleet,
  { node, copies }: { readonly node: FleetNode; readonly copies: number },
): Promise<Trader> {
  const { content, database, exchange, host, key } = node
  const owner = owners.get(node.peer)
  if (owner === undefined) throw new Error(`nobody knows ${node.peer}`)
  const view = createIndexView({ content, clock, ownerOf: (peer) => owners.get(peer) })
  const journal = await openJournal(
    { hive: testHive, key, database, clock, admission: admitAll, log: silentLog },
    { ...testOptions, views: [view] },
  )
  stack.defer(() => clock.run(Promise.resolve(journal[Symbol.asyncDispose]())))
  const replication = openReplication({ journal, host, clock, chance: createSeededChance(3), log: silentLog }, replicationOptions)
  stack.defer(() => clock.run(Promise.resolve(replication[Symbol.asyncDispose]())))
  const hive: ReturnType<MarketDeps['findHive']> = {
    hive: testHive,
    name: 'workbench',
    node: node.peer,
    owner,
    journal,
    membership: {
      policy: 'closed',
      handleOf: (id) => names.find((name) => ownerOf(name) === id),
      findOwner: (text) => names.map(ownerOf).find((id, index) => id === text || names[index] === text),
    },
    exchange,
    connectedPeers: () => host.connections().map(({ peer }) => peer),
    needAdmitted: () => {},
    untilConnected: async () => {},
  }
  const doings = { reconsider: () => journal.reconsider(), rebuildViews: (kinds: readonly string[]) => journal.rebuildViews(kinds) }
  const openHives: MarketDeps['openHives'] = () => [{ membership: hive.membership, ...doings }]
  const acquaintances = new Acquaintances({ database, clock })
  const parts = { acquaintances, openHives, database, content, clock, chance: createSeededChance(7), log: silentLog }
  const deps: MarketDeps = { ...parts, findHive: () => hive, globalDirectory: '/nowhere', unpacked: undefined, isTransient: false }
  return { ...node, owner, handlers: createMarketHandlers(deps, { ...testMarketOptions, copies, copiesTimeoutMs: 10_000 }) }
}
