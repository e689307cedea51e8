import type { FaultKind } from '../../lib/fault.ts'

const statuses = { usage: 400, invalid: 400, denied: 403, missing: 404, conflict: 409, unavailable: 503, timeout: 504 } as const

/** The HTTP status of a kind of fault. */
export function statusOf(kind: FaultKind): number {
  return statuses[kind]
}
