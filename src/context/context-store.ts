import { readRepairing } from '../content/repair.ts'
import type { SealKey } from '../identity/seal-keys.ts'
import type { Cid } from '../lib/cid.ts'
import type { Address, Temporal } from '../ucxl/ucxl.ts'
import { formatResource, moveSession, navigate } from '../ucxl/ucxl.ts'
import type {
  AnnouncedVersion,
  AnnounceRequest,
  Condition,
  ContextDeps,
  ContextEvent,
  ContextOptions,
  ContextStore,
  FoundResource,
  NavigatedVersion,
  NextEvents,
  Page,
  PageRequest,
  PutRequest,
  QueryRequest,
  ReadVersion,
  StoredVersion,
  Version,
  Waiting,
} from './context.ts'
import type { ContextStatus } from './context-status.ts'
import { countContext } from './count-context.ts'
import { Elsewhere, isPerhapsElsewhere } from './elsewhere.ts'
import type { ResourceFilter } from './find-resources.ts'
import { findResources, splitWords } from './find-resources.ts'
import { parseCursor, toPage } from './pages.ts'
import { historyOf, knownUntil, needContent, needSize, requireResource, requireVersion } from './read-version.ts'
import { sealedType } from './rules/seal-marks.ts'
import { countSeals } from './sealing/count-seals.ts'
import { Resealer } from './sealing/resealer.ts'
import type { Resealed } from './sealing/seal-facts.ts'
import { SealSteward } from './sealing/seal-steward.ts'
import type { SealPlan } from './sealing/sealing.ts'
import { Sealing } from './sealing/sealing.ts'
import { Sessions } from './sessions.ts'
import { SmallBodies } from './small-bodies.ts'
import type { TakenBody } from './take-body.ts'
import { decodeText, isTextType, needBodySize, takeBody } from './take-body.ts'
import { hasText, keepText } from './text-table.ts'
import { Turns } from '../store/turns.ts'
import type { Resource } from './version-table.ts'
import { findVersionOf, listVersions, readVersions } from './version-table.ts'
import { Watchers } from './watchers.ts'
import type { Draft, Written } from './write-version.ts'
import { joinMetadata, needWritable, writeVersion } from './write-version.ts'

/** Words of a query that are looked for. */
const maxWords = 16

/** Opens the context of one hive over its journal, its view and the content of the node. */
export function openContext(deps: ContextDeps, options: ContextOptions): ContextStore {
  return new JournalContext(deps, options)
}

class JournalContext implements ContextStore {
  readonly #deps: ContextDeps
  readonly #options: ContextOptions
  readonly #sessions: Sessions
  readonly #watchers: Watchers
  readonly #bodies: SmallBodies
  readonly #turns = new Turns()
  readonly #closing = new AbortController()
  readonly #off: () => void
  readonly #sealing: Sealing
  readonly #resealer: Resealer
  /** A node that goes away with its command looks after nothing. */
  readonly #steward: SealSteward | undefined
  readonly #elsewhere: Elsewhere

  constructor(deps: ContextDeps, options: ContextOptions) {
    this.#deps = deps
    this.#options = options
    this.#sessions = new Sessions(deps, options)
    this.#watchers = new Watchers(deps, options.maxWaitingEvents)
    this.#bodies = new SmallBodies(options)
    this.#sealing = new Sealing({ hive: deps.hive, database: deps.database, keys: deps.sealKeys })
    const read = this.#asKept.bind(this)
    const write = (draft: Draft): Promise<Written> => this.#write(draft.address, () => writeVersion(deps, options, draft))
    this.#elsewhere = new Elsewhere(deps, options, (version, provider) => this.#watchers.tell(version, provider))
    const spread = this.#elsewhere.spread.bind(this.#elsewhere)
    this.#resealer = new Resealer({ context: deps, sealing: this.#sealing, read, write, spread })
    if (!deps.isTransient) this.#steward = new SealSteward({ context: deps, sealing: this.#sealing, resealer: this.#resealer }, options)
    this.#off = deps.view.onVersion((entry) => this.#tell(entry))
  }

