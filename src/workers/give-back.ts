import type { Clock } from '../lib/clock.ts'
import { withDeadline } from '../lib/deadline.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { ClaimHolder } from '../tasks/claims/holder.ts'
import { formatReason } from '../tasks/rules/reasons.ts'
import type { WorkEnd } from './work-end.ts'
import { wordsOfEnding } from './work-end.ts'

export interface GiveBackDeps {
  readonly clock: Clock
  readonly log: Log
}

export interface GiveBackOptions {
  /** What broke off the work. */
  readonly error: unknown
  /** Time that telling the forge may take, in milliseconds. */
  readonly checkpointMs: number
  /** Aborted when the node or its worker ends: what broke off because of that is no fault. */
  readonly ending: AbortSignal
}

/**
 * Gives back a task that this node could not work on at all: no git, a full disk, a secret that others can read, a bug of ours.
 *
 * Says nothing of the task: it does not count towards quarantine, and the node leaves all others alone for a while. Never throws.
 */
export async function giveBack(
  { clock, log }: GiveBackDeps,
  held: { readonly task: { readonly key: string }; readonly holder: Pick<ClaimHolder, 'release'> },
  { error, checkpointMs, ending }: GiveBackOptions,
): Promise<WorkEnd> {
  const words = describeError(error)
  const reason = ending.aborted ? formatReason('shutdown', wordsOfEnding(ending)) : formatReason('node-failed', words)
  const hindered = ending.aborted ? {} : { hindrance: words }
  if (!ending.aborted) log.error('a task could not be worked on here, and is given back', { task: held.task.key, error: words })
  try {
    const sent = await held.holder.release(reason, { signal: withDeadline(clock, checkpointMs) })
    if (sent.result === 'accepted') return { end: 'released', reason, ...hindered }
    return { end: 'lost', reason: `${reason}; the claim is ${sent.result}`, ...hindered }
  } catch (releaseError) {
    log.error('a claim was not given back; it ends with its lease', { task: held.task.key, error: describeError(releaseError) })
    return { end: 'lost', reason: `${reason}; the forge did not answer`, ...hindered }
  }
}
