import type { PeerId } from '../identity/keys.ts'
import { encodeText } from '../lib/bytes.ts'
import type { Cid } from '../lib/cid.ts'
import { hashBytes } from '../lib/cid.ts'
import type { Clock } from '../lib/clock.ts'
import { mapBounded } from '../lib/map-bounded.ts'
import type { Host } from '../network/host.ts'
import type { ContentClient, Possession } from './client.ts'
import { rankNodes } from './rules/rendezvous.ts'
import { within } from './within.ts'

export interface SearchDeps {
  readonly host: Host
  readonly client: ContentClient
  readonly clock: Clock
}

export interface SearchOptions {
  readonly signal: AbortSignal
  /** Whether the DHT is asked too; decided when the connected members have answered, and it may wait for what they give. */
  readonly isDeep: () => boolean | Promise<boolean>
  /** Time for one dial, and for the lookup, in milliseconds. */
  readonly askTimeoutMs: number
  /** Providers taken from the DHT at most, and so dials. */
  readonly maxProviders: number
  readonly isExcluded: (peer: PeerId) => boolean
  /** Everybody that was asked; `undefined`: has nothing, or did not answer. */
  readonly onAnswer: (peer: PeerId, possession: Possession | undefined) => void
}

/** Connected members asked in one search at most; those that rank first for the content are asked first. */
const maxAsked = 64
/** Questions under way at once: each is a channel. */
const parallelQuestions = 16
/** Dials under way at once: addresses from the DHT may lead nowhere. */
const parallelDials = 4

/** What content is called in the DHT. @see docs/protocols/content.md §6 */
export function routingKey(cid: Cid): Uint8Array {
  return hashBytes(encodeText(`althing:content:${cid}`))
}

/** Members one may ask now. */
export function admittedPeers(host: Host): readonly PeerId[] {
  return [...new Set(host.connections().flatMap(({ peer, admitted }) => (admitted ? [peer] : [])))]
}

/** Asks connected members what they have of some content, then those the DHT names. Resolves when all of them answered or were given up. */
export async function searchContent(deps: SearchDeps, cid: Cid, options: SearchOptions): Promise<void> {
  const { signal } = options
  const asked = new Set<PeerId>([deps.host.peerId])
  const ask = async (peer: PeerId): Promise<void> => options.onAnswer(peer, await deps.client.have(peer, cid, { signal }))
  const connected = rankNodes(cid, admittedPeers(deps.host))
    .filter((peer) => !options.isExcluded(peer))
    .slice(0, maxAsked)
  for (const peer of connected) asked.add(peer)
  await mapBounded(connected, ask, { concurrency: parallelQuestions, signal })
  if (!(await options.isDeep())) return
  const named = (await findNamed(deps, cid, options)).filter((peer) => !asked.has(peer) && !options.isExcluded(peer))
  const reach = async (peer: PeerId): Promise<void> => {
    if (await reachMember(deps, peer, options)) await ask(peer)
    else options.onAnswer(peer, undefined)
  }
  await mapBounded(named, reach, { concurrency: parallelDials, signal })
}

/** Providers the DHT names within the time; a lookup that fails names none. */
async function findNamed(deps: SearchDeps, cid: Cid, options: SearchOptions): Promise<readonly PeerId[]> {
  const named = new Set<PeerId>()
  const look = async (signal: AbortSignal): Promise<void> => {
    for await (const peer of deps.host.routing.findProviders(routingKey(cid), { signal, limit: options.maxProviders })) {
      if (named.size < options.maxProviders) named.add(peer)
    }
  }
  await within(deps.clock, { ms: options.askTimeoutMs, signal: options.signal }, look).catch(() => options.signal.throwIfAborted())
  return [...named]
}

/** Dials a member that is not connected, and waits until the hive admits it; false when that took too long. */
export async function reachMember(
  { host, clock }: Pick<SearchDeps, 'host' | 'clock'>,
  peer: PeerId,
  options: Pick<SearchOptions, 'askTimeoutMs' | 'signal'>,
): Promise<boolean> {
  const isAdmitted = (): boolean => admittedPeers(host).includes(peer)
  if (isAdmitted()) return true
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const off = host.events.on('peer:connected', (connected) => {
    if (connected === peer) resolve()
  })
  const dial = async (signal: AbortSignal): Promise<boolean> => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    await host.dial(peer, { signal })
    if (!isAdmitted()) await promise
    return true
  }
  promise.catch(() => {})
  try {
    return await within(clock, { ms: options.askTimeoutMs, signal: options.signal }, dial)
  } catch {
    options.signal.throwIfAborted()
    return false
  } finally {
    off()
  }
}
