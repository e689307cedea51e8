import type { FaultKind } from '../../lib/fault.ts'

const statuses = { invalid: 400, denied: 403, missing: 404, conflict: 409, unavailable: 503, timeout: 504 } as const

/** The HTTP status of a kind of fault. */
export function statusOf(kind: FaultKind): number {
  return statuses[kind]
}

/** The kind a status stands for; what no status of ours stands for is `unavailable`. */
export function kindOf(status: number): FaultKind {
  if (status === 401) return 'denied'
  if (status === 413 || status === 415) return 'invalid'
  const kinds: readonly FaultKind[] = ['invalid', 'denied', 'missing', 'conflict', 'unavailable', 'timeout']
  return kinds.find((kind) => statuses[kind] === status) ?? 'unavailable'
}
