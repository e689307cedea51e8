import type { FastifyReply, FastifyRequest } from 'fastify'
import { describeError, Fault } from '../../lib/fault.ts'
import { faultFor, isBug, logBug } from '../fault-for.ts'
import { httpFaults } from '../faults.ts'
import { formatError } from './envelope.ts'
import { refusePayload, tooLarge } from './read-json.ts'
import type { RequestMark } from './request-mark.ts'
import { codeOf } from './rules/code-of.ts'
import type { UcxiDeps } from './ucxi.ts'

/** When one who was refused for want of room may come again, in seconds; who only asked too fast, when the allowance is whole. */
const [retryAfter, retrySoon] = [5, 1]

export interface Failure {
  readonly error: unknown
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly mark: RequestMark
  readonly deps: UcxiDeps
}

/** Answers anything thrown with an error envelope. */
export async function sendFault({ error, request, reply, mark, deps }: Failure): Promise<FastifyReply> {
  const fault = faultOf(error, request, deps.ending)
  if (isBug(fault)) logBug(deps.log, request, { error, requestId: mark.id })
  const { status } = codeOf(fault)
  if (status === 401) void reply.header('www-authenticate', 'Bearer')
  const { allowed, size } = fault.data
  if (status === 405 && typeof allowed === 'string') void reply.header('allow', allowed)
  if (status === 416 && typeof size === 'number') void reply.header('content-range', `bytes */${size}`)
  if (status === 429 || status === 503) void reply.header('retry-after', fault.code === 'UCXI_REQUESTS_LIMITED' ? retrySoon : retryAfter)
  const path = request.url.split('?', 1)[0]?.slice(0, 200) ?? ''
  return reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send(formatError(fault, path, mark))
}

function faultOf(error: unknown, request: FastifyRequest, ending: AbortSignal): Fault {
  if (error instanceof Fault) return error
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined
  if (status === 413) return tooLarge(request.routeOptions.bodyLimit ?? 0, 'the JSON is longer than is taken')
  if (status === 415) return refuseMedia(request)
  if (typeof status === 'number' && status < 500) return refusePayload('body', describeError(error))
  // it is told nothing, for nobody is there; and that somebody left is no bug
  if (request.raw.destroyed && !request.raw.complete) return refusePayload('body', 'the body ended before its end')
  return faultFor(error, ending)
}

/**
 * A `Content-Type` that the server does not take.
 *
 * Where content is stored as it comes every type is taken, so what was refused there names none.
 */
function refuseMedia({ headers, routeOptions: { config } }: FastifyRequest): Fault {
  const provided = (headers['content-type'] ?? '').slice(0, 100)
  if (config.takesAnyMedia === true) {
    return httpFaults.create('UCXI_UNPROCESSABLE', {
      message: `content-type: a media type is written type/subtype, such as text/markdown; got ${JSON.stringify(provided)}`,
      data: { field: 'content-type' },
    })
  }
  return httpFaults.create('UCXI_MEDIA_UNSUPPORTED', {
    message: `a body of ${JSON.stringify(provided)} is not taken here; send application/json`,
    data: { provided },
  })
}
