import type { ContentStore, Exchange } from '../../content/content.ts'
import type { PeerId, SigningKey } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { Chance } from '../../lib/chance.ts'
import type { Cid } from '../../lib/cid.ts'
import type { Clock } from '../../lib/clock.ts'
import { describeError } from '../../lib/fault.ts'
import type { Log } from '../../lib/log.ts'
import type { TokenBucket } from '../../lib/token-bucket.ts'
import { createTokenBucket } from '../../lib/token-bucket.ts'
import type { GossipMessage, GossipVerdict, Host } from '../../network/host.ts'
import type { Database } from '../../store/database.ts'
import type { Version } from '../context.ts'
import { contextFaults } from '../faults.ts'
import type { KnownClaim } from '../rules/provider-book.ts'
import { ProviderBook } from '../rules/provider-book.ts'
import { findVersionOf, getResource, readVersions } from '../version-table.ts'
import type { Announcement } from './announcement.ts'
import { announcementTopic, formatAnnouncements, isAnnouncementSigned, parseAnnouncements, signAnnouncement } from './announcement.ts'
import { ProvideQueue } from './provide-queue.ts'

export interface AnnouncerDeps {
  readonly hive: HiveId
  readonly host: Host
  readonly key: SigningKey
  readonly database: Database
  readonly exchange: Exchange
  readonly content: Pick<ContentStore, 'stat'>
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  readonly isMember: (node: PeerId) => boolean
  /** Told of each version that somebody provides from now on, ourselves included. */
  readonly onAnnounced: (version: Version, provider: AnnouncedProvider) => void
}

export interface AnnouncerOptions {
  /** How long an announcement is good, in milliseconds; it is made again when half of that is over. */
  readonly announceTtlMs: number
  /** Announcements that may be asked for in a minute. */
  readonly announcesPerMinute: number
  /** Time for one record of the DHT, in milliseconds. */
  readonly askTimeoutMs: number
  /** Resources that one node may announce, and announcements of others that are remembered. */
  readonly maxAnnounced: number
  readonly maxClaims: number
}

/** Somebody that provides a resource, until then unless it says so again. */
export interface AnnouncedProvider {
  readonly provider: PeerId
  /** Our wall time in milliseconds. */
  readonly expiresAt: number
}

/** A version with content, which is here. */
type ProvidedVersion = Version & { readonly cid: Cid }

/** Announcements of one provider, and by one neighbour, looked at in a second. */
const heardPerSecond = 200
/** Providers whose rate is remembered. */
const maxRated = 4_096
/** Peers that connect in this time are told together, in milliseconds. */
const settleMs = 5_000
/** A provider that is announced over and over goes to the DHT so often at most, in milliseconds. */
const minProvideMs = 60_000

/** Says what this node provides, again and again while it does, and hears what others provide. */
export class ResourceAnnouncer implements AsyncDisposable {
  readonly #deps: AnnouncerDeps
  readonly #options: AnnouncerOptions
  readonly #book: ProviderBook
  readonly #rate: TokenBucket
  readonly #heard = new Map<string, TokenBucket>()
  readonly #own = new Map<string, { announcement: Announcement; providedAt: number }>()
  readonly #end = new AbortController()
  readonly #offs: readonly (() => void)[]
  readonly #loop: Promise<void>
  readonly #working = new Set<Promise<void>>()
  readonly #queue: ProvideQueue
  #lastAt = 0
  #cancelTelling: (() => void) | undefined

