import type { PeerId } from '../../identity/keys.ts'
import { withDeadline } from '../../lib/deadline.ts'
import { describeError } from '../../lib/fault.ts'
import type { CallContext } from '../../operations/define-operation.ts'
import type { MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import type { IndexedRelease } from '../package-index.ts'

/** Who knows of a release, and who has it, when its publish ends. */
export interface Reached {
  /** Members connected. */
  readonly announcedTo: number
  /** Whether the DHT was told by then; a node that stays goes on with it. */
  readonly providerRecord: boolean
  readonly holders: readonly PeerId[]
}

/** Tells others, after all is on disk: none of it may fail the publish. */
export async function spread(
  deps: MarketDeps & { readonly options: MarketOptions },
  { hive, release, context }: { readonly hive: MarketHive; readonly release: IndexedRelease; readonly context: CallContext },
): Promise<Reached> {
  if (deps.isTransient) await waitForPeer(deps, hive, context)
  const peers = hive.connectedPeers()
  const { exchange } = hive
  if (exchange === undefined || peers.length === 0) return { announcedTo: 0, providerRecord: false, holders: [] }
  context.report({ stage: 'copying', done: 0, total: deps.options.copies - 1, unit: 'items' })
  const note = (reason: unknown): void => deps.log.warn('a release was stored but not told to all', { reason: describeError(reason) })
  let isAnnounced = false
  const late = withDeadline(deps.clock, deps.options.announceTimeoutMs, context.signal)
  const announced = exchange.announce(release.archive, { signal: late }).then(() => void (isAnnounced = true), note)
  // No more than could sign now: a member that comes later asks by itself, and a publish does not wait for it.
  const copies = Math.min(Math.max(0, deps.options.copies - 1), peers.length)
  const signal = withDeadline(deps.clock, deps.options.copiesTimeoutMs, context.signal)
  const copied = exchange.replicate(release.archive, { copies, signal })
  const listed = exchange.replicate(release.files, { copies, signal })
  const [holders, lists] = await Promise.allSettled([copied, listed])
  for (const outcome of [holders, lists]) if (outcome.status === 'rejected') note(outcome.reason)
  if (deps.isTransient) await announced
  context.signal.throwIfAborted()
  return {
    announcedTo: peers.length,
    providerRecord: isAnnounced,
    holders: holders.status === 'fulfilled' ? holders.value : [],
  }
}

/** A node that was opened for one command has nobody yet, and leaves with the only copy of what it says if it does not wait for somebody. */
export async function waitForPeer(
  deps: MarketDeps & { readonly options: MarketOptions },
  hive: MarketHive,
  context: CallContext,
): Promise<void> {
  context.report({ stage: 'connecting', done: 0, unit: 'items' })
  const late = withDeadline(deps.clock, deps.options.copiesTimeoutMs, context.signal)
  await hive.untilConnected({ signal: late }).catch(() => context.signal.throwIfAborted())
}
