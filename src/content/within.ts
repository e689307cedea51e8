import type { Clock } from '../lib/clock.ts'

export interface WithinOptions {
  readonly ms: number
  readonly signal: AbortSignal
}

/** Runs work with a signal that is aborted after `ms`, and takes the timer back when the work ends. @throws TimeoutError, the signal's reason */
export async function within<T>(clock: Clock, { ms, signal }: WithinOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController()
  const cancel = clock.schedule(ms, () => late.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError')))
  try {
    return await work(AbortSignal.any([signal, late.signal]))
  } finally {
    cancel()
  }
}