  constructor(deps: AnnouncerDeps, options: AnnouncerOptions) {
    this.#deps = deps
    this.#options = options
    this.#book = new ProviderBook({ maxPerProvider: options.maxAnnounced, maxClaims: options.maxClaims })
    this.#queue = new ProvideQueue(deps, options)
    const perSecond = options.announcesPerMinute / 60
    this.#rate = createTokenBucket(deps, { perSecond, burst: options.announcesPerMinute })
    const { host, hive } = deps
    this.#offs = [
      host.gossip.subscribe(announcementTopic(hive), (message) => this.#hear(message)),
      host.events.on('peer:connected', () => this.#tellSoon()),
    ]
    this.#loop = this.#run()
  }

  /** Announces the newest version of a resource. `isNew` is false when that was announced already, and now is for longer. @throws Fault ANNOUNCE_LIMITED */
  async announce(version: ProvidedVersion): Promise<AnnouncedProvider & { readonly isNew: boolean }> {
    const { database, hive, clock } = this.#deps
    if (!this.#rate.tryTake(1) || !this.#hasRoomFor(version.resource)) throw limited(this.#options)
    const at = Math.trunc(clock.now())
    const sql = 'insert into context_announced (hive, resource, at) values (?, ?, ?) on conflict do update set at = excluded.at'
    await database.write((tx) => tx.run(sql, hive, version.resource, at))
    const said = this.#say(version)
    await this.#publish([said.announcement])
    return { provider: said.announcement.provider, expiresAt: at + said.announcement.ttlMs, isNew: said.isNew }
  }

  /** Who provides a resource now. */
  providersOf(resource: string): readonly (KnownClaim & AnnouncedProvider)[] {
    const { clock, isMember } = this.#deps
    const now = clock.monotonic()
    return this.#book
      .of(resource, now)
      .filter(({ provider }) => isMember(provider))
      .map((claim) => ({ ...claim, expiresAt: clock.now() + claim.until - now }))
  }

  /** Resources that this node announces, and announcements of all that are good. */
  count(): { readonly own: number; readonly known: number } {
    return { own: this.#own.size, known: this.#book.count(this.#deps.clock.monotonic()) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const off of this.#offs) off()
    this.#cancelTelling?.()
    this.#end.abort(new Error('the context is closed'))
    await this.#loop
    await this.#queue[Symbol.asyncDispose]()
    await Promise.allSettled(this.#working)
  }

  /** Signs it anew, and notes it as heard. */
  #say(version: ProvidedVersion): { readonly announcement: Announcement; readonly isNew: boolean } {
    const { key, hive, clock } = this.#deps
    const { resource, entry, cid } = version
    // grows, whatever the wall clock does
    this.#lastAt = Math.max(this.#lastAt + 1, Math.trunc(clock.now()), (this.#own.get(resource)?.announcement.at ?? 0) + 1)
    const ttlMs = this.#options.announceTtlMs
    const announcement = signAnnouncement(key, hive, { resource, version: version.version, entry, cid, at: this.#lastAt, ttlMs })
    const isNew = this.#note(announcement) === true
    const providedAt = this.#own.get(resource)?.providedAt ?? -Infinity
    this.#own.set(resource, { announcement, providedAt })
    this.#provide(resource, cid)
    return { announcement, isNew }
  }

  /** What is provided no more, its resource deleted or its content gone, takes nobody's place. */
  #hasRoomFor(resource: string): boolean {
    const { maxAnnounced } = this.#options
    if (this.#own.has(resource) || this.#own.size < maxAnnounced) return true
    for (const each of this.#own.keys()) if (this.#providedVersion(each) === undefined) this.#drop(each)
    return this.#own.size < maxAnnounced
  }

  #drop(resource: string): void {
    this.#own.delete(resource)
    this.#book.drop(resource, this.#deps.host.peerId)
  }

  /** Puts it into the DHT. */
  #provide(resource: string, cid: Cid): void {
    const own = this.#own.get(resource)
    if (own === undefined || this.#deps.clock.monotonic() - own.providedAt < minProvideMs) return
    own.providedAt = this.#deps.clock.monotonic()
    this.#queue.add(resource, cid)
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#working.delete(tracked))
    this.#working.add(tracked)
  }

  async #publish(announcements: readonly Announcement[]): Promise<void> {
    const { host, hive, log } = this.#deps
    for (const message of formatAnnouncements(announcements)) {
      await host.gossip
        .publish(announcementTopic(hive), message)
        .catch((error: unknown) => log.debug('announcements were not told', { reason: describeError(error) }))
    }
  }

  /** Renews what is announced, from this run and those before. */
  async #run(): Promise<void> {
    const { clock, chance, log } = this.#deps
    const { signal } = this.#end
    try {
      for (;;) {
        await this.#renew()
        // a third to a half, so that one that is lost is made up for in time
        await clock.sleep(this.#options.announceTtlMs * (0.33 + 0.17 * chance.fraction()), { signal })
      }
    } catch (error) {
      if (!signal.aborted) log.warn('announcements are not renewed any more', { reason: describeError(error) })
    }
  }

  async #renew(): Promise<void> {
    const { live, ended } = this.#survey()
    const provided = new Set(live.map(({ resource }) => resource))
    for (const resource of this.#own.keys()) if (!provided.has(resource)) this.#drop(resource)
    const announcements = live.map((version) => this.#say(version).announcement)
    if (ended.length > 0) await this.#forget(ended)
    await this.#publish(announcements)
  }

  /** What is announced, the newest announcements first, and what is not any more: its resource was deleted, or too many others lack their content too. */
  #survey(): { readonly live: readonly ProvidedVersion[]; readonly ended: readonly string[] } {
    const { database, hive } = this.#deps
    const { maxAnnounced } = this.#options
    const sql = 'select resource from context_announced where hive = ? order by at desc, resource'
    const live: ProvidedVersion[] = []
    const ended: string[] = []
    let lacking = 0
    for (const { resource } of database.all<{ readonly resource: string }>(sql, hive)) {
      const version = this.#providedVersion(resource)
      if (version !== undefined && live.length < maxAnnounced) live.push(version)
      else if (version === undefined && !this.#isDeleted(resource) && lacking < maxAnnounced) lacking += 1
      else ended.push(resource)
    }
    return { live, ended }
  }

  async #forget(resources: readonly string[]): Promise<void> {
    const { database, hive } = this.#deps
    await database.writeSoon((tx) => {
      for (const resource of resources) tx.run('delete from context_announced where hive = ? and resource = ?', hive, resource)
    })
  }

  #isDeleted(resource: string): boolean {
    const { database, hive } = this.#deps
    return getResource(database, hive, resource)?.cid === null
  }

  /** What there is to announce of a resource: nothing once it is deleted or contested, or its content is not here. */
  #providedVersion(resource: string): ProvidedVersion | undefined {
    const { database, hive, content } = this.#deps
    const known = getResource(database, hive, resource)
    const [only, ...others] = known === undefined ? [] : readVersions(database, known, known.last)
    if (only === undefined || only.cid === null || others.length > 0) return undefined
    return content.stat(only.cid)?.isWhole === true ? { ...only, cid: only.cid } : undefined
  }

  #tellSoon(): void {
    if (this.#cancelTelling !== undefined || this.#own.size === 0) return
    const { clock, chance, log } = this.#deps
    this.#cancelTelling = clock.schedule(settleMs * (0.5 + 0.5 * chance.fraction()), () => {
      this.#cancelTelling = undefined
      // signed anew: gossip passes the same bytes on once
      this.#track(this.#renew().catch((error: unknown) => log.debug('announcements were not told', { reason: describeError(error) })))
    })
  }

