import type { Exchange } from '../../content/content.ts'
import { replicateContent } from '../../content/replicate.ts'
import type { PeerId } from '../../identity/keys.ts'
import type { Cid } from '../../lib/cid.ts'
import type { Host } from '../../network/host.ts'
import type { ContextDeps, ContextOptions, Version, Waiting } from '../context.ts'
import type { AnnouncedProvider } from './announcer.ts'
import { ResourceAnnouncer } from './announcer.ts'
import { ContextClient } from './client.ts'
import { noteCopies } from './live-content.ts'
import { Resolver } from './resolver.ts'
import { SeenMembers } from './seen-members.ts'
import { serveContext } from './serve.ts'
import { Steward } from './steward.ts'

export interface ContextPeersDeps extends ContextDeps {
  readonly host: Host
  readonly exchange: Exchange
  readonly onAnnounced: (version: Version, provider: AnnouncedProvider) => void
}

/** Longest wait for one member to take a version in, in milliseconds; who asks mostly stops earlier. */
const longestKeepMs = 300_000

/** The part of a hive's context that other members have. Runs until it is disposed. */
export class ContextPeers implements AsyncDisposable {
  readonly resolver: Resolver
  readonly announcer: ResourceAnnouncer
  readonly seen: SeenMembers
  /** Undefined in a node that goes away when the call is done. */
  readonly steward: Steward | undefined
  readonly #deps: ContextPeersDeps
  readonly #client: ContextClient
  readonly #end = new AbortController()

  constructor(deps: ContextPeersDeps, options: ContextOptions) {
    const { hive, host, content, exchange, database, clock, chance, log, view, isTransient } = deps
    const { membership, key } = hive
    const isMember = (node: PeerId): boolean => membership.judge(node).verdict === 'admitted'
    const parts = { hive: hive.hive, host, key, content, exchange, database, clock, chance, log, isMember }
    const { onVersion } = view
    this.#deps = deps
    this.#client = new ContextClient(parts)
    this.seen = new SeenMembers({ host, clock, isMember, before: hive.seenBefore() })
    this.announcer = new ResourceAnnouncer({ ...parts, onAnnounced: deps.onAnnounced }, options)
    const announcedBy = (resource: string): readonly PeerId[] => this.announcer.providersOf(resource).map(({ provider }) => provider)
    this.resolver = new Resolver({ ...parts, membership, client: this.#client, announcedBy, ending: this.#end.signal }, options)
    const isClosed = membership.policy === 'closed'
    serveContext({ ...parts, journal: hive.journal, onVersion, isClosed }, options, this.#end)
    const stewarding = { ...parts, client: this.#client, seen: this.seen, onVersion, isClosed }
    this.steward = isTransient ? undefined : new Steward(stewarding, options)
  }

  /** Asks members to keep a version; resolves with those that signed for it when they are enough, or at the signal. */
  async keep(
    { entry, cid, size }: { readonly entry: Cid; readonly cid: Cid | null; readonly size: number },
    { copies, signal }: Waiting & { readonly copies: number },
  ): Promise<readonly PeerId[]> {
    const { hive, database, clock } = this.#deps
    const client = {
      keep: async (peer: PeerId) =>
        (await this.#client.ask(peer, { type: 'keep', entry, cid }, { ms: longestKeepMs, signal })) ?? ('absent' as const),
    }
    const signed = await replicateContent({ ...this.#deps, hive: hive.hive, client }, cid ?? entry, { size, copies, signal })
    if (cid !== null) {
      const at = Math.trunc(clock.now())
      const noted = signed.map((node) => ({ cid, node, at }))
      await database.writeSoon((tx) => noteCopies(tx, hive.hive, noted))
      this.steward?.recount(cid)
    }
    return signed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new Error('the context is closed'))
    this.seen[Symbol.dispose]()
    await Promise.all([this.steward?.[Symbol.asyncDispose](), this.announcer[Symbol.asyncDispose]()])
  }
}
