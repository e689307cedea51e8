import type { PeerId } from '../../identity/keys.ts'
import type { Provider, Range } from './provider.ts'
import { blockMs, createProvider, failureLimit, hasChunk, isUseless, outstanding, restMs, suspectAt, timeoutAt } from './provider.ts'
import { pickRange } from './pick.ts'
import type { Schedule } from './state.ts'
import { isNeeded } from './state.ts'
import { addToRate, medianOf } from './rate.ts'
import { setBit } from './bitmap.ts'

/** What happened. Peers not joined, and ranges given up, are ignored. */
export type ScheduleInput =
  /** Somebody has all chunks, or those of a bitmap. Joining again replaces what they were said to have. */
  | { readonly type: 'join'; readonly peer: PeerId; readonly blocks?: Uint8Array }
  | { readonly type: 'leave'; readonly peer: PeerId }
  /** Some bytes came. */
  | { readonly type: 'piece'; readonly peer: PeerId; readonly bytes: number }
  /** All bytes of one chunk came and go to the disk. */
  | { readonly type: 'block'; readonly peer: PeerId; readonly range: number; readonly index: number }
  /** No more comes of a range; what did not come the peer does not have. */
  | { readonly type: 'end'; readonly peer: PeerId; readonly range: number }
  /** The channel broke, or the peer refused. */
  | { readonly type: 'fail'; readonly peer: PeerId }
  /** A chunk is verified and on disk. */
  | { readonly type: 'stored'; readonly index: number }
  /** A chunk was not what it should be. */
  | { readonly type: 'lie'; readonly peer: PeerId; readonly index: number }
  /** Nothing more is read of it before `release`. */
  | { readonly type: 'hold'; readonly peer: PeerId }
  | { readonly type: 'release'; readonly peer: PeerId }
  | { readonly type: 'time' }

type InputOf<Type extends ScheduleInput['type']> = Extract<ScheduleInput, { readonly type: Type }>

interface Moment {
  readonly now: number
  readonly effects: ScheduleEffect[]
}

/** What to do now, in this order. */
export type ScheduleEffect =
  | { readonly type: 'ask'; readonly peer: PeerId; readonly range: number; readonly from: number; readonly count: number }
  /** Abort what is under way with this peer; what is asked of it later goes over a new channel. */
  | { readonly type: 'reset'; readonly peer: PeerId }
  /** Ask this peer no more. */
  | { readonly type: 'drop'; readonly peer: PeerId; readonly why: 'lied' | 'failed' }

export interface ScheduleStep {
  readonly effects: readonly ScheduleEffect[]
  /** When to come with `time`, in milliseconds of the same clock; undefined: only other inputs matter. */
  readonly wakeAt: number | undefined
  /** `starved`: chunks are lacking and nobody known has them. */
  readonly phase: 'working' | 'starved' | 'done'
}

/**
 * Takes one input at a moment and says what to do. Deterministic; changes the schedule in place, for its arrays are long.
 *
 * Whom to ask: ranges are sized so that each takes about as long, whoever serves it, and shrink towards the end. Who is
 * silent for twice the median time of a chunk is under suspicion, and what was asked of it is given to others as well;
 * when nothing is left to give, idle providers double what would come last.
 */
export function stepSchedule(schedule: Schedule, input: ScheduleInput, now: number): ScheduleStep {
  const effects: ScheduleEffect[] = []
  apply(schedule, input, now, effects)
  if (schedule.here === schedule.options.chunks) return { effects, wakeAt: undefined, phase: 'done' }
  watch(schedule, now, effects)
  assign(schedule, now, effects)
  return { effects, wakeAt: nextWake(schedule, now), phase: isStarved(schedule) ? 'starved' : 'working' }
}

