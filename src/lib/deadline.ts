import type { Clock } from './clock.ts'

/** A signal that is aborted when any of `signals` is, or after `ms` of `clock`; the reason of a late one is a `TimeoutError`. */
export function withDeadline(clock: Clock, ms: number, ...signals: readonly AbortSignal[]): AbortSignal {
  const late = new AbortController()
  clock.schedule(ms, () => late.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError')))
  return AbortSignal.any([...signals, late.signal])
}

/** Whether an error is that of a deadline made by `withDeadline`. */
export function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError'
}

/** Settles as `work` does, or rejects with the signal's reason, whichever comes first. For work that takes no signal. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
