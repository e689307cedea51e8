import { join } from 'node:path'
import { catalog } from './catalog.ts'
import type { OpenNodeOptions } from './cli/deps.ts'
import { homePaths } from './config/home.ts'
import { SecretCommand } from './config/secret-command.ts'
import { createSecrets } from './config/secrets.ts'
import { createContentHandlers } from './content/handlers.ts'
import type { ReadOptions } from './content/content.ts'
import { findNeeded, readRepairing, repairBlocks } from './content/repair.ts'
import { createContextHandlers } from './context/handlers.ts'
import { createHealthHandlers } from './health/handlers.ts'
import { createProbes } from './health/probes.ts'
import type { Shutdown } from './health/shutdown.ts'
import { openShutdown } from './health/shutdown.ts'
import { createEnrollment } from './hive/enrollment.ts'
import { commons } from './hive/genesis.ts'
import { createHiveHandlers } from './hive/handlers.ts'
import { readCode } from './hive/joining.ts'
import { createIdentityHandlers } from './identity/handlers.ts'
import type { ReceiveHook } from './http/hook-routes.ts'
import type { FindContext } from './http/ucxi/ucxi.ts'
import type { HiveId } from './journal/entry.ts'
import { systemChance } from './lib/chance.ts'
import type { Cid } from './lib/cid.ts'
import { systemClock } from './lib/clock.ts'
import { createEvents } from './lib/events.ts'
import { openOnce } from './lib/open-once.ts'
import type { FindShown } from './http/registry-routes.ts'
import { createMarketHandlers } from './market/handlers.ts'
import type { MarketDeps } from './market/market.ts'
import type { InitRequest } from './market/publish/init.ts'
import { createShow } from './market/registry/show.ts'
import { createModelHandlers } from './models/handlers.ts'
import { parseAddress } from './network/address.ts'
import { createNetworkHandlers } from './network/handlers.ts'
import type { HandlerTable } from './operations/dispatch.ts'
import { createDispatcher } from './operations/dispatch.ts'
import type { CallContext } from './operations/define-operation.ts'
import type { Althing } from './operations/node-api.ts'
import type { ParsedInput } from './operations/parse-input.ts'
import { knownOwnersOf, marketHiveOf, networkOf } from './runtime/hive-runtime.ts'
import { Hives } from './runtime/hives.ts'
import type { Home, Surroundings } from './runtime/open-home.ts'
import { openHome } from './runtime/open-home.ts'
import { readStatus, readStatusWithoutHive } from './runtime/status.ts'
import { openWorkshop } from './runtime/workshop.ts'
import { createStoreHandlers } from './store/handlers.ts'
import { createTaskHandlers } from './tasks/handlers.ts'
import { PersonHoldings } from './tasks/person-holdings.ts'
import type { ProjectId } from './tasks/task.ts'
import { createWorkerHandlers } from './workers/handlers.ts'

/** Which hives a group of operations wants open first; those not named here want the one the caller means. */
const hivesWanted: Readonly<Record<string, 'none' | 'all'>> = {
  hive: 'none',
  store: 'none',
  backup: 'none',
  model: 'none',
  'marketplace.init': 'none',
  owner: 'all',
  node: 'all',
  // whom a person follows and blocks is the same in every hive
  'marketplace.follow': 'all',
  'marketplace.unfollow': 'all',
  'marketplace.block': 'all',
  'marketplace.unblock': 'all',
  'marketplace.blocked': 'all',
}

/**
 * Opens a node: home, hives, and, unless it is there for one command, its interfaces.
 *
 * The first one on a home makes keys, and a closed hive named after the machine. Disposing it closes everything in the
 * opposite order, each part within its deadline. @throws Fault STORE_LOCKED when another process has the home, ADDRESS_INVALID before anything is made
 */
export async function openNode(options: OpenNodeOptions): Promise<Althing> {
  const { config, log, home: path, signal } = options
  const surroundings: Surroundings = { clock: systemClock, chance: systemChance, log }
  for (const address of [...config.network.listen, ...config.network.bootstrap]) parseAddress(address)
  const shutdown = openShutdown(surroundings, config.shutdown)
  try {
    const home = await openHome({ ...surroundings, shutdown }, { path, config, signal })
    const hives = shutdown.use(
      'hives',
      new Hives({ ...surroundings, home }, { config, peers: options.peers, isTransient: options.transient }),
    )
    return await new ComposedNode({ ...surroundings, home, hives, shutdown }, options).begin()
  } catch (error) {
    await shutdown[Symbol.asyncDispose]()
    throw error
  }
}

/** What can be refused of an input before a home is made for it: a code that is none, an address that is none. @throws Fault INVITE_INVALID, ADDRESS_INVALID */
export async function refuseEarly(name: string, input: ParsedInput): Promise<void> {
  if (name !== 'hive.join' && name !== 'node.accept') return
  const code = String(input['code'])
  const isWord = name === 'hive.join' && code.trim() === commons.genesis.name
  if (!isWord) readCode(code, name === 'hive.join' ? ['invite', 'open'] : ['enroll'])
  const { bootstrap } = input
  if (Array.isArray(bootstrap)) for (const address of bootstrap) parseAddress(String(address))
}

