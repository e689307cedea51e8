/** How fast somebody gives, weighted to the last seconds. Times in milliseconds, rates in bytes per millisecond. */
export interface Rate {
  readonly bytes: number
  readonly ms: number
}

export const unknownRate: Rate = { bytes: 0, ms: 0 }

/** After this many milliseconds a measurement counts 1/e. */
const memoryMs = 3_000

/** The rate after `bytes` more that took `elapsedMs`. */
export function addToRate(rate: Rate, bytes: number, elapsedMs: number): Rate {
  const decay = Math.exp(-elapsedMs / memoryMs)
  return { bytes: rate.bytes * decay + bytes, ms: rate.ms * decay + elapsedMs }
}

/** Bytes per millisecond; undefined before the first bytes. */
export function perMs(rate: Rate): number | undefined {
  return rate.bytes === 0 ? undefined : rate.bytes / Math.max(rate.ms, 1)
}

/** The middle of some numbers, the lower one of two; undefined of none. */
export function medianOf(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]
}
