import type { Temporal } from './address.ts'
import { formatTemporal } from './format.ts'
import type { Navigation, VersionHistory } from './navigate.ts'
import { navigate } from './navigate.ts'

/** One attempt to move within the versions of a resource. */
export interface NavigationStep {
  readonly from: number
  /** Equal to `from` when the step failed. */
  readonly to: number
  /** The temporal segment as it is written. */
  readonly operation: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly succeeded: boolean
  readonly error: 'notFound' | 'outOfBounds' | undefined
}

/** Where a reader stands in the versions of one resource. A value: two sessions never see each other. */
export interface NavigationSession {
  /** Undefined before the first step: then the newest version is where one stands. */
  readonly position: number | undefined
  readonly steps: readonly NavigationStep[]
}

export const newSession: NavigationSession = Object.freeze({ position: undefined, steps: [] })

export interface SessionMove {
  readonly temporal: Temporal
  readonly history: Omit<VersionHistory, 'reference'>
  /** Milliseconds since 1970. */
  readonly at: number
  /** Steps that are remembered; the oldest go first. */
  readonly maxSteps: number
}

/** Moves a session. A step that fails is recorded and moves nothing. @see docs/protocols/ucxl.md §4 */
export function moveSession(
  session: NavigationSession,
  { temporal, history, at, maxSteps }: SessionMove,
): { readonly session: NavigationSession; readonly navigation: Navigation } {
  const from = session.position ?? history.last
  const navigation = navigate(temporal, { ...history, reference: from })
  const succeeded = navigation.outcome === 'found'
  const to = succeeded ? navigation.version : from
  const error = succeeded ? undefined : navigation.outcome
  const step: NavigationStep = { from, to, operation: formatTemporal(temporal), at, succeeded, error }
  const position = succeeded ? to : session.position
  return { session: { position, steps: [...session.steps, step].slice(-maxSteps) }, navigation }
}
