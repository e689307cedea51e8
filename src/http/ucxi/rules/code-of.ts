import type { Fault, FaultKind } from '../../../lib/fault.ts'

/** A code of the interface, `UCXL-<status>-<NAME>`. @see docs/protocols/ucxi.md §3 */
export interface UcxiCode {
  readonly status: number
  readonly name: string
}

const byKind: Readonly<Record<FaultKind, UcxiCode>> = {
  usage: { status: 400, name: 'BAD_REQUEST' },
  invalid: { status: 400, name: 'BAD_REQUEST' },
  denied: { status: 403, name: 'FORBIDDEN' },
  missing: { status: 404, name: 'NOT_FOUND' },
  conflict: { status: 409, name: 'CONFLICT' },
  unavailable: { status: 503, name: 'SERVICE_UNAVAILABLE' },
  timeout: { status: 503, name: 'SERVICE_UNAVAILABLE' },
}

const invalidAddress: UcxiCode = { status: 400, name: 'INVALID_ADDRESS' }
const invalidTemporal: UcxiCode = { status: 400, name: 'TEMPORAL_INVALID' }
const tooLarge: UcxiCode = { status: 413, name: 'TOO_LARGE' }
const unprocessable: UcxiCode = { status: 422, name: 'UNPROCESSABLE' }
const unresolved: UcxiCode = { status: 404, name: 'RESOLUTION_FAILED' }

/** Where the interface tells more cases apart than there are kinds of faults. */
const byCode: ReadonlyMap<string, UcxiCode> = new Map([
  ['UCXI_ADDRESS_INVALID', invalidAddress],
  ['ADDRESS_NOT_CONCRETE', invalidAddress],
  ['UCXI_PAYLOAD_INVALID', { status: 400, name: 'INVALID_PAYLOAD' }],
  ['UCXI_TEMPORAL_INVALID', invalidTemporal],
  ['TEMPORAL_OUT_OF_BOUNDS', invalidTemporal],
  ['TOKEN_REQUIRED', { status: 401, name: 'UNAUTHENTICATED' }],
  ['CONTENT_MISSING', unresolved],
  ['CONTENT_UNAVAILABLE', unresolved],
  ['UCXI_CONTENT_WRONG', unresolved],
  ['SEAL_DAMAGED', unresolved],
  ['SEAL_FOR_NOBODY', unprocessable],
  ['SEAL_TOO_WIDE', unprocessable],
  ['UCXI_METHOD_WRONG', { status: 405, name: 'METHOD_NOT_ALLOWED' }],
  ['CONDITION_FAILED', { status: 412, name: 'PRECONDITION_FAILED' }],
  ['UCXI_TOO_LARGE', tooLarge],
  ['CONTEXT_TOO_LARGE', tooLarge],
  ['CONTENT_TOO_LARGE', tooLarge],
  ['UCXI_MEDIA_UNSUPPORTED', { status: 415, name: 'UNSUPPORTED_MEDIA_TYPE' }],
  ['UCXI_RANGE_INVALID', { status: 416, name: 'RANGE_NOT_SATISFIABLE' }],
  ['UCXI_UNPROCESSABLE', unprocessable],
  ['METADATA_INVALID', unprocessable],
  ['ANNOUNCE_LIMITED', { status: 429, name: 'TOO_MANY_REQUESTS' }],
  ['UCXI_REQUESTS_LIMITED', { status: 429, name: 'TOO_MANY_REQUESTS' }],
  ['UCXI_SUBSCRIPTIONS_FULL', { status: 429, name: 'TOO_MANY_REQUESTS' }],
  ['NODE_INTERNAL', { status: 500, name: 'INTERNAL' }],
])

/** What a fault is called over UCXI. */
export function codeOf(fault: Pick<Fault, 'code' | 'kind'>): UcxiCode {
  return byCode.get(fault.code) ?? byKind[fault.kind]
}
