import { createHook } from 'node:async_hooks'
import type { Clock } from './clock.ts'

/** Time that stands still until it is told to pass. One for a whole simulated world; each node may see it through a view of its own. */
export interface VirtualClock extends Clock {
  /** Lets `ms` pass: everything due by then is called, in order of its time, then of its scheduling. */
  readonly advance: (ms: number) => Promise<void>
  /** Lets time pass until `work` settles, and gives what it gave. @throws when nothing is left that could wake it, or after `maxMs` */
  readonly run: <T>(work: Promise<T>, options?: { readonly maxMs: number }) => Promise<T>
  /** Lets everything happen that needs no time: promise chains, `setImmediate`, disk and hashing under way. */
  readonly settle: () => Promise<void>
  /** The same time with a wall clock that is `offsetMs` off, and a lid that can be closed. */
  readonly withSkew: (offsetMs: number) => SkewedClock
  /** Calls that are scheduled and not cancelled. */
  readonly pending: () => number
}

/** What one simulated node takes for the time. */
export interface SkewedClock extends Clock {
  /** Sets the wall clock to be `offsetMs` ahead (or behind, when negative) of the world's. */
  readonly skew: (offsetMs: number) => void
  /** Holds back all that falls due, as a closed lid does. */
  readonly suspend: () => void
  /** Calls what fell due meanwhile, in order. */
  readonly resume: () => void
}

export interface VirtualClockOptions {
  /** Wall time at the start, in milliseconds since 1970. */
  readonly startsAt: number
}

interface Timer {
  readonly at: number
  readonly order: number
  readonly wake: () => void
  isCancelled: boolean
}

/** Longest time a `run` lets pass when nothing else is said: a day. */
const defaultMaxMs = 86_400_000

/** Deterministic time: the same calls in the same order on every run. */
export function createVirtualClock(options: VirtualClockOptions): VirtualClock {
  watchBackground()
  const timers = createTimerHeap()
  let elapsed = 0
  let order = 0
  let cancelled = 0

  const schedule = (ms: number, wake: () => void): (() => void) => {
    const timer: Timer = { at: elapsed + Math.max(0, ms), order: order++, wake, isCancelled: false }
    timers.push(timer)
    return () => {
      if (timer.isCancelled) return
      timer.isCancelled = true
      cancelled += 1
      if (cancelled > 1024 && cancelled * 2 > timers.size()) {
        timers.drop((candidate) => candidate.isCancelled)
        cancelled = 0
      }
    }
  }

  /** Calls all that is due at the next moment, unless that is after `until`. */
  const step = (until: number): boolean => {
    let next = timers.peek()
    while (next?.isCancelled === true) {
      timers.pop()
      cancelled -= 1
      next = timers.peek()
    }
    if (next === undefined || next.at > until) return false
    elapsed = next.at
    const last = order
    while (next !== undefined && next.at === elapsed && next.order < last) {
      timers.pop()
      if (next.isCancelled) cancelled -= 1
      else {
        next.isCancelled = true
        next.wake()
      }
      next = timers.peek()
    }
    return true
  }

  const advance = async (ms: number): Promise<void> => {
    const until = elapsed + ms
    await settle()
    while (step(until)) await settle()
    elapsed = until
  }

  const run = async <T>(work: Promise<T>, limits?: { readonly maxMs: number }): Promise<T> => {
    const until = elapsed + (limits?.maxMs ?? defaultMaxMs)
    const state = { isSettled: false }
    const mark = (): void => {
      state.isSettled = true
    }
    work.then(mark, mark)
    await settle()
    while (!state.isSettled) {
      if (!step(until)) throw new Error(`the work did not end: ${timers.size()} calls scheduled, ${elapsed} ms passed`)
      await settle()
    }
    return work
  }

  const base = { monotonic: () => elapsed, schedule }
  return {
    ...base,
    now: () => options.startsAt + elapsed,
    sleep: sleepWith(schedule),
    advance,
    run,
    settle,
    pending: () => timers.size() - cancelled,
    withSkew: (offsetMs) => createSkewedClock(base, options.startsAt, offsetMs),
  }
}

