import type { PeerId } from '../identity/keys.ts'
import type { Cid } from '../lib/cid.ts'
import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { TokenBucket } from '../lib/token-bucket.ts'
import type { Host } from '../network/host.ts'
import type { ChunkList } from './chunks.ts'
import { chunkBytes, chunkCount, chunkDigest, isListCid } from './chunks.ts'
import type { ContentClient, Possession } from './client.ts'
import type { FetchOptions, FetchReport } from './content.ts'
import type { LocalContentStore } from './content-store.ts'
import { isFatal, isMismatch, tooLarge, unavailable } from './fetch-faults.ts'
import { Latch } from './latch.ts'
import { createPermits } from './permits.ts'
import { BlockMemory } from './pieces.ts'
import { RootRace } from './root-race.ts'
import type { ScheduleInput } from './rules/schedule.ts'
import { stepSchedule } from './rules/schedule.ts'
import type { Schedule } from './rules/state.ts'
import { createSchedule, isNeeded } from './rules/state.ts'
import { searchContent } from './search.ts'
import { ProviderSession } from './session.ts'

export interface FetchDeps {
  readonly host: Host
  readonly client: ContentClient
  readonly content: LocalContentStore
  readonly clock: Clock
  readonly log: Log
  readonly download: TokenBucket
  readonly liars: LiarBook
  readonly chance: Chance
}

/** Who gave wrong bytes. */
export interface LiarBook {
  readonly has: (peer: PeerId) => boolean
  readonly add: (peer: PeerId) => void
}

export interface FetchJobOptions {
  readonly rangeBlocks: number
  readonly parallelRanges: number
  readonly stallTimeoutMs: number
  readonly maxProviders: number
  readonly askTimeoutMs: number
}

/** Searches in a row that brought no byte, after which content counts as unavailable: fewer when nobody ever gave any. */
const maxBarrenSearches = 4
const maxBarrenAfterProgress = 7
const firstPauseMs = 500
/** How often members are asked again while a fetch is under way: others who fetch the same have more by then. */
const refreshMs = 5_000
/** With so many connected members that have everything, the DHT is not asked. */
const enoughHolders = 4
/** With fewer, but one, it is asked after so many milliseconds: most content is here before that, and a lookup costs both sides more than it. */
const lookupAfterMs = 1_000
/** Chunks that came and are on their way to the disk, in one fetch. */
const parallelWrites = 8

/** One fetch of content that is not whole here. Made for one `run`. */
export class FetchJob {
  readonly #deps: FetchDeps
  readonly #options: FetchJobOptions
  readonly #cid: Cid
  readonly #request: FetchOptions
  readonly #end = new AbortController()
  readonly #outcome = Promise.withResolvers<void>()
  readonly #possessions = new Map<PeerId, Possession>()
  readonly #said = new Map<PeerId, string>()
  readonly #sessions = new Map<PeerId, ProviderSession>()
  readonly #given = new Map<PeerId, number>()
  readonly #liars = new Set<PeerId>()
  readonly #memory = new BlockMemory()
  readonly #writes = createPermits(parallelWrites)
  readonly #background = new Set<Promise<void>>()
  readonly #race: RootRace
  /** Open while nobody known has what is lacking. */
  readonly #starved = new Latch()
  #list: ChunkList | undefined
  /** The content, where it is one block that came now. */
  #single: Uint8Array | undefined
  #schedule: Schedule | undefined
  #presentBytes = 0
  #cancelWake: (() => void) | undefined

