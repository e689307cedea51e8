import { describeError, Fault } from '../lib/fault.ts'
import { networkFaults } from './faults.ts'
import { explainFailure } from './rules/explain-failure.ts'

/** The fault of a dial that came to nothing; one that is a fault already is given back. */
export function toUnreachable(target: string, cause: unknown): Fault {
  if (cause instanceof Fault) return cause
  const why = cause === undefined ? 'the connection was lost' : explainFailure(cause)
  const message = `${target} could not be reached: ${why}; is it running, and is the address right?`
  return networkFaults.create('PEER_UNREACHABLE', { message, data: { target, why }, cause })
}

/** Why a dial failed, without naming its target again: for lists of what was tried. */
export function whyUnreached(error: unknown): string {
  const why = error instanceof Fault ? error.data['why'] : undefined
  return typeof why === 'string' ? why : error instanceof Fault ? describeError(error) : explainFailure(error)
}
