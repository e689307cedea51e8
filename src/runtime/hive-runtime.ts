import { version } from '../config/version.ts'
import type { Config } from '../config/schema.ts'
import type { ContextHive, ContextStore } from '../context/context.ts'
import { openContext } from '../context/context-store.ts'
import { createContextView } from '../context/context-view.ts'
import { createSealView } from '../context/sealing/seal-view.ts'
import type { Exchange } from '../content/content.ts'
import { openExchange } from '../content/exchange.ts'
import { Replenisher } from '../content/replenisher.ts'
import type { Shutdown } from '../health/shutdown.ts'
import { openShutdown } from '../health/shutdown.ts'
import type { HiveRow } from '../hive/hive-table.ts'
import type { HiveService } from '../hive/hive-service.ts'
import { openHiveService } from '../hive/hive-service.ts'
import { needAdmitted, needNotDenied } from '../hive/need-admitted.ts'
import type { HiveMembership } from '../hive/open-membership.ts'
import { openMembership, readIntroduction } from '../hive/open-membership.ts'
import type { OwnerId, PeerId, SigningKey } from '../identity/keys.ts'
import type { Entry, HiveId } from '../journal/entry.ts'
import type { ReplicatedJournal } from '../journal/journal.ts'
import { openJournal } from '../journal/open-journal.ts'
import { journalTopic } from '../journal/protocol.ts'
import { openReplication } from '../journal/replication.ts'
import { createIndexView } from '../market/index-view.ts'
import type { Cid } from '../lib/cid.ts'
import { untilAborted } from '../lib/deadline.ts'
import type { KnownOwners, MarketHive } from '../market/market.ts'
import { listOwnContent } from '../market/publish/own-content.ts'
import { RemoteSearch } from '../market/remote/remote-search.ts'
import { serveSearch } from '../market/remote/serve-search.ts'
import { networkFaults } from '../network/faults.ts'
import type { HiveNetwork, PeerName } from '../network/handlers.ts'
import type { Host } from '../network/host.ts'
import type { PeerBook } from '../network/peer-book.ts'
import type { Home, Surroundings } from './open-home.ts'
import { createWorkView } from '../tasks/records/work-view.ts'
import { HelpLine } from '../tasks/talk/help-line.ts'
import { promptByRecords } from '../tasks/talk/prompt-by-records.ts'
import { newsReader } from '../tasks/talk/protocol.ts'
import { TaskTalk } from '../tasks/talk/task-talk.ts'
import { createPeerTable, seenMembers } from './peer-table.ts'

export interface HiveRuntimeDeps extends Surroundings {
  readonly home: Home
}

export interface HiveRuntimeOptions {
  readonly config: Config
  /** Whether to open the host; without it the hive is what the disk says. */
  readonly peers: boolean
  /** Whether the node goes away when one command is done. */
  readonly isTransient: boolean
}

/** One hive that runs: its journals, and with peers its host and what speaks over it. */
export interface HiveRuntime extends AsyncDisposable {
  readonly row: HiveRow
  readonly membership: HiveMembership
  readonly journal: ReplicatedJournal
  readonly service: HiveService
  readonly host: Host | undefined
  readonly exchange: Exchange | undefined
  /** Undefined without hosts, and in a closed hive. */
  readonly remote: RemoteSearch | undefined
  readonly peerBook: PeerBook
  /** What members say of tasks, and agents that can be asked; undefined without hosts. */
  readonly tasks: HiveTasks | undefined
  readonly context: ContextStore
}

export interface HiveTasks {
  readonly talk: TaskTalk
  readonly help: HelpLine
}

