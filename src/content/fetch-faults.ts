import type { PeerId } from '../identity/keys.ts'
import type { Cid } from '../lib/cid.ts'
import { Fault } from '../lib/fault.ts'
import { contentFaults } from './faults.ts'

/** How far a fetch came, and what the members that were asked said. */
export interface FetchState {
  readonly cid: Cid
  /** Undefined before the list is here. */
  readonly size: number | undefined
  readonly presentBytes: number
  readonly said: ReadonlyMap<PeerId, string>
}

/** Members named in a fault at most. */
const maxNamed = 64

/** The fault of a fetch that nobody can bring to an end. */
export function unavailable({ cid, size, presentBytes, said }: FetchState): Fault {
  const asked = Object.fromEntries([...said].slice(0, maxNamed))
  const who = said.size === 0 ? 'no member is connected' : `${said.size} members were asked`
  const lacking = size === undefined ? 'all of it' : `${size - presentBytes} of ${size} bytes`
  return contentFaults.create('CONTENT_UNAVAILABLE', {
    message: `${cid}: ${lacking} could not be had (${who}); try again when a member that has it is online`,
    data: { cid, presentBytes, asked },
  })
}

/** The fault of content that is longer than the caller wants. */
export function tooLarge(cid: Cid, size: number, maxBytes: number): Fault {
  return contentFaults.create('CONTENT_TOO_LARGE', {
    message: `${cid} has ${size} bytes, and at most ${maxBytes} are wanted`,
    data: { cid, size, maxBytes },
  })
}

/** Whether somebody gave bytes that are not those of the digest. */
export function isMismatch(error: unknown): boolean {
  return error instanceof Fault && error.code === 'BLOCK_MISMATCH'
}

/** Whether it is a fault of ours, that another provider would not mend. */
export function isFatal(error: unknown): boolean {
  return error instanceof Fault && ['CONTENT_INVALID', 'DISK_FULL', 'DISK_ERROR', 'QUOTA_EXCEEDED', 'STORE_FAILED'].includes(error.code)
}
