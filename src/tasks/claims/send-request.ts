import type { Chance } from '../../lib/chance.ts'
import type { Clock } from '../../lib/clock.ts'
import { withDeadline } from '../../lib/deadline.ts'
import { Fault, describeError } from '../../lib/fault.ts'
import type { Log } from '../../lib/log.ts'
import type { ObjectId } from '../git/objects.ts'
import { emptyTree } from '../git/objects.ts'
import type { GitRemote, PushRequest, RefUpdate } from '../git/remote.ts'
import { backoffMs, judgeRefusal, maxBackoffMs, maxFailuresInRow } from '../rules/judge-refusal.ts'
import type { Line } from '../rules/request.ts'
import { confirmRequest, judgeOutcome, sendRequest } from '../rules/request.ts'
import type { Claim } from './claim.ts'

export interface SendDeps {
  readonly remote: GitRemote
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
}

/** Work that moves in the same push as the claim, or not at all. */
export interface WorkUpdate {
  readonly update: RefUpdate
  readonly openPack: NonNullable<PushRequest['openPack']>
}

/** One move of a claim ref: what it was, the commit it is to be, and what goes with it. */
export interface ClaimMove {
  readonly ref: string
  readonly old: ObjectId | undefined
  readonly claim: Claim
  readonly work?: WorkUpdate
}

/** How a move ended. `line` is what is known of the ref now. */
export type Sent =
  | { readonly result: 'accepted'; readonly line: Line; readonly sentAt: number; readonly wallAt: number }
  | { readonly result: 'lost'; readonly line: Line; readonly value: ObjectId | undefined }
  | { readonly result: 'regressed'; readonly line: Line; readonly value: ObjectId | undefined }
  /** The claim stands as before, or as a request wrote it that was taken for refused: `line.known` says which. */
  | { readonly result: 'refused'; readonly line: Line; readonly cause: 'policy' | 'moved' | 'contention'; readonly reason: string }
  /**
   * The waiting ended. The request may still take effect: `line.pending` must be sent again before anything else.
   *
   * `isDenied`: the server answers by now, and by its policy it will not take the request however often it comes.
   */
  | { readonly result: 'unknown'; readonly line: Line; readonly reason: string; readonly isDenied: boolean }

/** Refusals by policy, half a minute of them, after which a request that may still be on its way is not sent again. */
const maxDenials = 6
/** How long a move that belongs to no lease is sent without its outcome being known, in milliseconds. */
const patienceMs = 60_000

/**
 * A signal that ends such a move: after a minute, or a lease if that is shorter.
 *
 * What is on its way then may still be taken. Whoever looks for claims of ours finds it: rule 5.
 */
export function withPatience(clock: Clock, ttlSeconds: number, signal: AbortSignal): AbortSignal {
  return withDeadline(clock, Math.min(patienceMs, ttlSeconds * 1000), signal)
}

/**
 * Sends one move until its outcome is known: the same bytes again after no answer, another try after contention.
 *
 * Ends with `unknown` when the signal says so, or the server's policy does after an answer was lost; with `refused` after ten refusals in a row. Throws
 * only bugs.
 *
 * @see docs/protocols/claims.md §9 rule 5
 */
