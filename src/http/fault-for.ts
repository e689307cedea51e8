import type { FastifyRequest } from 'fastify'
import { Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import { httpFaults } from './faults.ts'

/** What a client is told of anything thrown; the words of a bug stay in the log. */
export function faultFor(error: unknown, signal: AbortSignal | undefined): Fault {
  if (error instanceof Fault) return error
  if (signal?.aborted === true && signal.reason instanceof Fault) return signal.reason
  return httpFaults.create('NODE_INTERNAL', { message: 'the node met a bug while it answered; its log has the details', cause: error })
}

/** Whether a fault is for the log. That work was called off because its caller hung up, or the node ends, is none. */
export function isBug(fault: Fault, signal?: AbortSignal): boolean {
  const isCalledOff =
    signal?.aborted === true && (fault.cause === signal.reason || (fault.cause instanceof Error && fault.cause.name === 'AbortError'))
  return fault.code === 'NODE_INTERNAL' && !isCalledOff
}

/** Writes what a client is not told. Never the query of a request. */
export function logBug(
  log: Log,
  request: FastifyRequest,
  { error, requestId }: { readonly error: unknown; readonly requestId?: string },
): void {
  log.error(`bug while answering ${request.method} ${request.url.split('?', 1)[0]?.slice(0, 200)}`, {
    ...(requestId === undefined ? {} : { request_id: requestId }),
    stack: error instanceof Error ? (error.stack ?? error.message) : String(error),
  })
}
