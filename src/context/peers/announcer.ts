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
import { resourceKey } from './resolver.ts'

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
  readonly #providing = new Set<Promise<void>>()
  #lastAt = 0
  #cancelTelling: (() => void) | undefined

  constructor(deps: AnnouncerDeps, options: AnnouncerOptions) {
    this.#deps = deps
    this.#options = options
    this.#book = new ProviderBook({ maxPerProvider: options.maxAnnounced, maxClaims: options.maxClaims })
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
  async announce(version: Version & { readonly cid: Cid }): Promise<AnnouncedProvider & { readonly isNew: boolean }> {
    const { database, hive, clock } = this.#deps
    const isKnown = this.#own.has(version.resource)
    if (!this.#rate.tryTake(1) || (!isKnown && this.#own.size >= this.#options.maxAnnounced)) throw limited(this.#options)
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
    await Promise.allSettled(this.#providing)
  }

  /** Signs it anew, and notes it as heard. */
  #say(version: Version & { readonly cid: Cid }): { readonly announcement: Announcement; readonly isNew: boolean } {
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

  /** Puts it into the DHT, which keeps it up from then on. */
  #provide(resource: string, cid: Cid): void {
    const { host, exchange, clock, log } = this.#deps
    const own = this.#own.get(resource)
    if (own === undefined || clock.monotonic() - own.providedAt < minProvideMs) return
    own.providedAt = clock.monotonic()
    const { signal } = this.#end
    const work = Promise.all([host.routing.provide(resourceKey(resource), { signal }), exchange.announce(cid, { signal })])
      .then(
        () => {},
        (error: unknown) => log.debug('a resource was not put in the DHT', { resource, reason: describeError(error) }),
      )
      .finally(() => this.#providing.delete(work))
    this.#providing.add(work)
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
    const { database, hive } = this.#deps
    const rows = database.all<{ readonly resource: string }>(
      'select resource from context_announced where hive = ? order by resource limit ?',
      hive,
      this.#options.maxAnnounced,
    )
    const announcements = rows.flatMap(({ resource }) => {
      const version = this.#providedVersion(resource)
      return version === undefined ? [] : [this.#say(version).announcement]
    })
    await this.#publish(announcements)
  }

  /** What there is to announce of a resource: nothing once it is deleted or contested, or its content is not here. */
  #providedVersion(resource: string): (Version & { readonly cid: Cid }) | undefined {
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
      const renewal = this.#renew().catch((error: unknown) => log.debug('announcements were not told', { reason: describeError(error) }))
      this.#providing.add(renewal)
      void renewal.finally(() => this.#providing.delete(renewal))
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
