import type { Clock } from '../lib/clock.ts'
import { withDeadline, untilAborted } from '../lib/deadline.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'

export interface ShutdownDeps {
  readonly clock: Clock
  readonly log: Log
}

export interface ShutdownOptions {
  /** Time for each step, in milliseconds; a step that takes longer is left behind and the next one runs. */
  readonly stepDeadlineMs: number
}

export interface StepOptions {
  /** Time for this step, in milliseconds, where it needs another than the rest. */
  readonly deadlineMs: number
}

/** What must be closed, in the order it was opened; closing goes the other way round. */
export interface Shutdown extends AsyncDisposable {
  /** Takes over an opened part. Returns it, so that opening reads in one line. */
  readonly use: <T extends AsyncDisposable>(name: string, part: T, options?: StepOptions) => T
  /** Takes over a step of any kind. */
  readonly defer: (name: string, step: () => void | Promise<void>) => void
  readonly isClosing: () => boolean
}

interface Step {
  readonly name: string
  readonly run: () => void | Promise<void>
  readonly deadlineMs: number
}

/**
 * A stack of steps that all run once, last opened first, each with a deadline; a step that fails or hangs is logged and never keeps the others from running.
 *
 * Disposing again waits for the same end.
 */
export function openShutdown({ clock, log }: ShutdownDeps, { stepDeadlineMs }: ShutdownOptions): Shutdown {
  const steps: Step[] = []
  let closing: Promise<void> | undefined

  const runStep = async ({ name, run, deadlineMs }: Step): Promise<void> => {
    try {
      await untilAborted(Promise.resolve(run()), withDeadline(clock, deadlineMs))
    } catch (error) {
      log.warn(`closing ${name}: ${describeError(error)}`)
    }
  }
  const close = async (): Promise<void> => {
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) await runStep(step)
  }
  const add = (step: Step): void => {
    if (closing !== undefined) throw new Error(`${step.name} was opened while the node was closing`)
    steps.push(step)
  }
  return {
    defer: (name, run) => add({ name, run, deadlineMs: stepDeadlineMs }),
    use: (name, part, { deadlineMs } = { deadlineMs: stepDeadlineMs }) => {
      add({ name, run: async () => part[Symbol.asyncDispose](), deadlineMs })
      return part
    },
    isClosing: () => closing !== undefined,
    [Symbol.asyncDispose]: () => (closing ??= close()),
  }
}