export async function sendMove(
  deps: SendDeps,
  before: Line,
  { move, signal }: { readonly move: ClaimMove; readonly signal: AbortSignal },
): Promise<Sent> {
  const { clock, chance, log } = deps
  const [sentAt, wallAt] = [clock.monotonic(), clock.now()]
  let line = before.pending?.next === move.claim.id ? before : sendRequest(before, { old: move.old, next: move.claim.id })
  let [mayBeOnItsWay, denials] = [before.pending !== undefined, 0]
  for (let failures = 0; ; failures++) {
    let refused: Sent | undefined
    const said = await pushOnce(deps, move, signal)
    if (said.answer === 'ok') return { result: 'accepted', line: confirmRequest(line), sentAt, wallAt }
    mayBeOnItsWay ||= said.answer === 'none'
    if (said.answer === 'refused' && judgeRefusal(said.reason) === 'policy') denials += 1
    const { pauseMs = 0 } = said
    const seen = pauseMs > 0 ? undefined : await look(deps, move, signal)
    if (seen !== undefined) {
      const judged = judgeOutcome(line, seen.value, { mayBeOnItsWay })
      if (judged.outcome === 'accepted') return { result: 'accepted', line: judged.line, sentAt, wallAt }
      if (judged.outcome === 'lost' || judged.outcome === 'regressed')
        return { result: judged.outcome, line: judged.line, value: seen.value }
      if (judged.outcome === 'refused') {
        if (judged.line.known !== before.known)
          return {
            result: 'refused',
            line: judged.line,
            cause: 'contention',
            reason: 'a request that was refused before was taken after all',
          }
        const cause = seen.isWorkMoved ? 'moved' : judgeRefusal(said.reason)
        refused = { result: 'refused', line: judged.line, cause, reason: said.reason }
        if (cause !== 'contention' || failures >= maxFailuresInRow) return refused
      }
    }
    const isDenied = denials >= maxDenials
    log.debug('a claim was not moved', { ref: move.ref, reason: said.reason, failures, isDenied })
    if (isDenied || !(await pause(clock, Math.max(pauseMs, backoffMs(failures, chance.fraction())), signal)))
      return refused ?? { result: 'unknown', line, reason: said.reason, isDenied }
    line = sendRequest(line, { old: move.old, next: move.claim.id })
  }
}

interface Said {
  readonly answer: 'ok' | 'refused' | 'none'
  readonly reason: string
  /** How long the server asks to be left alone, in milliseconds. */
  readonly pauseMs?: number
}

async function pushOnce({ remote }: SendDeps, move: ClaimMove, signal: AbortSignal): Promise<Said> {
  try {
    const { refs, unpackError } = await remote.push(formatMove(move), { signal })
    const refusals = refs.flatMap((ref) => (ref.result === 'refused' ? [ref.reason] : []))
    if (refusals.length === 0 && unpackError === undefined) return { answer: 'ok', reason: '' }
    return { answer: 'refused', reason: refusals.find((reason) => judgeRefusal(reason) === 'policy') ?? refusals[0] ?? unpackError ?? '' }
  } catch (error) {
    if (signal.aborted) return { answer: 'none', reason: describeError(signal.reason) }
    if (!(error instanceof Fault)) throw error
    const isUnanswered = error.kind === 'unavailable' || error.kind === 'timeout'
    if (!isUnanswered) return { answer: 'refused', reason: `not allowed: ${error.message}` }
    return { answer: 'none', reason: error.message, pauseMs: pauseOf(error) }
  }
}

/** At most as long as rule 20 waits: others may be told another time. */
function pauseOf({ data }: Fault): number {
  const asked = data['retryAfterMs']
  return typeof asked === 'number' ? Math.min(asked, maxBackoffMs) : 0
}

/** One push: the claim, and with it whatever must not move without it. */
export function formatMove({ ref, old, claim, work }: ClaimMove): PushRequest {
  const updates: readonly RefUpdate[] = [{ ref, old, new: claim.id }, ...(work === undefined ? [] : [work.update])]
  return {
    updates,
    objects: [{ type: 'commit', bytes: claim.bytes }, emptyTree],
    isAtomic: updates.length > 1,
    ...(work === undefined ? {} : { openPack: work.openPack }),
  }
}

/** What stands on the forge now; undefined when it does not say. */
async function look(
  { remote }: SendDeps,
  { ref, work }: ClaimMove,
  signal: AbortSignal,
): Promise<{ readonly value: ObjectId | undefined; readonly isWorkMoved: boolean } | undefined> {
  try {
    const refs = await remote.listRefs([ref, ...(work === undefined ? [] : [work.update.ref])], { signal })
    return { value: refs.get(ref), isWorkMoved: work !== undefined && refs.get(work.update.ref) !== work.update.old }
  } catch (error) {
    if (signal.aborted || error instanceof Fault) return undefined
    throw error
  }
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false
  try {
    await clock.sleep(ms, { signal })
    return true
  } catch {
    return false
  }
}