/** Answers what needs neither a home nor keys. */
export function callHomeless(name: 'marketplace.init', input: ParsedInput, context: CallContext): Promise<unknown> {
  const handlers: HandlerTable = {
    'marketplace.init': async (request: InitRequest) => (await import('./market/publish/init.ts')).initPackage(request),
  }
  return createDispatcher(catalog, handlers)(name, input, context)
}

interface NodeDeps extends Surroundings {
  readonly home: Home
  readonly hives: Hives
  readonly shutdown: Shutdown
}

class ComposedNode implements Althing {
  readonly #deps: NodeDeps
  readonly #options: OpenNodeOptions
  readonly #probes = createProbes()
  readonly #stop = new AbortController()
  readonly #openedAt: number
  readonly #dispatch: Althing['call']
  #http: string | undefined
  #receiveHook: ReceiveHook | undefined

  constructor(deps: NodeDeps, options: OpenNodeOptions) {
    this.#deps = deps
    this.#options = options
    this.#openedAt = deps.clock.monotonic()
    this.#dispatch = createDispatcher(catalog, this.#createHandlers())
  }

  async begin(): Promise<Althing> {
    const { hives, shutdown } = this.#deps
    this.#probes.add('store', () => ({ ok: !shutdown.isClosing(), detail: shutdown.isClosing() ? 'closing' : 'open' }))
    if (this.#options.transient) return this
    await hives.ensure(this.#options.hive)
    await hives.ensureAll()
    this.#probes.add('hives', () => {
      const names = hives.all().map(({ row }) => row.known.genesis.name)
      return { ok: names.length > 0, detail: names.join(', ') }
    })
    await this.#openHttp()
    return this
  }

