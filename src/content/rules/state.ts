import type { PeerId } from '../../identity/keys.ts'
import type { Provider } from './provider.ts'

export interface ScheduleOptions {
  readonly chunks: number
  readonly chunkBytes: number
  /** Chunks in one range at most. */
  readonly rangeBlocks: number
  /** Ranges asked of one provider at once at most. */
  readonly parallelRanges: number
  /** A provider silent for this long loses its ranges. */
  readonly stallTimeoutMs: number
  /** The chunk to begin with; different for everybody who fetches, so that they have something for each other. */
  readonly start: number
  /** Providers in use at once at most. */
  readonly maxProviders: number
}

/** One fetch: which chunks are needed, asked for, here. Changed by `stepSchedule` only. */
export interface Schedule {
  readonly options: ScheduleOptions
  /** For each chunk: 0 needed, 1 came and goes to the disk, 2 here. */
  readonly status: Uint8Array
  /** For each chunk: how many providers that are not under suspicion were asked for it. */
  readonly askers: Uint8Array
  readonly providers: Map<PeerId, Provider>
  /** No chunk before this one is open. */
  firstOpen: number
  nextRange: number
  storing: number
  here: number
}

/** A fetch of what `isHere` does not have already. */
export function createSchedule(options: ScheduleOptions, isHere: (index: number) => boolean): Schedule {
  const status = Uint8Array.from({ length: options.chunks }, (_, index) => (isHere(index) ? 2 : 0))
  return {
    options,
    status,
    askers: new Uint8Array(options.chunks),
    providers: new Map(),
    firstOpen: 0,
    nextRange: 1,
    storing: 0,
    here: status.reduce((count, value) => count + (value === 2 ? 1 : 0), 0),
  }
}

/** Whether a chunk that came is still of use. */
export function isNeeded(schedule: Schedule, index: number): boolean {
  return schedule.status[index] === 0
}
