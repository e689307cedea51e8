import type { TaskKey } from '../task.ts'

/** A guarantee that did not hold, and where. */
export interface Violation {
  readonly guarantee: 'G1' | 'G2' | 'G3' | 'G4'
  readonly task: TaskKey
  /** By the server's clock, in milliseconds. */
  readonly at: number
  readonly what: string
}