function apply(schedule: Schedule, input: ScheduleInput, now: number, effects: ScheduleEffect[]): void {
  if (input.type === 'time') return
  if (input.type === 'join') return join(schedule, input, now)
  if (input.type === 'stored') return store(schedule, input.index)
  if (input.type === 'lie') return lie(schedule, input, effects)
  const provider = schedule.providers.get(input.peer)
  if (provider === undefined) return
  switch (input.type) {
    case 'leave':
      return remove(schedule, provider)
    case 'piece':
      return takePiece(schedule, provider, input.bytes, now)
    case 'hold':
      provider.heldSince ??= now
      return
    case 'release':
      return release(provider, now)
    case 'block':
      return takeBlock(schedule, provider, input, { now, effects })
    case 'end':
      return endRange(schedule, provider, input.range, now)
    case 'fail':
      return fail(schedule, provider, { now, effects })
  }
}

function join(schedule: Schedule, { peer, blocks }: InputOf<'join'>, now: number): void {
  const known = schedule.providers.get(peer)
  if (known !== undefined) {
    known.blocks = blocks
    return
  }
  if (schedule.providers.size >= schedule.options.maxProviders) return
  schedule.providers.set(peer, createProvider(peer, blocks, now))
}

function store(schedule: Schedule, index: number): void {
  schedule.status[index] = 2
  schedule.storing -= 1
  schedule.here += 1
}

function remove(schedule: Schedule, provider: Provider): void {
  giveUpRanges(schedule, provider)
  schedule.providers.delete(provider.peer)
}

function takePiece(schedule: Schedule, provider: Provider, bytes: number, now: number): void {
  provider.rate = addToRate(provider.rate, bytes, now - provider.lastByteAt)
  provider.lastByteAt = now
  if (provider.isSuspect) trust(schedule, provider, true)
}

/** Counts the time of a hold for its pace, for that is how fast it can be used, and not for its silence. */
function release(provider: Provider, now: number): void {
  if (provider.heldSince === undefined) return
  provider.rate = addToRate(provider.rate, 0, now - provider.lastByteAt)
  const head = provider.ranges[0]
  if (head !== undefined) head.headAt += now - Math.max(provider.heldSince, head.headAt)
  provider.lastByteAt = now
  provider.heldSince = undefined
}

/** Takes a chunk, and frees whoever is still giving only what has come now. */
function takeBlock(schedule: Schedule, provider: Provider, { range: id, index }: InputOf<'block'>, at: Moment): void {
  const range = provider.ranges.find((candidate) => candidate.id === id)
  if (range === undefined || index !== range.next) return
  range.next += 1
  if (!provider.isSuspect) unask(schedule, index)
  provider.failures = 0
  if (!isNeeded(schedule, index)) return
  schedule.status[index] = 1
  schedule.storing += 1
  for (const other of schedule.providers.values()) {
    if (other === provider || !isUseless(other, (chunk) => isNeeded(schedule, chunk))) continue
    giveUpRanges(schedule, other)
    other.lastByteAt = at.now
    at.effects.push({ type: 'reset', peer: other.peer })
  }
}

function endRange(schedule: Schedule, provider: Provider, id: number, now: number): void {
  const at = provider.ranges.findIndex((candidate) => candidate.id === id)
  const range = provider.ranges[at]
  if (range === undefined) return
  if (range.next < range.to) {
    provider.blocks ??= new Uint8Array(Math.ceil(schedule.options.chunks / 8)).fill(255)
    for (let index = range.next; index < range.to; index += 1) setBit(provider.blocks, index, false)
  }
  forget(schedule, provider, range)
  provider.ranges.splice(at, 1)
  const head = provider.ranges[0]
  if (head !== undefined) head.headAt = now
}

function fail(schedule: Schedule, provider: Provider, { now, effects }: Moment): void {
  giveUpRanges(schedule, provider)
  provider.failures += 1
  provider.restUntil = now + restMs(provider.failures)
  if (provider.failures < failureLimit) {
    effects.push({ type: 'reset', peer: provider.peer })
    return
  }
  remove(schedule, provider)
  effects.push({ type: 'drop', peer: provider.peer, why: 'failed' })
}

function lie(schedule: Schedule, { peer, index }: InputOf<'lie'>, effects: ScheduleEffect[]): void {
  schedule.status[index] = 0
  schedule.storing -= 1
  reopen(schedule, index)
  const provider = schedule.providers.get(peer)
  if (provider === undefined) return
  remove(schedule, provider)
  effects.push({ type: 'drop', peer, why: 'lied' })
}

