import type { PeerId, SigningKey } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Chance } from '../lib/chance.ts'
import type { Cid } from '../lib/cid.ts'
import type { Clock } from '../lib/clock.ts'
import { isTimeout } from '../lib/deadline.ts'
import type { Fault } from '../lib/fault.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import { createTokenBucket } from '../lib/token-bucket.ts'
import type { ChannelHandler, Host } from '../network/host.ts'
import type { BlobStore } from '../store/blobs.ts'
import type { Database } from '../store/database.ts'
import { Announcer } from './announcer.ts'
import { ContentClient } from './client.ts'
import type { Exchange, FetchOptions, FetchReport } from './content.ts'
import type { LocalContentStore } from './content-store.ts'
import { contentFaults } from './faults.ts'
import type { FetchDeps, LiarBook } from './fetch.ts'
import { FetchJob } from './fetch.ts'
import { createKeepSlots, keepCopy } from './keeper.ts'
import { createPermits } from './permits.ts'
import { contentProtocol, maxMessageBytes, pieceBytes } from './protocol.ts'
import { replicateContent } from './replicate.ts'
import { searchContent } from './search.ts'
import { createContentHandler } from './serve.ts'
import { within } from './within.ts'

export interface ExchangeDeps {
  readonly hive: HiveId
  readonly host: Host
  readonly content: LocalContentStore
  readonly blobs: BlobStore
  readonly database: Database
  /** The node key: receipts for copies are signed with it. */
  readonly key: SigningKey
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
}

/** The group `content` of the configuration. */
export interface ExchangeOptions {
  readonly rangeBlocks: number
  readonly parallelRanges: number
  readonly fetchTimeoutMs: number
  readonly stallTimeoutMs: number
  readonly maxProviders: number
  readonly askTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly maxServed: number
  readonly maxReplicaBytes: number
  readonly downloadBytesPerSecond: number
  readonly uploadBytesPerSecond: number
  readonly provideIntervalMs: number
}

/** Inbound channels one peer may have open: what a client of ours opens at most, and a few for reopening. */
const maxChannelsPerPeer = 24
/** Liars remembered; the oldest is forgotten first. */
const maxLiars = 1_024
/** Time for the end of what is under way when the exchange closes. */
const closeTimeoutMs = 2_000

/** Serves and fetches the content of one hive until it is disposed. */
export function openExchange(deps: ExchangeDeps, options: ExchangeOptions): Exchange {
  return new ContentExchange(deps, options)
}

class ContentExchange implements Exchange {
  readonly #deps: ExchangeDeps
  readonly #options: ExchangeOptions
  readonly #end = new AbortController()
  readonly #client: ContentClient
  readonly #fetchDeps: FetchDeps
  readonly #announcer: Announcer
  readonly #fetches = new Map<Cid, Promise<FetchReport>>()
  readonly #repairs = new Map<Cid, Promise<void>>()
  readonly #liars: LiarBook
  readonly #unhandle: () => void

  constructor(deps: ExchangeDeps, options: ExchangeOptions) {
    this.#deps = deps
    this.#options = options
    this.#client = new ContentClient(deps, options)
    this.#liars = createLiarBook()
    const download = createTokenBucket(deps, { perSecond: options.downloadBytesPerSecond, burst: pieceBytes })
    this.#fetchDeps = { ...deps, client: this.#client, download, liars: this.#liars }
    this.#announcer = new Announcer(deps, options)
    this.#unhandle = this.#serve()
  }

