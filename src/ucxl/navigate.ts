import type { Temporal } from './address.ts'

/** The versions of one resource that can be read: `first..last`; `last` 0 means that there is none. */
export interface VersionRange {
  readonly first: number
  readonly last: number
}

/** What a temporal segment is resolved against. */
export interface VersionHistory extends VersionRange {
  /** Position of a session, or `last` outside one. */
  readonly reference: number
  /** The newest version created at or before a moment (milliseconds since 1970); undefined when there is none. Asked for instants only. */
  readonly versionAt: (at: number) => number | undefined
}

/** Where a temporal segment leads. Out of bounds is an answer of its own, never a clamp. */
export type Navigation =
  | { readonly outcome: 'found'; readonly version: number }
  | { readonly outcome: 'notFound' }
  | { readonly outcome: 'outOfBounds'; readonly requested: number; readonly min: number; readonly max: number }

/** Resolves a temporal segment among the versions of one resource. `*~` gives the oldest kept. @see docs/protocols/ucxl.md §4 */
export function navigate(temporal: Temporal, history: VersionHistory): Navigation {
  const { first, last, reference } = history
  if (last === 0) return { outcome: 'notFound' }
  switch (temporal.kind) {
    case 'latest':
      return { outcome: 'found', version: last }
    case 'any':
      return { outcome: 'found', version: first }
    case 'specific':
      return within(temporal.version, history)
    case 'backward':
      return within(reference - temporal.steps, history)
    case 'forward':
      return within(reference + temporal.steps, history)
    case 'instant': {
      const version = history.versionAt(temporal.at)
      return version === undefined || version < first ? { outcome: 'notFound' } : { outcome: 'found', version }
    }
  }
}

function within(requested: number, { first, last }: VersionRange): Navigation {
  const isInside = requested >= first && requested <= last
  return isInside ? { outcome: 'found', version: requested } : { outcome: 'outOfBounds', requested, min: first, max: last }
}

/** Among times of creation in the order of versions, beginning with version `first`: the newest at or before a moment. */
export function findVersionAt(created: readonly number[], at: number, first = 1): number | undefined {
  let [low, high] = [0, created.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((created[middle] ?? 0) <= at) low = middle + 1
    else high = middle
  }
  return low === 0 ? undefined : first + low - 1
}