  readonly call: Althing['call'] = async (name, input, options) => {
    const wanted = options.hive ?? this.#options.hive
    const hives = hivesWanted[name] ?? hivesWanted[name.split('.', 1)[0] ?? ''] ?? 'one'
    // reading makes no hive, also where the last one was left
    // a node that left its last hive still says how it is
    const isHiveless = name === 'p2p.status' && this.#isHiveless(wanted)
    if (hives === 'one' && !isHiveless) await (isReading(name) ? this.#deps.hives.open(wanted) : this.#deps.hives.ensure(wanted))
    if (hives === 'all') await this.#deps.hives.ensureAll()
    return this.#dispatch(name, input, { ...options, hive: wanted })
  }

  readonly probe = (): ReturnType<Althing['probe']> => this.#probes.report()

  get stopRequested(): AbortSignal {
    return this.#stop.signal
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#deps.shutdown[Symbol.asyncDispose]()
  }

  #createHandlers(): HandlerTable {
    const { home, hives, clock, chance, log, shutdown } = this.#deps
    const { config, transient } = this.#options
    const { database, blobs, content, unpacked, keys } = home
    const mending = { content, database, findExchange: (hive: HiveId) => hives.exchangeOf(hive) }
    const market: MarketDeps = {
      database,
      // What turns out to be damaged while it is installed is fetched again, and the install goes on.
      content: { ...content, stat: content.stat, read: (cid: Cid, reading: ReadOptions) => readRepairing(mending, cid, reading) },
      clock,
      chance,
      log,
      findHive: (name: string | undefined) => marketHiveOf(hives.find(name)),
      acquaintances: home.acquaintances,
      openHives: () => hives.all().map(knownOwnersOf),
      globalDirectory: join(home.path, 'packages'),
      unpacked: home.unpacked,
      isTransient: transient,
    }
    const command = new SecretCommand({ clock, environment: this.#options.keyring ?? {} }, config.secrets)
    const secrets = createSecrets(this.#options.home, { secrets: this.#options.secrets ?? new Map(), command })
    // one for the node: what its calls took in the last minute, and which endpoint asked to wait, is known in there alone
    const openModels = openOnce(async () => {
      const { openModels: open } = await import('./models/open-models.ts')
      return open({ database, clock, chance, secrets }, config.models)
    })
    const { programs = {} } = this.#options
    const joining = { keys, hives: hives.table, registry: hives.registry, clock, chance }
    const enrollment = createEnrollment(joining, config.hive)
    const certifyAs = async (agent: string): Promise<void> => {
      await keys.renew((before) => ({ agents: [...before.agents, agent] }))
      await enrollment.publishCertificate()
    }
    const workshop = openWorkshop(
      { home, hives, secrets, clock, chance, log, certifyAs, openModels: async () => (await openModels()).models },
      { config, programs },
    )
    const prompts = createEvents<{ 'project:prompted': readonly [project: ProjectId] }>()
    const hooks = workshop.openHooks((project) => prompts.emit('project:prompted', project))
    this.#receiveHook = (project, message) => hooks.receive(project, message)
    const workers = createWorkerHandlers(
      { ...workshop, clock, chance, log, prompts, stopping: this.#stop.signal },
      { ...config.workers, label: config.tasks.label, answersHelp: config.tasks.answersHelp, collectEveryMs: config.tasks.collectEveryMs },
    )
    const holdings = new PersonHoldings({ clock, log }, { releaseMs: config.workers.checkpointMs })
    shutdown.use('claims held for people', holdings, { deadlineMs: config.workers.checkpointMs + config.shutdown.stepDeadlineMs })
    // what was done is pushed and the claims are given back: more than other parts have to do
    shutdown.use('worker', workers, { deadlineMs: config.workers.checkpointMs + config.shutdown.stepDeadlineMs })
    return {
      ...createHealthHandlers({ readStatus: (hive) => this.#readStatus(hive), requestStop: () => this.#stop.abort() }),
      ...createStoreHandlers({
        database,
        blobs,
        home: home.path,
        clock,
        unpackedUsage: () => unpacked.usage(),
        findNeeded: (blocks) => findNeeded(mending, blocks),
        repair: (damaged, repairing) => repairBlocks(mending, damaged, repairing),
      }),
      ...createContentHandlers(
        { content, blobs, database, clock, log, node: keys.nodeId, sweepUnpacked: (sweeping) => unpacked.sweep(sweeping) },
        config.content,
      ),
      ...createIdentityHandlers({ keys, enrollment }),
      ...createHiveHandlers(
        { ...joining, isTransient: transient, connectedPeers: ({ known }) => hives.connectedPeers(known.id) },
        config.hive,
      ),
      ...createNetworkHandlers({ networkOf: (name) => networkOf(hives.find(name)) }),
      ...createMarketHandlers(market, { ...config.market, registry: config.registry, copies: config.content.replicas }),
      ...createContextHandlers({ clock, chance, isTransient: transient, findContext: (name) => hives.find(name).context }),
      ...createModelHandlers({ secrets, openModels }),
      ...createTaskHandlers({
        ...workshop,
        ...{ clock, holdings, isTransient: transient, label: config.tasks.label, pollMs: config.workers.pollMs },
        ...{ findHttpUrl: () => this.#http, findHindrance: (context) => findHindrance(workers, context) },
      }),
      ...workers,
    }
  }

  #readStatus(hive: string | undefined): ReturnType<typeof readStatus> {
    const { home, hives, clock } = this.#deps
    const sources = {
      home,
      config: this.#options.config,
      isRunning: !this.#options.transient,
      uptimeMs: Math.round(clock.monotonic() - this.#openedAt),
      http: this.#http,
    }
    if (this.#isHiveless(hive)) return readStatusWithoutHive(sources)
    return readStatus({ ...sources, hive: hives.find(hive), hives: hives.table.list().length })
  }

  #isHiveless(wanted: string | undefined): boolean {
    return wanted === undefined && this.#deps.hives.table.list().length === 0
  }

  /** The packages of the current hive as a registry, where that is switched on. */
  #findShown(): FindShown | undefined {
    const { home, hives, clock, chance } = this.#deps
    const { registry } = this.#options.config
    if (!registry.serve) return undefined
    const { database, content } = home
    const market = { database, content, clock, chance, findHive: (name: string | undefined) => marketHiveOf(hives.find(name)) }
    return createShow(market, registry, { directory: join(home.path, 'registry'), signal: this.#stop.signal })
  }

  async #openHttp(): Promise<void> {
    const { clock, chance, log, hives, shutdown } = this.#deps
    const { http, ucxl, context } = this.#options.config
    const { socket, socketFolder, token } = homePaths(this.#options.home)
    const { openHttpServer } = await import('./http/server.ts')
    const findContext: FindContext = async (hive) => (await hives.open(hive ?? this.#options.hive)).context
    const ucxi = { ...ucxl, maxContentBytes: context.maxBodyBytes, maxJsonBytes: http.maxBodyBytes }
    const server = await openHttpServer(
      { node: this, findContext, clock, chance, log, registry: this.#findShown(), receiveHook: this.#receiveHook },
      { ...http, socket, socketFolder, tokenFile: token, ucxi },
    )
    this.#http = shutdown.use('http', server).url
  }
}

function isReading(name: string): boolean {
  return catalog.find((operation) => operation.name === name)?.isReadOnly === true
}

/** Why the worker of a node takes nothing for now; undefined while it takes tasks, or where none runs. */
async function findHindrance(
  workers: Pick<ReturnType<typeof createWorkerHandlers>, 'worker.status'>,
  context: CallContext,
): Promise<string | undefined> {
  const { state, hindrance } = await workers['worker.status']({}, context)
  return state === 'stopped' ? undefined : (hindrance ?? undefined)
}