  #hear({ from, bytes }: GossipMessage): GossipVerdict {
    const { hive, isMember } = this.#deps
    const announcements = parseAnnouncements(bytes)
    if (announcements === undefined) return 'reject'
    let isNews = false
    for (const announcement of announcements) {
      // who is no member here may be one where the message came from
      if (!isMember(announcement.provider) || this.#book.isStale(announcement)) continue
      // a signature costs time to look at, and one that is forged must not use up what its owner may say
      if (!this.#mayTell(`from ${from}`)) return 'ignore'
      if (!isAnnouncementSigned(hive, announcement)) return 'reject'
      if (!this.#mayTell(announcement.provider)) continue
      if (this.#note(announcement) !== undefined) isNews = true
    }
    return isNews ? 'accept' : 'ignore'
  }

  /** True for what nobody said yet, false for the same again, undefined for what tells nothing. */
  #note(announcement: Announcement): boolean | undefined {
    const { clock, database, hive, onAnnounced } = this.#deps
    const verdict = this.#book.take(announcement, clock.monotonic())
    if (verdict === 'stale' || verdict === 'full') return undefined
    if (verdict === 'refreshed') return false
    // whoever says it, only what its writer signed is a version
    const version = findVersionOf(database, hive, announcement.entry)
    const { provider, ttlMs, resource, cid } = announcement
    if (version?.resource === resource && version.cid === cid) onAnnounced(version, { provider, expiresAt: clock.now() + ttlMs })
    return true
  }

  #mayTell(who: string): boolean {
    const rate = this.#heard.get(who) ?? createTokenBucket(this.#deps, { perSecond: heardPerSecond, burst: this.#options.maxAnnounced })
    const oldest = this.#heard.keys().next().value
    if (this.#heard.size >= maxRated && !this.#heard.has(who) && oldest !== undefined) this.#heard.delete(oldest)
    this.#heard.set(who, rate)
    return rate.tryTake(1)
  }
}

function limited({ announcesPerMinute, maxAnnounced }: AnnouncerOptions): Error {
  return contextFaults.create('ANNOUNCE_LIMITED', {
    message: `this node announces ${announcesPerMinute} times a minute and ${maxAnnounced} resources at most; wait, or raise context.announcesPerMinute or context.maxAnnounced`,
    data: { announcesPerMinute, maxAnnounced },
  })
}
