import { within } from '../content/within.ts'
import type { Cid } from '../lib/cid.ts'
import { describeError } from '../lib/fault.ts'
import type { ContextDeps, ContextHive, ContextOptions, Copies, Waiting } from './context.ts'
import type { ContextPeers } from './peers/open-peers.ts'

export interface CopiesRequest {
  /** The version's entry, and its content; null for a deletion. */
  readonly entry: Cid
  readonly cid: Cid | null
  readonly size: number
  /** Copies asked for, ourselves counted; without it as many as the hive has room for. */
  readonly replicas?: number | undefined
  /** How long to wait for them, in milliseconds, also for members that are not here yet. */
  readonly waitMs?: number | undefined
}

/** Asks members to take a version in, after it is on disk here: whatever they say, it stays stored. */
export async function spreadCopies(
  deps: Pick<ContextDeps, 'hive' | 'clock' | 'log' | 'isTransient'> & { readonly peers: Pick<ContextPeers, 'keep'> | undefined },
  options: Pick<ContextOptions, 'copiesTimeoutMs' | 'replicas'>,
  { entry, cid, size, replicas, waitMs, signal }: Waiting & CopiesRequest,
): Promise<Copies> {
  const { hive, clock, log } = deps
  // who goes away at once does not leave with the only copy, whoever else there is
  const room = Math.max(countMembers(hive) ?? options.replicas, deps.isTransient ? 2 : 1)
  const wanted = replicas ?? Math.min(options.replicas, room)
  if (hive.exchange === undefined || wanted <= 1) return { wanted, confirmed: 1 }
  try {
    return await within(clock, { ms: waitMs ?? options.copiesTimeoutMs, signal }, async (waiting) => {
      // a node that was opened for one command has nobody yet, and leaves with the only copy
      if (deps.isTransient) await hive.untilConnected({ signal: waiting })
      // no more than could sign now, unless somebody said how long to wait: who comes later asks by itself
      const copies = waitMs === undefined ? Math.min(wanted - 1, hive.connectedPeers().length) : wanted - 1
      const holders = copies === 0 ? 0 : await askToKeep(deps, { entry, cid, size }, { copies, signal: waiting })
      return { wanted, confirmed: 1 + holders }
    })
  } catch (error) {
    signal.throwIfAborted()
    log.warn('a version was stored but not copied', { entry, reason: describeError(error) })
    return { wanted, confirmed: 1 }
  }
}

/** How many signed. Where strangers may write, members keep what they are asked to within bounds, and nothing without being asked. */
async function askToKeep(
  { hive, peers }: Parameters<typeof spreadCopies>[0],
  version: Pick<CopiesRequest, 'entry' | 'cid' | 'size'>,
  asking: Waiting & { readonly copies: number },
): Promise<number> {
  if (peers !== undefined && hive.membership.policy === 'closed') return (await peers.keep(version, asking)).length
  if (version.cid === null || hive.exchange === undefined) return 0
  return (await hive.exchange.replicate(version.cid, asking)).length
}

/** Nodes of a hive, this one among them, whether they are about or not; undefined while nobody is known. */
function countMembers({ membership }: ContextHive): number | undefined {
  const count = membership.members().reduce((sum, { nodes, revoked }) => sum + (revoked ? 0 : nodes.length), 0)
  return count === 0 ? undefined : count
}
