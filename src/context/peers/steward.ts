import type { Exchange } from '../../content/content.ts'
import type { LocalContentStore } from '../../content/content-store.ts'
import { rankNodes } from '../../content/rules/rendezvous.ts'
import type { PeerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { Chance } from '../../lib/chance.ts'
import type { Cid } from '../../lib/cid.ts'
import type { Clock } from '../../lib/clock.ts'
import { describeError } from '../../lib/fault.ts'
import type { Log } from '../../lib/log.ts'
import type { TokenBucket } from '../../lib/token-bucket.ts'
import { createTokenBucket } from '../../lib/token-bucket.ts'
import type { Host } from '../../network/host.ts'
import type { Database } from '../../store/database.ts'
import { chooseHolders } from '../rules/choose-holders.ts'
import { findVersionOf } from '../version-table.ts'
import { askCopies } from './copy-desk.ts'
import type { ContextClient } from './client.ts'
import { fetchMissing } from './fetch-missing.ts'
import type { LiveContent } from './live-content.ts'
import { copiesOf, findLiveContent, forgetDeadCopies, listLiveContent } from './live-content.ts'
import { maxNamed } from './protocol.ts'
import type { CopyReport } from './scarce-copies.ts'
import { ScarceCopies } from './scarce-copies.ts'
import { scrubContent } from './scrub.ts'
import type { SeenMembers } from './seen-members.ts'

export interface StewardDeps {
  readonly hive: HiveId
  readonly host: Host
  readonly client: ContextClient
  readonly seen: SeenMembers
  readonly database: Database
  readonly content: LocalContentStore
  readonly exchange: Exchange
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /** Tells of versions as they can be read. */
  readonly onVersion: (listener: (entry: Cid) => void) => () => void
  /** Whether members fetch what others wrote without being asked: not where strangers may write. */
  readonly isClosed: boolean
}

export interface StewardOptions {
  readonly replicas: number
  /** A member that was not connected for so long keeps nothing, in milliseconds. */
  readonly memberMs: number
  /** Between two rounds in which nothing is to be done, in milliseconds; half more or less, by chance. */
  readonly stewardIntervalMs: number
  /** How long new versions gather before they are looked after, in milliseconds, by chance less. */
  readonly stewardSettleMs: number
  /** A copy that a member signed for longer ago is asked for again, in milliseconds. */
  readonly copyCheckMs: number
  /** Bytes fetched and read to keep copies, in a second; 0 is no cap. */
  readonly healBytesPerSecond: number
  /** Time for one answer of a member, in milliseconds. */
  readonly askTimeoutMs: number
}

/** New versions that wait to be looked after; when there are more, everything is gone through. */
const maxFresh = 4_096
/** Between two parts of one sweep, in milliseconds: others have a turn. */
const betweenSlicesMs = 5
/** Pieces of content read again in one round, to find what has gone bad. */
const scrubbedPerRound = 16

/**
 * Keeps the content of kept versions on as many members as it should be, as far as it is this node's to do.
 *
 * It goes through all content when it starts and whenever members come or go, looks after each new version soon, and reads some again
 * in every round. Each node fetches only what it was chosen for, so that all who see a member go do different things.
 */
export class Steward implements AsyncDisposable {
  readonly #deps: StewardDeps
  readonly #options: StewardOptions
  readonly #end = new AbortController()
  readonly #rate: TokenBucket
  readonly #scarce: ScarceCopies
  readonly #fresh = new Set<Cid>()
  readonly #liars = new Set<PeerId>()
  readonly #offs: readonly (() => void)[]
  readonly #loop: Promise<void>
  #cursor = ''
  #scrubCursor = ''
  #isSweeping = true
  #members = ''
  #wake: (() => void) | undefined

  constructor(deps: StewardDeps, options: StewardOptions) {
    this.#deps = deps
    this.#options = options
    this.#scarce = new ScarceCopies()
    const perSecond = options.healBytesPerSecond
    this.#rate = createTokenBucket(deps, { perSecond, burst: perSecond })
    this.#offs = [deps.onVersion((entry) => this.#onVersion(entry)), deps.host.events.on('peer:connected', () => this.#sweepAgain())]
    this.#loop = this.#run()
  }

  /** What lacks copies, as far as it was gone through. */
  report(): CopyReport & { readonly isSweeping: boolean } {
    return { ...this.#scarce.report(), isSweeping: this.#isSweeping }
  }

  /** Counts the copies of scarce content again, when members just signed for it: a round may be long in coming. */
  recount(cid: Cid): void {
    const { database, hive, seen } = this.#deps
    const live = this.#scarce.has(cid) ? findLiveContent(database, hive, cid) : undefined
    if (live !== undefined) this.#note(live, seen.within(this.#options.memberMs))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const off of this.#offs) off()
    this.#end.abort(new Error('the context is closed'))
    this.#wake?.()
    await this.#loop
  }

  #onVersion(entry: Cid): void {
    if (this.#fresh.size < maxFresh) this.#fresh.add(entry)
    else this.#isSweeping = true
    this.#wake?.()
  }

  #sweepAgain(): void {
    this.#cursor = ''
    this.#isSweeping = true
    this.#wake?.()
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#deps
    const { signal } = this.#end
    while (!signal.aborted) {
      try {
        await this.#pause()
        await this.#round()
      } catch (error) {
        if (signal.aborted) return
        log.warn('copies of context could not be looked after', { reason: describeError(error) })
        await clock.sleep(this.#options.stewardIntervalMs, { signal }).catch(() => {})
      }
    }
  }

  /** Until there is something to do, and then a little by chance, so that not everybody does it at once. */
  async #pause(): Promise<void> {
    const { clock, chance } = this.#deps
    const { stewardIntervalMs, stewardSettleMs } = this.#options
    const { signal } = this.#end
    if (this.#isSweeping && this.#cursor !== '') return await clock.sleep(betweenSlicesMs, { signal })
    if (!this.#isSweeping && this.#fresh.size === 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const cancel = clock.schedule(stewardIntervalMs * (0.5 + chance.fraction()), resolve)
      this.#wake = resolve
      await promise
      this.#wake = undefined
      cancel()
      if (!this.#isSweeping && this.#fresh.size === 0) return
    }
    await clock.sleep(stewardSettleMs * chance.fraction(), { signal })
  }

  async #round(): Promise<void> {
    const { database, hive, seen } = this.#deps
    const members = seen.within(this.#options.memberMs)
    this.#noticeMembers(members)
    const fresh = [...this.#fresh]
    this.#fresh.clear()
    const written = fresh.flatMap((entry) => findVersionOf(database, hive, entry)?.cid ?? [])
    const soon = [...new Set([...written, ...this.#scarce.next(maxNamed)])]
    await this.#tend(
      soon.flatMap((cid) => findLiveContent(database, hive, cid) ?? this.#scarce.forget(cid)),
      members,
    )
    const slice = listLiveContent(database, hive, { after: this.#cursor, limit: maxNamed })
    // whoever connects meanwhile begins anew: then this is no longer the place
    const place = this.#cursor
    await this.#tend(slice, members)
    if (this.#cursor === place) this.#goOn(slice)
    if (!this.#isSweeping) await this.#scrub()
  }

  #noticeMembers(members: ReadonlySet<PeerId>): void {
    const names = [...members].toSorted().join(' ')
    if (names === this.#members) return
    this.#members = names
    this.#cursor = ''
    this.#isSweeping = true
  }

  #goOn(slice: readonly LiveContent[]): void {
    const last = slice.at(-1)
    this.#cursor = last === undefined || slice.length < maxNamed ? '' : last.cid
    if (this.#cursor !== '') return
    this.#isSweeping = false
    void this.#deps.database.writeSoon((tx) => forgetDeadCopies(tx, this.#deps.hive)).catch(() => {})
  }

  /** Fetches what was to be here and is not, and asks the others who were chosen for theirs. */
  async #tend(contents: readonly LiveContent[], members: ReadonlySet<PeerId>): Promise<void> {
    if (contents.length === 0) return
    const { content, host, isClosed } = this.#deps
    const { signal } = this.#end
    const self = host.peerId
    const chosen = contents.map((live) => ({ live, holders: this.#holdersOf(live, members) }))
    const own = chosen.filter(({ live, holders }) => (isClosed && holders.includes(self)) || live.writers.includes(self))
    const missing = own.filter(({ live }) => content.stat(live.cid)?.isWhole !== true).map(({ live }) => live)
    if (missing.length > 0) await this.#fetch(missing)
    await this.#askHolders(own)
    signal.throwIfAborted()
    for (const { live } of own) this.#note(live, members)
  }

  #holdersOf({ cid, writers }: LiveContent, members: ReadonlySet<PeerId>): readonly PeerId[] {
    return chooseHolders(cid, { writers, members, replicas: this.#options.replicas })
  }

  #note(live: LiveContent, members: ReadonlySet<PeerId>): void {
    this.#scarce.note(live, { wanted: this.#holdersOf(live, members), held: this.#heldBy(live.cid, members) })
  }

  async #fetch(missing: readonly LiveContent[]): Promise<void> {
    const { host, chance } = this.#deps
    const { signal } = this.#end
    const connected = this.#connected().filter((peer) => !this.#liars.has(peer))
    const writers = new Set(missing.flatMap((live) => live.writers))
    // writers have it for certain; of the rest each node begins with another one
    const others = connected.filter((peer) => !writers.has(peer))
    const peers = [
      ...connected.filter((peer) => writers.has(peer)),
      ...rankNodes(`${host.peerId} ${Math.floor(chance.fraction() * 1_000)}`, others),
    ]
    const onLiar = (peer: PeerId): void => void this.#liars.add(peer)
    await fetchMissing({ ...this.#deps, rate: this.#rate, peers, onLiar }, this.#options, { missing, signal })
  }

  async #askHolders(own: readonly { readonly live: LiveContent; readonly holders: readonly PeerId[] }[]): Promise<void> {
    const { database, hive, clock, host } = this.#deps
    const since = clock.now() - this.#options.copyCheckMs
    const connected = new Set(this.#connected())
    const asked = new Map<PeerId, Cid[]>()
    for (const { live, holders } of own) {
      const fresh = new Set(copiesOf(database, hive, live.cid).flatMap(({ node, at }) => (at > since && at <= clock.now() ? [node] : [])))
      for (const peer of holders) {
        if (peer === host.peerId || fresh.has(peer) || !connected.has(peer)) continue
        asked.set(peer, [...(asked.get(peer) ?? []), live.cid])
      }
    }
    for (const [peer, cids] of asked) await askCopies(this.#deps, this.#options, { peer, cids, signal: this.#end.signal })
  }

  #heldBy(cid: Cid, members: ReadonlySet<PeerId>): readonly PeerId[] {
    const { database, hive, host, content } = this.#deps
    const others = copiesOf(database, hive, cid).flatMap(({ node }) => (members.has(node) ? [node] : []))
    return content.stat(cid)?.isWhole === true ? [host.peerId, ...others] : others
  }

  async #scrub(): Promise<void> {
    const { database, hive } = this.#deps
    const some = listLiveContent(database, hive, { after: this.#scrubCursor, limit: scrubbedPerRound })
    this.#scrubCursor = some.length < scrubbedPerRound ? '' : (some.at(-1)?.cid ?? '')
    await scrubContent({ ...this.#deps, rate: this.#rate }, some, { signal: this.#end.signal })
  }

  #connected(): readonly PeerId[] {
    return this.#deps.host.connections().flatMap(({ peer, admitted }) => (admitted ? [peer] : []))
  }
}
