import type { PeerId } from '../../identity/keys.ts'
import type { Provider } from './provider.ts'
import { blockMs, hasChunk } from './provider.ts'
import type { Schedule } from './state.ts'

/** Chunks `from` to `from + count`. */
export interface Picked {
  readonly from: number
  readonly count: number
}

/** A range is sized to take this long. */
const rangeMs = 500
/** The next range is asked for when less than this is left of the ones before: more than a round trip, so the line stays full. */
const aheadMs = 1_000

/** What to ask a provider for now; undefined when it has enough to do or nothing of use. */
export function pickRange(schedule: Schedule, provider: Provider, now: number): Picked | undefined {
  if (provider.isSuspect || now < provider.restUntil || isBusy(schedule, provider)) return undefined
  return pickOpen(schedule, provider, now) ?? (provider.ranges.length === 0 ? pickLast(schedule, provider, now) : undefined)
}

function isBusy(schedule: Schedule, provider: Provider): boolean {
  const { parallelRanges } = schedule.options
  if (provider.ranges.length === 0) return false
  const pace = blockMs(provider, schedule.options, 0)
  if (pace === 0) return provider.ranges.length >= Math.min(2, parallelRanges)
  const chunks = provider.ranges.reduce((sum, range) => sum + range.to - range.next, 0)
  return provider.ranges.length >= parallelRanges || chunks * pace >= aheadMs
}

/** The first chunks from the start on that nobody is giving, then those before it: a run that is as long as the provider's pace and what is left allow. */
function pickOpen(schedule: Schedule, provider: Provider, now: number): Picked | undefined {
  const isOpen = (index: number): boolean => schedule.status[index] === 0 && schedule.askers[index] === 0
  const { chunks } = schedule.options
  while (schedule.firstOpen < chunks && !isOpen(schedule.firstOpen)) schedule.firstOpen += 1
  const find = (start: number): number | undefined => {
    for (let index = start; index < chunks; index += 1) if (isOpen(index) && hasChunk(provider, index)) return index
    return undefined
  }
  const from = find(Math.max(schedule.firstOpen, schedule.options.start)) ?? find(schedule.firstOpen)
  if (from === undefined) return undefined
  const most = longestRange(schedule, provider, now)
  let count = 1
  while (count < most && from + count < chunks && isOpen(from + count) && hasChunk(provider, from + count)) count += 1
  return { from, count }
}

/** An unknown pace is tried with single chunks. A range takes no more than half a fair share, so that all end together. */
function longestRange(schedule: Schedule, provider: Provider, now: number): number {
  const pace = blockMs(provider, schedule.options, Infinity)
  const byPace = Math.ceil(rangeMs / pace)
  let open = 0
  for (let index = schedule.firstOpen; index < schedule.options.chunks; index += 1) {
    if (schedule.status[index] === 0 && schedule.askers[index] === 0) open += 1
  }
  const awake = [...schedule.providers.values()].filter((other) => now >= other.restUntil).length
  const byShare = Math.ceil(open / (2 * awake))
  return Math.max(1, Math.min(schedule.options.rangeBlocks, byPace, byShare))
}

/** Near the end: the chunk that would come last from another, if this provider brings it clearly sooner. One at a time. */
function pickLast(schedule: Schedule, provider: Provider, now: number): Picked | undefined {
  const ownMs = blockMs(provider, schedule.options, Infinity)
  let latest: { readonly index: number; readonly at: number } | undefined
  for (const other of schedule.providers.values()) {
    for (const { index, at } of expectedFrom(schedule, other, provider.peer)) {
      const isDoubled = (schedule.askers[index] ?? 0) > 1
      if (isDoubled || schedule.status[index] !== 0 || !hasChunk(provider, index)) continue
      if (at - now > 1.5 * ownMs && at > (latest?.at ?? 0)) latest = { index, at }
    }
  }
  return latest === undefined ? undefined : { from: latest.index, count: 1 }
}

function* expectedFrom(schedule: Schedule, other: Provider, asker: PeerId): Iterable<{ readonly index: number; readonly at: number }> {
  if (other.peer === asker) return
  const pace = blockMs(other, schedule.options, schedule.options.stallTimeoutMs)
  let at = other.lastByteAt
  for (const range of other.ranges) {
    for (let index = range.next; index < range.to; index += 1) {
      at += pace
      yield { index, at }
    }
  }
}
