/** A number of things that may be under way at once; who comes later waits in line. */
export interface Permits {
  /** Resolves with the function that gives the permit back. @throws the signal's reason */
  readonly acquire: (options: { readonly signal: AbortSignal }) => Promise<() => void>
  /** A permit if one is free now. */
  readonly tryAcquire: () => (() => void) | undefined
  readonly inUse: () => number
}

export function createPermits(count: number): Permits {
  const waiting = new Set<() => void>()
  let inUse = 0

  const grant = (): (() => void) => {
    inUse += 1
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      inUse -= 1
      const [next] = waiting
      next?.()
    }
  }

  return {
    inUse: () => inUse,
    tryAcquire: () => (inUse < count ? grant() : undefined),
    acquire: ({ signal }) => {
      if (signal.aborted) return Promise.reject(signal.reason)
      if (inUse < count) return Promise.resolve(grant())
      const { promise, resolve, reject } = Promise.withResolvers<() => void>()
      const leave = (): void => {
        waiting.delete(wake)
        signal.removeEventListener('abort', onAbort)
      }
      const onAbort = (): void => {
        leave()
        reject(signal.reason)
      }
      const wake = (): void => {
        leave()
        resolve(grant())
      }
      waiting.add(wake)
      signal.addEventListener('abort', onAbort, { once: true })
      return promise
    },
  }
}