/** Opens one hive, part by part; everything closes in the opposite order. */
export async function openHiveRuntime(deps: HiveRuntimeDeps, row: HiveRow, options: HiveRuntimeOptions): Promise<HiveRuntime> {
  const { home, clock, chance, log } = deps
  const { config } = options
  const shutdown = openShutdown({ clock, log }, config.shutdown)
  try {
    const { database, keys, content, blobs, acquaintances } = home
    const hive = row.known.id
    const peerBook = createPeerTable({ database, clock }, hive)
    const membership = openMembership({ database, certificate: keys.certificate(), petnames: acquaintances }, row.known)
    const index = createIndexView({ content, clock, ownerOf: membership.ownerOf, isBlocked: acquaintances.isBlocked })
    const contextView = createContextView({ content, membership })
    const seals = createSealView()
    const journal = shutdown.use(
      'journal',
      await openJournal(
        { hive, key: keys.node, database, clock, admission: membership, owners: membership, interest: acquaintances, log },
        { ...config.journal, views: [membership.view, index, contextView, seals, createWorkView()], policy: row.known.genesis.policy },
      ),
    )
    const host = options.peers ? shutdown.use('host', await openHiveHost(deps, { row, config, peerBook })) : undefined
    const service = shutdown.use(
      'hive',
      await openHiveService({ membership, journal, host, keys, database, clock, chance, log }, { ...config.hive, rootHandle: '' }),
    )
    if (host !== undefined) shutdown.use('replication', openReplication({ journal, host, clock, chance, log }, config.journal))
    const exchange =
      host === undefined
        ? undefined
        : shutdown.use(
            'exchange',
            openExchange({ hive, host, content, blobs, database, key: keys.node, clock, chance, log }, config.content),
          )
    // a node that leaves after one command waits for the copies of what it says, and for those alone
    if (host !== undefined && exchange !== undefined && !options.isTransient) {
      const { node } = journal
      const isMember = (peer: PeerId): boolean => membership.judge(peer).verdict === 'admitted'
      const listOwn = (limit: number): readonly Cid[] => listOwnContent(database, { hive, node }, limit)
      const replenishing = { hive, host, exchange, content, database, clock, chance, log, listOwn, isMember }
      shutdown.use('copies of what is published', new Replenisher(replenishing, config.content))
    }
    const remote = host === undefined ? undefined : openRemote(deps, { host, journal, membership, market: config.market, shutdown })
    const tasks = host === undefined ? undefined : openTasks(deps, { host, journal, membership, config, shutdown })
    const parts = { row, membership, journal, service, host, exchange, remote, peerBook, tasks }
    const surroundings = {
      database,
      content,
      view: contextView,
      sealKeys: home.sealKeys,
      seals,
      clock,
      chance,
      log,
      isTransient: options.isTransient,
    }
    const contextHive = contextHiveOf(parts, { key: keys.node, seenBefore: () => seenMembers({ database, clock }, hive) })
    const context = shutdown.use('context', openContext({ hive: contextHive, ...surroundings }, config.context))
    return {
      ...parts,
      context,
      [Symbol.asyncDispose]: () => shutdown[Symbol.asyncDispose](),
    }
  } catch (error) {
    await shutdown[Symbol.asyncDispose]()
    throw error
  }
}

interface RemoteRequest {
  readonly host: Host
  readonly journal: ReplicatedJournal
  readonly membership: HiveMembership
  readonly market: Config['market']
  readonly shutdown: Shutdown
}

/** Asks other members of an open hive, and answers them; in a closed one everybody has the whole index. */
function openRemote(deps: HiveRuntimeDeps, { host, journal, membership, market, shutdown }: RemoteRequest): RemoteSearch | undefined {
  if (membership.policy === 'closed') return undefined
  const { clock, chance, log, home } = deps
  const remote = new RemoteSearch({ journal, host, clock, chance, log, ownerOf: membership.ownerOf, introducedOwner }, market)
  const stop = serveSearch({ database: home.database, journal, host, clock }, market)
  shutdown.use('search of others', {
    [Symbol.asyncDispose]: async () => {
      stop()
      remote[Symbol.dispose]()
    },
  })
  return remote
}

interface TasksRequest extends Omit<RemoteRequest, 'market'> {
  readonly config: Config
}

/** Says and hears what there is to do. */
function openTasks(
  { home, clock, chance, log }: HiveRuntimeDeps,
  { host, journal, membership, config, shutdown }: TasksRequest,
): HiveTasks {
  const { hive } = journal
  const isMember = (peer: PeerId): boolean => membership.judge(peer).verdict === 'admitted'
  const talk = shutdown.use(
    'talk of tasks',
    new TaskTalk({ hive, host, key: home.keys.node, clock, chance, log, isMember, reader: newsReader }),
  )
  const help = new HelpLine({ hive, host, clock, chance, log, talk }, config.tasks)
  const off = promptByRecords(journal, (project) => talk.prompt(project))
  shutdown.defer('help among agents', () => {
    off()
    help[Symbol.dispose]()
  })
  return { talk, help }
}

function introducedOwner(entry: Entry): OwnerId | undefined {
  return readIntroduction(entry)?.certificate.owner
}

