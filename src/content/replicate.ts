import type { PeerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Cid } from '../lib/cid.ts'
import type { Clock } from '../lib/clock.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { Host } from '../network/host.ts'
import type { Database } from '../store/database.ts'
import type { ContentClient } from './client.ts'
import { keepReceipt } from './receipts.ts'
import { rankNodes } from './rules/rendezvous.ts'
import { admittedPeers } from './search.ts'

export interface ReplicateDeps {
  readonly hive: HiveId
  readonly host: Host
  readonly client: Pick<ContentClient, 'keep'>
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
}

export interface ReplicateOptions {
  readonly size: number
  readonly copies: number
  readonly signal: AbortSignal
}

/** One member more is asked each time so many milliseconds pass without enough signatures. */
const patienceMs = 10_000

/**
 * Asks members to keep a copy, those first that rank highest for it; resolves with those that signed, when they are
 * enough or at the signal.
 *
 * As many are asked at once as copies lack, and one more for each
 * ten seconds that this takes; members that connect meanwhile are asked as well.
 */
export async function replicateContent(deps: ReplicateDeps, cid: Cid, options: ReplicateOptions): Promise<readonly PeerId[]> {
  const { copies, signal } = options
  // a member that left and came back is asked again while its first answer may still come
  const signed = new Set<PeerId>()
  const asked = new Set<PeerId>()
  const done = Promise.withResolvers<void>()
  let underWay = 0
  let extra = 0
  let cancelPatience: (() => void) | undefined

  const ask = async (peer: PeerId): Promise<void> => {
    underWay += 1
    if (await isSigned(deps, { cid, peer }, options)) signed.add(peer)
    underWay -= 1
    if (signed.size >= copies) done.resolve()
    else askMore()
  }
  const askMore = (): void => {
    if (signal.aborted) return
    const candidates = rankNodes(cid, admittedPeers(deps.host)).filter((peer) => !asked.has(peer))
    for (const peer of candidates.slice(0, Math.max(0, copies + extra - signed.size - underWay))) {
      asked.add(peer)
      void ask(peer)
    }
  }

  const losePatience = (): void => {
    extra += 1
    askMore()
    cancelPatience = deps.clock.schedule(patienceMs, losePatience)
  }

  const stop = (): void => done.resolve()
  const off = deps.host.events.on('peer:connected', (peer) => {
    if (!signed.has(peer)) asked.delete(peer)
    askMore()
  })
  signal.addEventListener('abort', stop, { once: true })
  try {
    if (copies <= 0 || signal.aborted) return []
    askMore()
    cancelPatience = deps.clock.schedule(patienceMs, losePatience)
    await done.promise
    return [...signed]
  } finally {
    off()
    cancelPatience?.()
    signal.removeEventListener('abort', stop)
  }
}

async function isSigned(
  deps: ReplicateDeps,
  { cid, peer }: { readonly cid: Cid; readonly peer: PeerId },
  { size, signal }: ReplicateOptions,
): Promise<boolean> {
  try {
    const answer = await deps.client.keep(peer, cid, size, { signal })
    if (typeof answer === 'string') return false
    const isKept = await keepReceipt(deps.database, { hive: deps.hive, cid, node: peer, at: answer.at }, answer.signature)
    if (!isKept) deps.log.warn('a receipt was not signed by the peer it came from', { peer, cid })
    return isKept
  } catch (error) {
    deps.log.debug('a member did not take a copy', { peer, cid, reason: describeError(error) })
    return false
  }
}
