import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Fault } from '../../lib/fault.ts'
import { httpFaults } from '../faults.ts'
import type { RequestMark } from './request-mark.ts'
import type { UcxiDeps, UcxiOptions, UcxiStore } from './ucxi.ts'

/** One request to one hive's context. */
export interface UcxiCall {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly store: UcxiStore
  readonly mark: RequestMark
  /** Aborted when the caller hangs up or the node ends. */
  readonly signal: AbortSignal
  readonly deps: UcxiDeps
  readonly options: UcxiOptions
}

/** What answers at one path. */
export type UcxiHandler = (call: UcxiCall) => Promise<FastifyReply>

/** Items of a list where the caller says nothing, and at most. */
const [defaultLimit, maxLimit] = [100, 1_000]

/** The parameters of a request: only those a route knows, each once. @throws Fault UCXI_PARAMETER_INVALID */
export function readParameters<const Name extends string>(request: FastifyRequest, names: readonly Name[]): Partial<Record<Name, string>> {
  const query: unknown = request.query
  const given = typeof query === 'object' && query !== null ? Object.entries(query) : []
  const read: Partial<Record<Name, string>> = {}
  for (const [key, value] of given) {
    const name = names.find((known) => known === key)
    if (name === undefined)
      throw refuseParameter(key.slice(0, 60), `there is no such parameter; this route takes ${names.join(', ') || 'none'}`)
    if (typeof value !== 'string') throw refuseParameter(name, 'give it once')
    read[name] = value
  }
  return read
}

/** `limit` and `cursor` of a list. @throws Fault UCXI_PARAMETER_INVALID */
export function readPage({ limit, cursor }: { readonly limit?: string; readonly cursor?: string }): {
  readonly limit: number
  readonly cursor: string | undefined
} {
  if (limit === undefined) return { limit: defaultLimit, cursor }
  const count = /^\d{1,4}$/.test(limit) ? Number(limit) : 0
  if (count < 1 || count > maxLimit) throw refuseParameter('limit', `a whole number from 1 to ${maxLimit}`)
  return { limit: count, cursor }
}

/** One header that may come once. @throws Fault UCXI_PARAMETER_INVALID */
export function readHeader(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  if (Array.isArray(value)) throw refuseParameter(name, 'send it once')
  return value
}

export function refuseParameter(field: string, reason: string): Fault {
  return httpFaults.create('UCXI_PARAMETER_INVALID', { message: `${field}: ${reason}`, data: { field } })
}