  constructor(deps: FetchDeps, options: FetchJobOptions, { cid, request }: { readonly cid: Cid; readonly request: FetchOptions }) {
    this.#deps = deps
    this.#options = options
    this.#cid = cid
    this.#request = request
    this.#outcome.promise.catch(() => {})
    this.#race = new RootRace(deps, {
      cid,
      onRoot: (peer, list, bytes) => {
        if (!isListCid(cid)) this.#single = bytes
        this.#begin(list, peer)
      },
      onFail: (peer, error) => this.#rootFailed(peer, error),
    })
  }

  /** @throws Fault CONTENT_UNAVAILABLE, CONTENT_TOO_LARGE, CONTENT_INVALID, the store's faults, or the signal's reason */
  async run(): Promise<FetchReport> {
    const { host } = this.#deps
    const stop = (): void => this.#outcome.reject(this.#request.signal.reason)
    const off = [
      host.events.on('peer:connected', (peer) => this.#track(this.#ask(peer))),
      host.events.on('peer:disconnected', (peer) => this.#leave(peer)),
    ]
    this.#request.signal.addEventListener('abort', stop, { once: true })
    const release = this.#deps.content.hold(this.#cid)
    try {
      this.#request.signal.throwIfAborted()
      const list = this.#deps.content.listOf(this.#cid)
      if (list !== undefined) this.#begin(list, undefined)
      this.#track(this.#search())
      await this.#outcome.promise
      return this.#report()
    } finally {
      for (const each of off) each()
      this.#request.signal.removeEventListener('abort', stop)
      this.#end.abort(new Error('the fetch is over'))
      this.#cancelWake?.()
      this.#race.stop()
      for (const session of this.#sessions.values()) session.abort()
      await Promise.allSettled(this.#background)
      release()
    }
  }

  /** Searches until somebody gives: again, with growing pauses, whenever nobody known has what is lacking. */
  async #search(): Promise<void> {
    const { signal } = this.#end
    const atStart = this.#presentBytes
    for (let barren = 0; barren < (this.#presentBytes > atStart ? maxBarrenAfterProgress : maxBarrenSearches); barren += 1) {
      const before = this.#presentBytes
      if (barren > 0) await this.#deps.clock.sleep(firstPauseMs * 2 ** (barren - 1), { signal })
      await this.#askMembers(() => this.#areHoldersLacking())
      await this.#starved.untilOpen(this.#end)
      if (this.#presentBytes > before) barren = 0
    }
    this.#outcome.reject(unavailable({ cid: this.#cid, size: this.#list?.size, presentBytes: this.#presentBytes, said: this.#said }))
  }

  async #refresh(): Promise<void> {
    for (;;) {
      await this.#deps.clock.sleep(refreshMs, this.#end)
      await this.#askMembers(() => false)
    }
  }

  /** Whether the connected members do not do: none has it, those who have it let us down, or few do and it takes its time. */
  async #areHoldersLacking(): Promise<boolean> {
    const holders = this.#holders()
    if (holders > 0 && holders < enoughHolders)
      await Promise.race([this.#starved.untilOpen(this.#end), this.#deps.clock.sleep(lookupAfterMs, this.#end)])
    return this.#holders() < enoughHolders
  }

  async #askMembers(isDeep: () => boolean | Promise<boolean>): Promise<void> {
    await searchContent(this.#deps, this.#cid, {
      ...this.#options,
      signal: this.#end.signal,
      isDeep,
      isExcluded: this.#deps.liars.has,
      onAnswer: (peer, possession) => this.#answered(peer, possession),
    })
  }

  #holders(): number {
    return [...this.#possessions.values()].filter(({ blocks }) => blocks === undefined).length
  }

  async #ask(peer: PeerId): Promise<void> {
    if (this.#deps.liars.has(peer)) return
    this.#answered(peer, await this.#deps.client.have(peer, this.#cid, this.#end))
  }

  #answered(peer: PeerId, possession: Possession | undefined): void {
    if (possession === undefined) {
      if (!this.#possessions.has(peer)) this.#said.set(peer, 'does not have it, or did not answer')
      return
    }
    this.#said.set(peer, possession.blocks === undefined ? 'has it' : 'has a part of it')
    this.#possessions.set(peer, possession)
    if (this.#list === undefined) {
      this.#starved.close()
      this.#race.enter(peer)
    } else this.#join(peer, possession)
  }

  /** The root is here: the rest is a matter of the schedule. */
  #begin(list: ChunkList, from: PeerId | undefined): void {
    if (this.#list !== undefined) return
    this.#list = list
    this.#race.stop()
    if (from !== undefined && !isListCid(this.#cid)) this.#given.set(from, list.size)
    if (list.size > this.#request.maxBytes) {
      this.#outcome.reject(tooLarge(this.#cid, list.size, this.#request.maxBytes))
      return
    }
    const isHere = (index: number): boolean => this.#deps.content.hasBlock(chunkDigest(list, index))
    const stat = this.#deps.content.stat(this.#cid)
    this.#presentBytes = stat?.presentBytes ?? 0
    if (stat?.isWhole === true) return this.#outcome.resolve()
    const chunks = chunkCount(list.size)
    const start = Math.floor(this.#deps.chance.fraction() * chunks)
    this.#schedule = createSchedule({ ...this.#options, chunks, chunkBytes, start }, isHere)
    this.#track(this.#refresh())
    for (const [peer, possession] of this.#possessions) this.#join(peer, possession)
  }

  #rootFailed(peer: PeerId, error: unknown): void {
    if (isFatal(error)) return this.#outcome.reject(error)
    if (isMismatch(error)) this.#caught(peer)
    else this.#said.set(peer, describeError(error))
    this.#possessions.delete(peer)
    if (!this.#race.isUnderWay()) this.#starved.open()
  }

  #join(peer: PeerId, { blocks }: Possession): void {
    if (this.#deps.liars.has(peer)) return
    this.#step(blocks === undefined ? { type: 'join', peer } : { type: 'join', peer, blocks })
  }

  #leave(peer: PeerId): void {
    if (this.#possessions.delete(peer)) this.#said.set(peer, 'left')
    this.#sessions.get(peer)?.abort()
    this.#sessions.delete(peer)
    this.#step({ type: 'leave', peer })
  }

  #step(input: ScheduleInput): void {
    if (this.#schedule === undefined || this.#end.signal.aborted) return
    const { effects, wakeAt, phase } = stepSchedule(this.#schedule, input, this.#deps.clock.monotonic())
    for (const effect of effects) {
      if (effect.type === 'ask') this.#session(effect.peer).ask(effect)
      else {
        this.#sessions.get(effect.peer)?.abort()
        this.#sessions.delete(effect.peer)
      }
    }
    this.#cancelWake?.()
    this.#cancelWake = undefined
    if (phase === 'done') return this.#outcome.resolve()
    if (wakeAt !== undefined) {
      const ms = Math.max(1, wakeAt - this.#deps.clock.monotonic())
      this.#cancelWake = this.#deps.clock.schedule(ms, () => this.#step({ type: 'time' }))
    }
    if (phase === 'starved') this.#starved.open()
    else this.#starved.close()
  }

  #session(peer: PeerId): ProviderSession {
    const known = this.#sessions.get(peer)
    if (known !== undefined) return known
    if (this.#list === undefined) throw new Error('there is no schedule without a list')
    const session: ProviderSession = new ProviderSession(
      {
        ...this.#deps,
        memory: this.#memory,
        listener: {
          onPiece: (bytes) => this.#step({ type: 'piece', peer, bytes }),
          onBlock: (range, index, bytes) => this.#take(peer, { range, index }, bytes),
          onEnd: (range) => this.#step({ type: 'end', peer, range }),
          onFail: (reason) => {
            this.#said.set(peer, reason)
            if (this.#sessions.get(peer) === session) this.#sessions.delete(peer)
            this.#step({ type: 'fail', peer })
          },
        },
      },
      { peer, root: this.#cid, list: this.#list },
    )
    this.#sessions.set(peer, session)
    return session
  }

  /** Takes a chunk in: resolves when there is room for the next, while this one is still being written. */
  async #take(peer: PeerId, at: { readonly range: number; readonly index: number }, bytes: Uint8Array): Promise<void> {
    if (this.#schedule === undefined) return
    const wasNeeded = isNeeded(this.#schedule, at.index)
    this.#step({ type: 'block', peer, ...at })
    if (!wasNeeded || isNeeded(this.#schedule, at.index)) return this.#memory.giveBack(bytes)
    const release = this.#writes.tryAcquire() ?? (await this.#untilWritable(peer))
    const store = async (): Promise<void> => {
      await this.#store(peer, at.index, bytes)
      this.#memory.giveBack(bytes)
      release()
    }
    this.#track(store())
  }

  /** While the disk has enough to do nothing is read, and nobody is suspected of being slow. */
  async #untilWritable(peer: PeerId): Promise<() => void> {
    this.#step({ type: 'hold', peer })
    try {
      return await this.#writes.acquire(this.#end)
    } finally {
      this.#step({ type: 'release', peer })
    }
  }

  async #store(peer: PeerId, index: number, bytes: Uint8Array): Promise<void> {
    if (this.#list === undefined) return
    try {
      await this.#deps.content.putBlock(chunkDigest(this.#list, index), bytes)
    } catch (error) {
      if (!isMismatch(error)) return this.#outcome.reject(error)
      this.#caught(peer)
      return this.#step({ type: 'lie', peer, index })
    }
    this.#presentBytes += bytes.byteLength
    this.#given.set(peer, (this.#given.get(peer) ?? 0) + bytes.byteLength)
    this.#request.onProgress?.({ receivedBytes: this.#presentBytes, totalBytes: this.#list.size, providers: this.#sessions.size })
    this.#step({ type: 'stored', index })
  }

  #caught(peer: PeerId): void {
    this.#liars.add(peer)
    this.#deps.liars.add(peer)
    this.#possessions.delete(peer)
    this.#said.set(peer, 'gave wrong bytes')
    this.#deps.log.warn('a peer gave wrong bytes and is no longer asked', { peer, cid: this.#cid })
  }

  #track(work: Promise<void>): void {
    const settled = work.catch((error: unknown) => {
      if (!this.#end.signal.aborted) this.#outcome.reject(error)
    })
    this.#background.add(settled)
    void settled.finally(() => this.#background.delete(settled))
  }

  #report(): FetchReport {
    const providers = [...this.#given].map(([peer, bytes]) => ({ peer, bytes }))
    const report = { cid: this.#cid, size: this.#list?.size ?? 0, providers, liars: [...this.#liars] }
    return this.#single === undefined ? report : { ...report, bytes: this.#single }
  }
}