/** A hive before anything is built on it. */
type HiveParts = Omit<HiveRuntime, 'context' | typeof Symbol.asyncDispose>

/** What context sees of a running hive. */
function contextHiveOf(parts: HiveParts, given: Pick<ContextHive, 'key' | 'seenBefore'>): ContextHive {
  const { journal, ...hive } = marketHiveOf(parts)
  return {
    ...hive,
    ...given,
    host: parts.host,
    exchange: parts.exchange,
    membership: parts.membership,
    journal: { ...journal, lineHeads: (node) => parts.journal.lineHeads(node) },
  }
}

/** What the market sees of a running hive; appending there throws NODE_REVOKED where nobody would hear it. */
export function marketHiveOf({ row, membership, journal, service, host, exchange, remote }: HiveParts): MarketHive {
  const connectedPeers = (): readonly PeerId[] => (host?.connections() ?? []).filter(({ admitted }) => admitted).map(({ peer }) => peer)
  // here and not in the journal: a certificate by a new owner is how a revoked node comes back
  const needHeard = (): void => {
    needAdmitted(membership, journal.node)
    needNotDenied(membership, journal.node, service.deniedBy())
  }
  const heard: Pick<ReplicatedJournal, 'append' | 'find'> = {
    append: async (kind, body, options) => {
      needHeard()
      return journal.append(kind, body, options)
    },
    find: (cid) => journal.find(cid),
  }
  return {
    hive: row.known.id,
    genesis: row.known,
    name: row.known.genesis.name,
    node: journal.node,
    owner: membership.ownerOf(journal.node),
    journal: heard,
    membership,
    exchange,
    remote,
    needAdmitted: needHeard,
    connectedPeers,
    untilConnected: async ({ signal }) => {
      // nobody lets a revoked node in
      if (membership.judge(journal.node).verdict === 'cut') return
      const others = membership.members().some(({ nodes }) => nodes.some(({ node }) => node !== journal.node))
      if (host === undefined || !others || connectedPeers().length > 0) return
      const connected = Promise.withResolvers<void>()
      const off = host.events.on('peer:connected', () => connected.resolve())
      try {
        await untilAborted(connected.promise, signal)
      } finally {
        off()
      }
    },
  }
}

/** What is to be told when others are followed or blocked. */
export function knownOwnersOf({ membership, journal }: HiveRuntime): KnownOwners {
  return { membership, reconsider: () => journal.reconsider(), rebuildViews: (kinds) => journal.rebuildViews(kinds) }
}

/** What the network handlers see of a running hive. @throws Fault HOST_CLOSED when its host is not open */
export function networkOf({ row, host, peerBook, membership }: HiveRuntime): HiveNetwork {
  const nameOf = (peer: PeerId): PeerName | undefined => {
    const owner = membership.ownerOf(peer)
    const label = membership.certificateOf(peer)?.certificate.label
    return owner === undefined || label === undefined ? undefined : { label, handle: membership.handleOf(owner) ?? '' }
  }
  if (host !== undefined) return { host, peerBook, topics: [journalTopic(row.known.id)], nameOf }
  const { name } = row.known.genesis
  throw networkFaults.create('HOST_CLOSED', {
    message: `the network of "${name}" is not open here; start the node with \`althing p2p start\``,
    data: { name },
  })
}

interface HostRequest {
  readonly row: HiveRow
  readonly config: Config
  readonly peerBook: PeerBook
}

async function openHiveHost(deps: HiveRuntimeDeps, { row, config, peerBook }: HostRequest): Promise<Host> {
  const bootstrap = [...new Set([...config.network.bootstrap, ...row.bootstrap])]
  const network = { ...config.network, bootstrap }
  return openWireHost(deps, { hive: row.known.id, key: deps.home.keys.node, peerBook, network })
}

/** What differs between the host of a member and that of a guest who shows a code. */
export interface WireHostRequest {
  readonly hive: HiveId
  readonly key: SigningKey
  readonly peerBook: PeerBook
  readonly network: Config['network']
}

/** A libp2p host; the library is loaded here and not before. */
export async function openWireHost(deps: Surroundings, { hive, key, peerBook, network }: WireHostRequest): Promise<Host> {
  const { openLibp2pHost } = await import('../network/libp2p.ts')
  return openLibp2pHost({ ...deps, key, peerBook }, { ...network, hive, agent: `althing/${version}` })
}
