import { readRepairing } from '../content/repair.ts'
import type { Cid } from '../lib/cid.ts'
import type { Address, Temporal } from '../ucxl/ucxl.ts'
import { formatResource, moveSession, navigate } from '../ucxl/ucxl.ts'
import type {
  Condition,
  ContextDeps,
  ContextEvent,
  ContextOptions,
  ContextStatus,
  ContextStore,
  FoundResource,
  NavigatedVersion,
  Page,
  PageRequest,
  PutRequest,
  QueryRequest,
  ReadVersion,
  StoredVersion,
  Version,
  Waiting,
} from './context.ts'
import { spreadCopies } from './copies.ts'
import { countContext } from './count-context.ts'
import type { ResourceFilter } from './find-resources.ts'
import { findResources, splitWords } from './find-resources.ts'
import { parseCursor, toPage } from './pages.ts'
import { historyOf, knownUntil, needContent, requireResource, requireVersion } from './read-version.ts'
import { Sessions } from './sessions.ts'
import { decodeText, isTextType, takeBody } from './take-body.ts'
import { hasText, keepText } from './text-table.ts'
import { Turns } from '../store/turns.ts'
import { parseMetadata } from './version.ts'
import type { Resource } from './version-table.ts'
import { findVersionOf, listVersions, readVersions } from './version-table.ts'
import { Watchers } from './watchers.ts'
import type { Written } from './write-version.ts'
import { needWritable, writeVersion } from './write-version.ts'

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
  readonly #turns = new Turns()
  readonly #closing = new AbortController()
  readonly #off: () => void

  constructor(deps: ContextDeps, options: ContextOptions) {
    this.#deps = deps
    this.#options = options
    this.#sessions = new Sessions(deps, options)
    this.#watchers = new Watchers(options.maxWaitingEvents)
    this.#off = deps.view.onVersion((entry) => this.#tell(entry))
  }

  readonly put = async (request: PutRequest, { signal }: Waiting): Promise<StoredVersion> => {
    const { address, mediaType, condition } = request
    needWritable(this.#deps, address, request)
    const body = takeBody(request.body, mediaType, this.#options)
    const { cid, size } = await this.#deps.content.add(body.chunks, { signal })
    const metadata = parseMetadata(request.metadata) ?? {}
    const written = await this.#write(address, () =>
      writeVersion(this.#deps, this.#options, { address, cid, size, mediaType, metadata, condition, text: body.text() }),
    )
    const wanted = request.replicas ?? this.#options.replicas
    const replicas = await spreadCopies(this.#deps, this.#options, { cid, wanted, waitMs: request.waitMs, signal })
    return { ...written.version, status: written.status, replicas }
  }

  readonly delete = async (
    address: Address,
    { condition }: Waiting & { readonly condition?: Condition | undefined },
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
    return { ...written.version, status: written.status, replicas: { wanted: 1, confirmed: 1 } }
  }

  readonly get = async (
    address: Address,
    { signal, session }: Waiting & { readonly session?: string | undefined },
  ): Promise<ReadVersion> => {
    const { database, hive } = this.#deps
    const resource = requireResource(database, hive, address)
    const position = session === undefined ? undefined : this.#sessions.require(session, resource.resource).state.position
    const history = { ...historyOf(database, resource), reference: position ?? resource.last }
    const version = needContent(requireVersion(database, resource, navigate(address.temporal, history)), resource)
    return {
      ...version,
      first: resource.first,
      last: resource.last,
      knownUntil: knownUntil(this.#deps, resource.node),
      open: (range) => this.#read(resource, version, { ...range, signal }),
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

  readonly status = (): ContextStatus => ({ ...countContext(this.#deps.database, this.#deps.hive), sessions: this.#sessions.count() })

  async [Symbol.asyncDispose](): Promise<void> {
    this.#off()
    this.#closing.abort()
    await this.#turns.ended()
  }

  /** Writes to one resource wait for each other, so that each knows the number before its own. */
  #write(address: Address, work: () => Promise<Written>): Promise<Written> {
    return this.#turns.take(formatResource(address), work)
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
    return { resource: resource.resource, first: resource.first, last: resource.last, newest }
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
    const release = content.hold(version.cid)
    try {
      for await (const chunk of readRepairing({ content, database, findExchange: () => hive.exchange }, version.cid, options)) {
        if (!isKept) kept.push(chunk)
        yield chunk
      }
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