  readonly put = async (request: PutRequest, { signal }: Waiting): Promise<StoredVersion> => {
    const { address, mediaType, condition } = request
    needWritable(this.#deps, address, request)
    needBodySize(request.size ?? 0, this.#options)
    const body = await this.#takeBody(request)
    const metadata = joinMetadata(request.metadata, body.seal?.metadata)
    const { cid, size } = await this.#deps.content.addSoon(body.chunks, { signal })
    const draft = { address, cid, size, mediaType: body.seal === undefined ? mediaType : sealedType, metadata, condition }
    const written = await this.#write(address, async () => {
      this.#sealing.needStanding(request, body.seal)
      return await writeVersion(this.#deps, this.#options, { ...draft, text: body.text() })
    })
    if (written.status === 'unchanged') await this.#keepUnrecorded(cid)
    const { entry } = written.version
    const replicas = await this.#elsewhere.spread({ entry, cid, size, replicas: request.replicas, waitMs: request.waitMs, signal })
    const sealed = body.seal === undefined ? undefined : { recipients: body.seal.recipients.length, unreachable: body.seal.unreachable }
    return { ...written.version, status: written.status, replicas, sealed }
  }

  readonly delete = async (
    address: Address,
    { condition, signal }: Waiting & { readonly condition?: Condition | undefined },
  ): Promise<StoredVersion> => {
    needWritable(this.#deps, address)
    const { database, hive } = this.#deps
    const draft = { address, cid: null, size: 0, mediaType: '', metadata: {}, condition, text: undefined }
    const written = await this.#write(address, async () => {
      const resource = requireResource(database, hive, address)
      // of a number that is contested there is something to delete, whatever it is
      if (resource.cid === null) needContent(requireVersion(database, resource, { outcome: 'found', version: resource.last }), resource)
      return writeVersion(this.#deps, this.#options, draft)
    })
    const replicas = await this.#elsewhere.spread({ entry: written.version.entry, cid: null, size: 0, signal })
    return { ...written.version, status: written.status, replicas }
  }

  readonly get = async (
    address: Address,
    { signal, session }: Waiting & { readonly session?: string | undefined },
  ): Promise<ReadVersion> => {
    try {
      return this.#sealing.open(this.#getKept(address, { signal, session }))
    } catch (error) {
      if (session !== undefined || !isPerhapsElsewhere(error, address)) throw error
      const told = await this.#elsewhere.find(address, { signal })
      if (told === undefined) throw error
      return this.#sealing.open(told)
    }
  }

  readonly versions = (address: Address, { limit, cursor }: PageRequest): Page<Version> => {
    const { database, hive } = this.#deps
    const resource = requireResource(database, hive, address)
    const below = cursor === undefined ? Number.MAX_SAFE_INTEGER : parseCursor(cursor, 'version')
    const items = listVersions(database, resource, { below, limit })
    const oldest = items.at(-1)?.version ?? resource.first
    return { items, cursor: oldest > resource.first ? String(oldest) : undefined }
  }

  readonly navigate = (address: Address, temporal: Temporal, id?: string): NavigatedVersion => {
    const { database, hive, clock } = this.#deps
    const resource = requireResource(database, hive, address)
    const session = id === undefined ? this.#sessions.begin(resource.resource) : this.#sessions.require(id, resource.resource)
    const moved = moveSession(session.state, {
      temporal,
      history: historyOf(database, resource),
      at: clock.now(),
      maxSteps: this.#options.maxSteps,
    })
    this.#sessions.keep({ ...session, state: moved.session })
    return {
      session: session.id,
      version: requireVersion(database, resource, moved.navigation),
      first: resource.first,
      last: resource.last,
      knownUntil: knownUntil(this.#deps, resource.node),
      steps: moved.session.steps,
    }
  }

  readonly discover = (pattern: Address, page: PageRequest): Page<FoundResource> => this.#find({ pattern }, page)

  readonly query = ({ pattern, text, metadata, since, limit, cursor }: QueryRequest): Page<FoundResource> => {
    const words = text === undefined ? undefined : splitWords(text, maxWords)
    return this.#find({ pattern, words, metadata, since }, { limit, cursor })
  }

  readonly watch = (pattern: Address, { signal, after }: Waiting & { readonly after?: number | undefined }): AsyncIterable<ContextEvent> =>
    this.#watchers.watch(pattern, { signal: AbortSignal.any([signal, this.#closing.signal]), after })

  readonly nextEvents = (pattern: Address, { signal, after }: Waiting & { readonly after?: number | undefined }): Promise<NextEvents> =>
    this.#watchers.next(pattern, { signal: AbortSignal.any([signal, this.#closing.signal]), after })

  readonly announce = (request: AnnounceRequest, waiting: Waiting): Promise<AnnouncedVersion> => this.#elsewhere.announce(request, waiting)

  readonly reseal = async (address: Address | undefined, { signal }: Waiting): Promise<Resealed> => {
    if (address === undefined) return this.#resealer.all({ signal, max: Number.MAX_SAFE_INTEGER })
    const resealed = await this.#resealer.one(requireResource(this.#deps.database, this.#deps.hive, address), { signal })
    return { resealed: resealed === undefined ? [] : [resealed], current: resealed === undefined ? 1 : 0, failed: [] }
  }

  readonly rekey = async (): Promise<SealKey> => {
    this.#deps.hive.needAdmitted()
    await this.#deps.sealKeys.rotate()
    return this.#sealing.publish()
  }

  readonly status = (): ContextStatus => {
    const { database, hive } = this.#deps
    const sessions = this.#sessions.count()
    return { ...countContext(database, hive), sessions, seals: countSeals(database, hive, this.#deps), ...this.#elsewhere.status() }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#off()
    this.#closing.abort()
    await this.#elsewhere[Symbol.asyncDispose]()
    await this.#steward?.[Symbol.asyncDispose]()
    await this.#sealing.ended()
    await this.#turns.ended()
  }

  /** What is to be stored: a sealed body is searched by nobody, and its plain bytes reach no disk. */
  async #takeBody({ address, body, mediaType, sealFor }: PutRequest): Promise<TakenBody & { readonly seal?: SealPlan }> {
    const seal = await this.#sealing.planPut({ address, sealFor, mediaType })
    if (seal === undefined) return takeBody(body, mediaType, this.#options)
    const plain = takeBody(body, mediaType, { ...this.#options, maxTextBytes: 0 })
    return { chunks: seal.seal(plain.chunks), text: () => undefined, seal }
  }

  /** What the journals here say. */
  #getKept(address: Address, { signal, session }: Waiting & { readonly session: string | undefined }): ReadVersion {
    const { database, hive } = this.#deps
    const resource = requireResource(database, hive, address)
    const position = session === undefined ? undefined : this.#sessions.require(session, resource.resource).state.position
    const history = { ...historyOf(database, resource), reference: position ?? resource.last }
    const version = needContent(requireVersion(database, resource, navigate(address.temporal, history)), resource)
    return this.#asKept(resource, version, { signal })
  }

  #asKept(resource: Resource, version: Version & { readonly cid: Cid }, { signal }: Waiting): ReadVersion {
    return {
      ...version,
      first: resource.first,
      last: resource.last,
      knownUntil: knownUntil(this.#deps, resource.node),
      isSealed: false,
      open: (range) => this.#bodies.read(version, range, () => this.#read(resource, version, { ...range, signal })),
    }
  }

  /** Writes to one resource wait for each other, so that each knows the number before its own. */
  #write(address: Address, work: () => Promise<Written>): Promise<Written> {
    return this.#turns.take(formatResource(address), work)
  }

  /** Content that was put again is durable by what records it; where nothing does, by itself. */
  async #keepUnrecorded(cid: Cid): Promise<void> {
    const { content } = this.#deps
    const root = await content.rootBlock(cid)
    if (root !== undefined) await content.putRoot(cid, root)
  }

  #find(filter: Omit<ResourceFilter, 'after' | 'limit'>, { limit, cursor }: PageRequest): Page<FoundResource> {
    const { database, hive } = this.#deps
    const after = cursor === undefined ? '' : parseCursor(cursor, 'resource')
    const found = findResources(database, hive.hive, { ...filter, after, limit: limit + 1 })
    return toPage(found, { limit, cursorOf: ({ resource }) => resource }, (resource) => this.#describe(resource))
  }

  #describe(resource: Resource): FoundResource {
    const [newest] = readVersions(this.#deps.database, resource, resource.last)
    if (newest === undefined) throw new Error(`version ${resource.last} of ${resource.resource} is not in the view`)
    const { resource: name, first, last } = resource
    return { resource: name, first, last, newest, providers: this.#elsewhere.providersOf(resource) }
  }

  async *#read(
    resource: Resource,
    version: Version & { readonly cid: Cid },
    options: Waiting & { readonly start?: number; readonly end?: number },
  ): AsyncGenerator<Uint8Array> {
    const { content, database, hive } = this.#deps
    const { maxTextBytes } = this.#options
    const isNewest = version.cid === resource.cid && isTextType(version.mediaType) && version.size <= maxTextBytes
    const isKept = !isNewest || options.start !== undefined || options.end !== undefined || hasText(database, version.cid)
    const kept: Uint8Array[] = []
    const repairing = { content, database, findExchange: () => hive.exchange }
    const release = content.hold(version.cid)
    try {
      needSize(version, content.sizeOf(version.cid))
      for await (const chunk of readRepairing(repairing, version.cid, { ...options, maxBytes: version.size })) {
        // what was not here before is by now
        needSize(version, content.sizeOf(version.cid))
        if (!isKept) kept.push(chunk)
        yield chunk
      }
      needSize(version, content.sizeOf(version.cid))
    } finally {
      release()
    }
    // what came from others is searched once it was read here
    const text = isKept ? undefined : decodeText(kept)
    if (text !== undefined) await database.writeSoon((tx) => keepText(tx, version.cid, text))
  }

  #tell(entry: Cid): void {
    const version = findVersionOf(this.#deps.database, this.#deps.hive.hive, entry)
    if (version !== undefined) this.#watchers.tell(version)
  }
}
