import type { Chance } from '../../../src/lib/chance.ts'
import type { Clock } from '../../../src/lib/clock.ts'
import { untilAborted } from '../../../src/lib/deadline.ts'
import { Fault } from '../../../src/lib/fault.ts'

/** How the way between one machine and the server is now. */
export interface LineState {
  /** One way, in milliseconds, and how much more it may be. */
  latencyMs: number
  jitterMs: number
  /** Nothing gets to the server. */
  isCut: boolean
  /** Nothing comes back from it. */
  isDeaf: boolean
  /** Share of requests, and of answers, that get lost. */
  loss: number
  /** Share of requests that arrive twice, the second time late. */
  duplicates: number
  /** Share of requests that arrive after nobody waits for them any more. */
  late: number
}

/** A line on which nothing goes wrong. */
export const goodLine: LineState = { latencyMs: 20, jitterMs: 20, isCut: false, isDeaf: false, loss: 0, duplicates: 0, late: 0 }

/** What the server itself does with requests now. */
export interface ServerMood {
  isDown: boolean
  /** Share of pushes that it refuses for no reason of the refs. */
  refusals: number
  /** Share of pushes of which it says `ok` and does nothing. */
  pretences: number
  /** How old what it lists is, in milliseconds. */
  lagMs: number
  /** Share of questions for commits that it does not answer: a replica that lags, a page of some portal. */
  glitches: number
}

export interface LineDeps {
  readonly world: Clock
  /** Of the process that asks: what comes back to one that is stopped waits. */
  readonly clock: Clock
  readonly chance: Chance
  readonly mood: ServerMood
}

/** A request gives up after so long, in milliseconds. */
export const requestTimeoutMs = 30_000
/** Latest that a request arrives after nobody waits for it any more, in milliseconds. */
const latestMs = 120_000

/** What a request is told when there is no answer. */
export interface Failures {
  readonly unreachable: () => Fault
  readonly late: () => Fault
}

/** Asks the server over a line: `work` is what it does when the request is there, at a moment of its own. */
export async function askServer<T>(
  { world, clock, chance, mood }: LineDeps,
  line: LineState,
  { work, failures, signal }: { readonly work: () => T; readonly failures: Failures; readonly signal: AbortSignal },
): Promise<T> {
  signal.throwIfAborted()
  const answer = Promise.withResolvers<T>()
  const legMs = (): number => line.latencyMs + chance.fraction() * line.jitterMs
  const isLikely = (share: number): boolean => share > 0 && chance.fraction() < share
  const giveUp = (): void => void clock.schedule(requestTimeoutMs, () => answer.reject(failures.late()))
  const arrive = (): void => {
    if (mood.isDown) return void clock.schedule(legMs(), () => answer.reject(failures.unreachable()))
    const done = attempt(work)
    if (isLikely(line.duplicates)) world.schedule(chance.fraction() * latestMs, () => mood.isDown || attempt(work))
    if (line.isDeaf || isLikely(line.loss)) return giveUp()
    clock.schedule(legMs(), () => ('error' in done ? answer.reject(done.error) : answer.resolve(done.value)))
  }
  if (line.isCut || isLikely(line.loss)) {
    // a connection that breaks is told at once, one that goes nowhere is waited for
    if (chance.fraction() < 0.5) clock.schedule(legMs(), () => answer.reject(failures.unreachable()))
    else giveUp()
  } else if (isLikely(line.late)) {
    world.schedule(requestTimeoutMs + chance.fraction() * latestMs, () => mood.isDown || attempt(work))
    giveUp()
  } else world.schedule(legMs(), arrive)
  return untilAborted(answer.promise, signal)
}

/** What the server does, which may be to refuse. Anything else is a bug of the simulation. */
function attempt<T>(work: () => T): { readonly value: T } | { readonly error: Fault } {
  try {
    return { value: work() }
  } catch (error) {
    if (error instanceof Fault) return { error }
    throw error
  }
}
