import type { FastifyReply } from 'fastify'
import type { Fault } from '../../lib/fault.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import { codeOf } from './rules/code-of.ts'
import type { RequestMark } from './request-mark.ts'

/** Media type of a request or an answer that carries content in JSON. */
export const envelopeType = 'application/vnd.ucxl+json'

/** What is said when something went well. */
export interface Success {
  readonly status: 200 | 201 | 202
  readonly message: string
  readonly data: Json
  readonly details?: JsonObject
}

const successNames = { 200: 'SUCCESS', 201: 'CREATED', 202: 'ACCEPTED' } as const

/** Answers with a response envelope. */
export async function sendSuccess(
  reply: FastifyReply,
  { status, message, data, details }: Success,
  mark: RequestMark,
): Promise<FastifyReply> {
  const code = `UCXL-${status}-${successNames[status]}`
  const response = { code, message, data, ...(details === undefined ? {} : { details }), request_id: mark.id, timestamp: formatNow(mark) }
  return reply.code(status).send({ response })
}

/** An error envelope; `cause` is the fault's own code, finer than the interface's. */
export function formatError(fault: Fault, path: string, mark: RequestMark): JsonObject {
  const { status, name } = codeOf(fault)
  return {
    error: {
      code: `UCXL-${status}-${name}`,
      message: fault.message,
      ...(Object.keys(fault.data).length === 0 ? {} : { details: fault.data }),
      source: 'ucxi-server',
      path,
      request_id: mark.id,
      timestamp: formatNow(mark),
      cause: fault.code,
    },
  }
}

function formatNow({ clock }: RequestMark): string {
  return new Date(clock.now()).toISOString()
}