function createSkewedClock(world: Pick<Clock, 'monotonic' | 'schedule'>, startsAt: number, offsetMs: number): SkewedClock {
  let offset = offsetMs
  let held: (() => void)[] | undefined
  const schedule = (ms: number, wake: () => void): (() => void) => {
    let isCancelled = false
    const call = (): void => {
      if (isCancelled) return
      if (held === undefined) wake()
      else held.push(call)
    }
    const cancel = world.schedule(ms, call)
    return () => {
      isCancelled = true
      cancel()
    }
  }
  return {
    now: () => startsAt + world.monotonic() + offset,
    monotonic: world.monotonic,
    schedule,
    sleep: sleepWith(schedule),
    skew: (ms) => {
      offset = ms
    },
    suspend: () => {
      held ??= []
    },
    resume: () => {
      const due = held ?? []
      held = undefined
      for (const call of due) call()
    },
  }
}

function sleepWith(schedule: Clock['schedule']): Clock['sleep'] {
  return (ms, { signal }) => {
    if (signal.aborted) return Promise.reject(signal.reason)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const onAbort = (): void => {
      cancel()
      reject(signal.reason)
    }
    const cancel = schedule(ms, () => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
    signal.addEventListener('abort', onAbort, { once: true })
    return promise
  }
}

/** File system requests, hashing and compression handed to Node's threads and not back yet. */
const background = new Set<number>()
const backgroundType = /^(?:FSREQ|FILEHANDLECLOSEREQ$|ZLIB$|.*(?:REQUEST|JOB)$)/
let isWatching = false

/** Virtual time must not overtake work that is on its way through a thread, and `getActiveResourcesInfo` does not tell of it. */
function watchBackground(): void {
  if (isWatching) return
  isWatching = true
  createHook({ init: beginBackground, after: endBackground, destroy: endBackground, trackPromises: false }).enable()
}

function beginBackground(id: number, type: string, _trigger: number, resource: object): void {
  if (!backgroundType.test(type)) return
  background.add(id)
  // A signature made on the spot looks like one handed to a thread, but for the call-back that the latter is given right after.
  if (type.endsWith('REQUEST')) queueMicrotask(() => 'ondone' in resource || background.delete(id))
}

function endBackground(id: number): void {
  background.delete(id)
}

/** Turns of the event loop in one `settle`; more means that something spins, and a test would hang without a word. */
const maxTurns = 5_000_000

/** Our own immediates under way: two that settle at once must not wait for each other. */
let ownTurns = 0

/** One turn at least, then as many as there is work under way that needs no timer. */
async function settle(): Promise<void> {
  let turns = 0
  do {
    ownTurns += 1
    await new Promise<void>((resolve) => {
      setImmediate(resolve)
    })
    ownTurns -= 1
    turns += 1
    if (turns > maxTurns) throw new Error(`still busy after ${turns} turns of the event loop: something calls setImmediate for ever`)
  } while (background.size > 0 || process.getActiveResourcesInfo().filter((name) => name === 'Immediate').length > ownTurns)
}

interface TimerHeap {
  readonly push: (timer: Timer) => void
  readonly pop: () => Timer | undefined
  readonly peek: () => Timer | undefined
  readonly size: () => number
  readonly drop: (isGone: (timer: Timer) => boolean) => void
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** A binary heap by time, then by order of scheduling. */
function createTimerHeap(): TimerHeap {
  let heap: Timer[] = []
  const at = (index: number): Timer | undefined => heap[index]
  const swap = (a: number, b: number): void => {
    const [first, second] = [heap[a], heap[b]]
    if (first === undefined || second === undefined) return
    heap[a] = second
    heap[b] = first
  }
  const rise = (start: number): void => {
    for (let index = start; index > 0;) {
      const parent = (index - 1) >> 1
      const [child, above] = [at(index), at(parent)]
      if (child === undefined || above === undefined || !isBefore(child, above)) return
      swap(index, parent)
      index = parent
    }
  }
  const sink = (): void => {
    for (let index = 0; ;) {
      let least = index
      for (const child of [2 * index + 1, 2 * index + 2]) {
        const [candidate, best] = [at(child), at(least)]
        if (candidate !== undefined && best !== undefined && isBefore(candidate, best)) least = child
      }
      if (least === index) return
      swap(index, least)
      index = least
    }
  }
  return {
    push: (timer) => {
      heap.push(timer)
      rise(heap.length - 1)
    },
    pop: () => {
      const first = heap[0]
      const last = heap.pop()
      if (last !== undefined && first !== last) {
        heap[0] = last
        sink()
      }
      return first
    },
    peek: () => heap[0],
    size: () => heap.length,
    drop: (isGone) => {
      heap = heap.filter((timer) => !isGone(timer)).toSorted((a, b) => (isBefore(a, b) ? -1 : 1))
    },
  }
}
