import { admittedPeers, reachMember } from '../../content/search.ts'
import { rankNodes } from '../../content/rules/rendezvous.ts'
import { within } from '../../content/within.ts'
import type { PeerId } from '../../identity/keys.ts'
import { encodeText } from '../../lib/bytes.ts'
import { hashBytes } from '../../lib/cid.ts'
import type { Clock } from '../../lib/clock.ts'
import { untilAborted } from '../../lib/deadline.ts'
import { mapBounded } from '../../lib/map-bounded.ts'
import type { Host } from '../../network/host.ts'
import type { ResolverFigures } from '../context-status.ts'
import type { ContextClient } from './client.ts'
import type { JudgeAnswerDeps, ToldVersion } from './judge-answer.ts'
import { judgeAnswer } from './judge-answer.ts'
import type { Wanted } from './protocol.ts'

export interface ResolverDeps extends JudgeAnswerDeps {
  readonly host: Host
  readonly client: ContextClient
  readonly clock: Clock
  /** Members that announced that they have a resource. */
  readonly announcedBy: (resource: string) => readonly PeerId[]
  /** Ends what is under way. */
  readonly ending: AbortSignal
}

export interface ResolverOptions {
  /** Members asked at once for one address. */
  readonly resolveMembers: number
  /** Time for one answer, and for the lookup of providers, in milliseconds. */
  readonly askTimeoutMs: number
  /** How long an answer is good, in milliseconds. */
  readonly resolveTtlMs: number
  /** How long it is remembered that nobody knew an address, in milliseconds. */
  readonly missTtlMs: number
  /** Answers remembered; the oldest goes first. */
  readonly maxResolved: number
}

interface Remembered {
  readonly told: ToldVersion | undefined
  readonly until: number
}

/** Members dialled at once: addresses from the DHT may lead nowhere. */
const parallelDials = 4

/** What a resource is called in the DHT. @see docs/protocols/context.md */
export function resourceKey(resource: string): Uint8Array {
  return hashBytes(encodeText(`althing:context:${resource}`))
}

/** Asks others for versions that no journal here says yet: members that are connected, then those that the DHT names. */
export class Resolver {
  readonly #deps: ResolverDeps
  readonly #options: ResolverOptions
  readonly #remembered = new Map<string, Remembered>()
  readonly #underWay = new Map<string, Promise<ToldVersion | undefined>>()
  readonly #figures = { asked: 0, cached: 0, told: 0, missed: 0, refused: 0 }

  constructor(deps: ResolverDeps, options: ResolverOptions) {
    this.#deps = deps
    this.#options = options
  }

  /** The version as its writer signed it, if anybody who can be reached knows it. @throws the signal's reason */
  async resolve(resource: string, wanted: Wanted, { signal }: { readonly signal: AbortSignal }): Promise<ToldVersion | undefined> {
    const name = `${resource} ${JSON.stringify(wanted)}`
    const known = this.#remembered.get(name)
    if (known !== undefined && known.until > this.#deps.clock.monotonic()) {
      this.#figures.cached += 1
      return known.told
    }
    // who asks for the same meanwhile waits with the first; who leaves leaves the question to the others
    const asking = this.#underWay.get(name) ?? this.#ask(name, resource, wanted)
    return await untilAborted(asking, signal)
  }

  figures(): ResolverFigures {
    return { ...this.#figures, remembered: this.#remembered.size }
  }

  #ask(name: string, resource: string, wanted: Wanted): Promise<ToldVersion | undefined> {
    const asking = this.#search(resource, wanted)
      .then((told) => {
        this.#remember(name, told)
        return told
      })
      .finally(() => this.#underWay.delete(name))
    this.#underWay.set(name, asking)
    return asking
  }

  async #search(resource: string, wanted: Wanted): Promise<ToldVersion | undefined> {
    const { host } = this.#deps
    const connected = rankNodes(resource, admittedPeers(host)).slice(0, this.#options.resolveMembers)
    const asked = new Set<PeerId>([host.peerId, ...connected])
    const near = await this.#askAll(connected, resource, wanted)
    if (near !== undefined) return near
    const named = (await this.#findNamed(resource)).filter((peer) => !asked.has(peer))
    return await this.#askAll(named, resource, wanted)
  }

  /** The newest of what they tell: nobody can invent a version, but anybody may be behind. */
  async #askAll(peers: readonly PeerId[], resource: string, wanted: Wanted): Promise<ToldVersion | undefined> {
    const { client } = this.#deps
    const { askTimeoutMs: ms, resolveMembers } = this.#options
    const ask = async (peer: PeerId): Promise<ToldVersion | undefined> => {
      this.#figures.asked += 1
      const answer = await client.ask(peer, { type: 'resolve', resource, wanted }, { ms, signal: this.#deps.ending })
      const entry = answer?.entry ?? undefined
      if (entry === undefined) return undefined
      const told = judgeAnswer(this.#deps, entry, { resource, wanted })
      if (told === undefined) this.#figures.refused += 1
      return told
    }
    // each is one channel
    const answers = await mapBounded(peers, ask, { concurrency: resolveMembers })
    const newestFirst = answers.flatMap((told) => told ?? []).toSorted((a, b) => b.record.version - a.record.version)
    return newestFirst[0]
  }

  /** Members said to have it, reached or not: asking dials. */
  async #findNamed(resource: string): Promise<readonly PeerId[]> {
    const { host, clock, announcedBy, ending } = this.#deps
    const { askTimeoutMs: ms, resolveMembers } = this.#options
    const named = new Set<PeerId>(announcedBy(resource))
    const look = async (signal: AbortSignal): Promise<void> => {
      for await (const peer of host.routing.findProviders(resourceKey(resource), { signal, limit: resolveMembers })) named.add(peer)
    }
    await within(clock, { ms, signal: ending }, look).catch(() => {})
    const admitted = new Set(admittedPeers(host))
    const reached = await mapBounded([...named].slice(0, resolveMembers), (peer) => this.#isReached(peer, admitted), {
      concurrency: parallelDials,
    })
    return reached.flatMap((peer) => peer ?? [])
  }

  async #isReached(peer: PeerId, admitted: ReadonlySet<PeerId>): Promise<PeerId | undefined> {
    if (admitted.has(peer)) return peer
    if (peer === this.#deps.host.peerId) return undefined
    const isReached = await reachMember(this.#deps, peer, { askTimeoutMs: this.#options.askTimeoutMs, signal: this.#deps.ending })
    return isReached ? peer : undefined
  }

  #remember(name: string, told: ToldVersion | undefined): void {
    const { resolveTtlMs, missTtlMs, maxResolved } = this.#options
    this.#figures[told === undefined ? 'missed' : 'told'] += 1
    const [oldest] = this.#remembered.keys()
    if (this.#remembered.size >= maxResolved && oldest !== undefined) this.#remembered.delete(oldest)
    this.#remembered.delete(name)
    this.#remembered.set(name, { told, until: this.#deps.clock.monotonic() + (told === undefined ? missTtlMs : resolveTtlMs) })
  }
}