  fetch = async (cid: Cid, options: FetchOptions): Promise<FetchReport> => {
    const { fetchTimeoutMs } = this.#options
    const signal = AbortSignal.any([options.signal, this.#end.signal])
    signal.throwIfAborted()
    try {
      const fetch = (waiting: AbortSignal): Promise<FetchReport> => this.#fetchInTurn(cid, { ...options, signal: waiting })
      return await within(this.#deps.clock, { ms: fetchTimeoutMs, signal }, fetch)
    } catch (error) {
      throw isTimeout(error) && !signal.aborted ? tooSlow(cid, fetchTimeoutMs, error) : error
    }
  }

  findHolders = async (
    cid: Cid,
    { signal, deep }: { readonly signal: AbortSignal; readonly deep: boolean },
  ): Promise<readonly PeerId[]> => {
    const holders: PeerId[] = []
    await searchContent({ ...this.#deps, client: this.#client }, cid, {
      ...this.#options,
      signal: AbortSignal.any([signal, this.#end.signal]),
      isDeep: () => deep,
      isExcluded: this.#liars.has,
      onAnswer: (peer, possession) => {
        if (possession !== undefined && possession.blocks === undefined) holders.push(peer)
      },
    })
    return holders
  }

  announce: Exchange['announce'] = (cid, options) => this.#announcer.announce(cid, options)

  replicate: Exchange['replicate'] = async (cid, { copies, signal }) => {
    const stat = this.#deps.content.stat(cid)
    if (stat?.isWhole !== true) {
      throw contentFaults.create('CONTENT_MISSING', {
        message: `${cid} is not whole on this disk; fetch it before others are asked to keep it`,
        data: { cid },
      })
    }
    const waiting = AbortSignal.any([signal, this.#end.signal])
    return await replicateContent({ ...this.#deps, client: this.#client }, cid, { size: stat.size, copies, signal: waiting })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new Error('the exchange is closed'))
    this.#unhandle()
    this.#client[Symbol.dispose]()
    await this.#announcer[Symbol.asyncDispose]()
    const rest = Promise.allSettled([...this.#fetches.values(), ...this.#repairs.values()])
    await within(this.#deps.clock, { ms: closeTimeoutMs, signal: new AbortController().signal }, () => rest).catch(() => {})
  }

  /** One fetch of a piece of content at a time: who comes later waits, and then finds it here. */
  async #fetchInTurn(cid: Cid, options: FetchOptions): Promise<FetchReport> {
    for (let before = this.#fetches.get(cid); before !== undefined; before = this.#fetches.get(cid)) {
      await Promise.race([before.catch(() => {}), rejectAtAbort(options.signal)])
    }
    const stat = this.#deps.content.stat(cid)
    if (stat?.isWhole === true && stat.size <= options.maxBytes) return { cid, size: stat.size, providers: [], liars: [] }
    const job = new FetchJob(this.#fetchDeps, this.#options, { cid, request: options })
    const report = job.run().finally(() => this.#fetches.delete(cid))
    this.#fetches.set(cid, report)
    return await report
  }

  #serve(): () => void {
    const { uploadBytesPerSecond, maxServed, idleTimeoutMs, maxReplicaBytes } = this.#options
    const slots = createPermits(servedAtOnce(maxServed, uploadBytesPerSecond))
    const keeps = createKeepSlots()
    const handler = createContentHandler(
      {
        ...this.#deps,
        slots,
        upload: createTokenBucket(this.#deps, { perSecond: uploadBytesPerSecond, burst: uploadBurst(uploadBytesPerSecond) }),
        keep: (peer, request, { signal }) =>
          keepCopy(
            { ...this.#deps, node: this.#deps.host.peerId, slots: keeps, fetch: this.fetch, maxReplicaBytes },
            { peer, request },
            { signal: AbortSignal.any([signal, this.#end.signal]) },
          ),
        onBadBlock: (root) => this.#repair(root),
      },
      { idleTimeoutMs },
    )
    const protocol = contentProtocol(this.#deps.hive)
    const serve: ChannelHandler = (channel, { signal }) => handler(channel, { signal: AbortSignal.any([signal, this.#end.signal]) })
    return this.#deps.host.handle(protocol, serve, { maxMessageBytes, maxPerPeer: maxChannelsPerPeer })
  }

  /** Fetches again what turned out to be corrupt while it was being served. */
  #repair(root: Cid): void {
    if (this.#repairs.has(root) || this.#end.signal.aborted) return
    const repair = this.fetch(root, { signal: this.#end.signal, maxBytes: Number.MAX_SAFE_INTEGER })
      .then(
        () => this.#deps.log.info('content that had gone bad on this disk was fetched again', { cid: root }),
        (error: unknown) =>
          this.#deps.log.warn('content has gone bad on this disk and could not be fetched again', {
            cid: root,
            reason: describeError(error),
          }),
      )
      .finally(() => this.#repairs.delete(root))
    this.#repairs.set(root, repair)
  }
}

function tooSlow(cid: Cid, fetchTimeoutMs: number, cause: unknown): Fault {
  return contentFaults.create('CONTENT_UNAVAILABLE', {
    message: `${cid} was not whole after ${fetchTimeoutMs} ms; what came is kept, ask again to go on, or raise content.fetchTimeoutMs`,
    data: { cid, fetchTimeoutMs },
    cause,
  })
}

/** Under a cap, so few that each gets a piece every four seconds: a receiver takes silence for a stall. */
function servedAtOnce(maxServed: number, bytesPerSecond: number): number {
  return bytesPerSecond === 0 ? maxServed : Math.max(1, Math.min(maxServed, Math.floor((bytesPerSecond * 4) / pieceBytes)))
}

/** What a tenth of a second allows: a node that was held up by its disk or its other work makes up for it. */
function uploadBurst(bytesPerSecond: number): number {
  return Math.max(pieceBytes, Math.floor(bytesPerSecond / 10))
}

function createLiarBook(): LiarBook {
  const liars = new Set<PeerId>()
  return {
    has: (peer) => liars.has(peer),
    add: (peer) => {
      const [oldest] = liars
      if (liars.size >= maxLiars && oldest !== undefined) liars.delete(oldest)
      liars.add(peer)
    },
  }
}

function rejectAtAbort(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  promise.catch(() => {})
  return promise
}
