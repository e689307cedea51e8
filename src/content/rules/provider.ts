import type { PeerId } from '../../identity/keys.ts'
import { hasBit } from './bitmap.ts'
import type { Rate } from './rate.ts'
import { perMs, unknownRate } from './rate.ts'

/** Somebody who has chunks of a fetch, as the schedule sees it. Changed by the schedule only. Times in milliseconds of its clock. */
export interface Provider {
  readonly peer: PeerId
  /** What it has; undefined: all. */
  blocks: Uint8Array | undefined
  /** What it was asked for and did not give yet, in the order it will give it. */
  readonly ranges: Range[]
  rate: Rate
  /** When the last bytes came, or when it was asked after having had nothing to do. */
  lastByteAt: number
  /** Silent or late: others are asked for the same, and it for nothing new until it gives. */
  isSuspect: boolean
  /** Failures since the last chunk it gave. */
  failures: number
  restUntil: number
  /** Since when nothing is read of it, because our own disk takes no more; its silence is ours then. */
  heldSince: number | undefined
}

/** Chunks `from` to `to` (exclusive); those before `next` came. */
export interface Range {
  readonly id: number
  readonly from: number
  readonly to: number
  next: number
  /** When it became the one that is being given. */
  headAt: number
}

/** Failures in a row after which a provider is given up. */
export const failureLimit = 5
/** Suspicion never comes sooner: a garbage collection or an fsync takes as long. */
const minSuspicionMs = 250
const firstRestMs = 500
const longestRestMs = 30_000

export function createProvider(peer: PeerId, blocks: Uint8Array | undefined, now: number): Provider {
  return { peer, blocks, ranges: [], rate: unknownRate, lastByteAt: now, isSuspect: false, failures: 0, restUntil: 0, heldSince: undefined }
}

export function hasChunk(provider: Provider, index: number): boolean {
  return provider.blocks === undefined || hasBit(provider.blocks, index)
}

/** Time one chunk takes at the provider's pace; `unknown` before it gave anything. */
export function blockMs(provider: Provider, options: { readonly chunkBytes: number }, unknown: number): number {
  const rate = perMs(provider.rate)
  return rate === undefined ? unknown : options.chunkBytes / rate
}

/** Chunks it was asked for that did not come. */
export function outstanding(provider: Provider): readonly number[] {
  return provider.ranges.flatMap((range) => Array.from({ length: range.to - range.next }, (_, offset) => range.next + offset))
}

/** Whether all that is left of what it gives now has come from others. */
export function isUseless(provider: Provider, isNeeded: (index: number) => boolean): boolean {
  const head = provider.ranges[0]
  if (head === undefined) return false
  for (let index = head.next; index < head.to; index += 1) if (isNeeded(index)) return false
  return true
}

/**
 * When it comes under suspicion: silent for twice the time of a chunk, or its range under way for twice the time it should take.
 *
 * The time of a chunk is the slower of the median and its own pace, so that an honestly slow one is not doubled all the time.
 */
export function suspectAt(
  provider: Provider,
  medianMs: number | undefined,
  options: { readonly chunkBytes: number; readonly stallTimeoutMs: number },
): number {
  const expected = Math.max(medianMs ?? 0, blockMs(provider, options, 0))
  const silence = expected === 0 ? options.stallTimeoutMs : Math.min(options.stallTimeoutMs, Math.max(minSuspicionMs, 2 * expected))
  const head = provider.ranges[0]
  const late =
    head === undefined || expected === 0 ? Infinity : head.headAt + Math.max(minSuspicionMs, 2 * expected * (head.to - head.from))
  return Math.min(provider.lastByteAt + silence, late)
}

/** When it loses its ranges. Grows with failures, so that a line too slow for the limit is still used. */
export function timeoutAt(provider: Provider, stallTimeoutMs: number): number {
  return provider.lastByteAt + stallTimeoutMs * 2 ** Math.min(provider.failures, 3)
}

/** How long it is left alone after so many failures in a row. */
export function restMs(failures: number): number {
  return Math.min(longestRestMs, firstRestMs * 2 ** (failures - 1))
}