/** Finds who is silent or late. */
function watch(schedule: Schedule, now: number, effects: ScheduleEffect[]): void {
  const median = medianBlockMs(schedule)
  for (const provider of schedule.providers.values()) {
    if (provider.ranges.length === 0 || provider.heldSince !== undefined) continue
    if (now >= timeoutAt(provider, schedule.options.stallTimeoutMs)) fail(schedule, provider, { now, effects })
    else if (!provider.isSuspect && now >= suspectAt(provider, median, schedule.options)) trust(schedule, provider, false)
  }
}

/** Gives ranges, one to each provider in turn, the fastest first, until nobody takes more. */
function assign(schedule: Schedule, now: number, effects: ScheduleEffect[]): void {
  const providers = [...schedule.providers.values()].toSorted((a, b) => blockMs(a, schedule.options, 0) - blockMs(b, schedule.options, 0))
  for (let isSomebodyAsked = true; isSomebodyAsked;) {
    isSomebodyAsked = false
    for (const provider of providers) {
      const picked = pickRange(schedule, provider, now)
      if (picked === undefined) continue
      isSomebodyAsked = true
      if (provider.ranges.length === 0) provider.lastByteAt = now
      const range: Range = { id: schedule.nextRange, from: picked.from, to: picked.from + picked.count, next: picked.from, headAt: now }
      schedule.nextRange += 1
      provider.ranges.push(range)
      for (let index = range.from; index < range.to; index += 1) schedule.askers[index] = (schedule.askers[index] ?? 0) + 1
      effects.push({ type: 'ask', peer: provider.peer, range: range.id, ...picked })
    }
  }
}

function trust(schedule: Schedule, provider: Provider, isTrusted: boolean): void {
  for (const index of outstanding(provider)) {
    if (isTrusted) schedule.askers[index] = (schedule.askers[index] ?? 0) + 1
    else unask(schedule, index)
  }
  provider.isSuspect = !isTrusted
}

function giveUpRanges(schedule: Schedule, provider: Provider): void {
  for (const range of provider.ranges) forget(schedule, provider, range)
  provider.ranges.length = 0
  provider.isSuspect = false
  provider.heldSince = undefined
}

function forget(schedule: Schedule, provider: Provider, range: Range): void {
  if (provider.isSuspect) return
  for (let index = range.next; index < range.to; index += 1) unask(schedule, index)
}

function unask(schedule: Schedule, index: number): void {
  schedule.askers[index] = Math.max(0, (schedule.askers[index] ?? 0) - 1)
  reopen(schedule, index)
}

function reopen(schedule: Schedule, index: number): void {
  if (schedule.status[index] === 0 && schedule.askers[index] === 0) schedule.firstOpen = Math.min(schedule.firstOpen, index)
}

function medianBlockMs(schedule: Schedule): number | undefined {
  const times = [...schedule.providers.values()].map((provider) => blockMs(provider, schedule.options, Infinity))
  return medianOf(times.filter(Number.isFinite))
}

function nextWake(schedule: Schedule, now: number): number | undefined {
  const median = medianBlockMs(schedule)
  const times: number[] = []
  for (const provider of schedule.providers.values()) {
    if (provider.restUntil > now) times.push(provider.restUntil)
    if (provider.ranges.length === 0 || provider.heldSince !== undefined) continue
    times.push(timeoutAt(provider, schedule.options.stallTimeoutMs))
    if (!provider.isSuspect) times.push(suspectAt(provider, median, schedule.options))
  }
  return times.length === 0 ? undefined : Math.min(...times)
}

function isStarved(schedule: Schedule): boolean {
  const providers = [...schedule.providers.values()]
  if (schedule.storing > 0 || providers.some((provider) => provider.ranges.length > 0)) return false
  for (let index = schedule.firstOpen; index < schedule.options.chunks; index += 1) {
    if (isNeeded(schedule, index) && providers.some((provider) => hasChunk(provider, index))) return false
  }
  return true
}
