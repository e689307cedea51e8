import type { Cid } from '../lib/cid.ts'
import { withDeadline } from '../lib/deadline.ts'
import { describeError } from '../lib/fault.ts'
import type { ContextDeps, ContextOptions, Copies, Waiting } from './context.ts'

/** Asks members to keep content, after it is on disk here: whatever they say, it stays stored. `wanted` counts ourselves. */
export async function spreadCopies(
  deps: Pick<ContextDeps, 'hive' | 'clock' | 'log' | 'isTransient'>,
  options: Pick<ContextOptions, 'copiesTimeoutMs'>,
  { cid, wanted, waitMs, signal }: Waiting & { readonly cid: Cid; readonly wanted: number; readonly waitMs: number | undefined },
): Promise<Copies> {
  const { hive, clock, log } = deps
  const { exchange } = hive
  if (exchange === undefined || wanted <= 1) return { wanted, confirmed: 1 }
  const late = withDeadline(clock, waitMs ?? options.copiesTimeoutMs, signal)
  try {
    // a node that was opened for one command has nobody yet, and leaves with the only copy
    if (deps.isTransient) await hive.untilConnected({ signal: late })
    // no more than could sign now: who comes later asks by itself
    const copies = Math.min(wanted - 1, hive.connectedPeers().length)
    const holders = copies === 0 ? [] : await exchange.replicate(cid, { copies, signal: late })
    return { wanted, confirmed: 1 + holders.length }
  } catch (error) {
    signal.throwIfAborted()
    log.warn('a version was stored but not copied', { cid, reason: describeError(error) })
    return { wanted, confirmed: 1 }
  }
}
