import type { JsonObject } from './json.ts'

/**
 * What a surface needs to know of a fault: exit codes and HTTP statuses follow from the kind alone.
 *
 * `usage`: what was asked is not well-formed, whatever stands on disk. `invalid`: something it led to is not.
 */
export type FaultKind = 'usage' | 'invalid' | 'denied' | 'missing' | 'conflict' | 'unavailable' | 'timeout'

/** One row of a fault table. */
export interface FaultRow {
  readonly kind: FaultKind
  /** One sentence for the reference page: when this happens. */
  readonly meaning: string
}

export interface FaultDetails {
  /** What happened, with the value that came, and what to do next. */
  readonly message: string
  readonly data?: JsonObject
  readonly cause?: unknown
}

/** Something that stops a request and that its caller can be told about. Everything else thrown is a bug. */
export class Fault extends Error {
  readonly code: string
  readonly kind: FaultKind
  readonly data: JsonObject

  constructor(code: string, kind: FaultKind, details: FaultDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'Fault'
    this.code = code
    this.kind = kind
    this.data = details.data ?? {}
  }
}

/** The faults of one folder: the table itself, and the only way to make one of them. */
export interface FaultFactory<Code extends string> {
  readonly table: Readonly<Record<Code, FaultRow>>
  readonly create: (code: Code, details: FaultDetails) => Fault
}

/** Declares the faults of one folder. Every table is listed in `docs/reference/faults.md`, which a test holds to the code. */
export function defineFaults<Code extends string>(table: Readonly<Record<Code, FaultRow>>): FaultFactory<Code> {
  return { table, create: (code, details) => new Fault(code, table[code].kind, details) }
}

/** The words of anything thrown. For logs and for people, never to decide by. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
