import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Fault } from '../lib/fault.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { Althing } from '../operations/node-api.ts'
import { faultFor, isBug, logBug } from './fault-for.ts'
import { httpFaults } from './faults.ts'
import { formatFault, lineType } from './protocol.ts'
import { judgeRequest } from './rules/judge-request.ts'
import { statusOf } from './rules/status-of.ts'
import { openAnswer } from './answer.ts'
import { createTokenCheck } from './token.ts'
import type { FindShown } from './registry-routes.ts'
import { createRegistryRoutes, registryPrefix } from './registry-routes.ts'
import type { ReceiveHook } from './hook-routes.ts'
import { createHookRoutes, hookPrefix } from './hook-routes.ts'
import { createUcxiRoutes } from './ucxi/routes.ts'
import type { UcxiDeps, UcxiOptions } from './ucxi/ucxi.ts'

export interface RouteDeps extends UcxiDeps {
  readonly node: Pick<Althing, 'call' | 'probe'>
  /** What a caller over TCP must show; undefined on the socket, where the file system lets only its user in. */
  readonly token: string | undefined
  /** The registry that is shown; undefined where none is. */
  readonly registry?: FindShown | undefined
  /** Hears the webhooks of forges. */
  readonly receiveHook?: ReceiveHook | undefined
}

/** The routes of one listener, with everything that guards them. */
export function createRoutes(instance: FastifyInstance, deps: RouteDeps, ucxi: UcxiOptions): void {
  // Only JSON is parsed: a form of a page in a browser needs no permission to post the other types.
  instance.removeContentTypeParser('text/plain')
  if (deps.token !== undefined) {
    const isToken = createTokenCheck(deps.token)
    instance.addHook('onRequest', (request, _reply, done) => {
      guard(request, isToken)
      done()
    })
  }
  instance.addHook('onSend', async (_request, reply) => {
    void reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
  })
  instance.setErrorHandler(async (error: FastifyError | Error, request, reply) => sendError({ error, request, reply, log: deps.log }))
  instance.setNotFoundHandler(async (request) => {
    const path = request.url.slice(0, 200)
    throw httpFaults.create('ROUTE_UNKNOWN', { message: `nothing answers at ${request.method} ${path}`, data: { path } })
  })
  instance.get('/health/live', async () => ({ live: true }))
  instance.get('/health/ready', async (_request, reply) => {
    const report = deps.node.probe()
    return reply.code(report.isReady ? 200 : 503).send(report)
  })
  instance.post<{ Params: { name: string } }>('/v1/operations/:name', async (request, reply) => answerCall(request, reply, deps))
  createUcxiRoutes(instance, deps, ucxi)
  if (deps.registry !== undefined) createRegistryRoutes(instance, deps.registry)
  if (deps.receiveHook !== undefined) createHookRoutes(instance, deps.receiveHook)
}

/** @throws Fault ORIGIN_REFUSED or TOKEN_REQUIRED */
function guard(request: FastifyRequest, isToken: (given: string) => boolean): void {
  // a page in a browser can send here, and sign nothing
  if (request.method === 'POST' && request.url.startsWith(hookPrefix)) return
  const { host, origin } = request.headers
  const site = request.headers['sec-fetch-site']
  const verdict = judgeRequest({ host, origin, site: typeof site === 'string' ? site : undefined })
  if (verdict === 'refused') {
    throw httpFaults.create('ORIGIN_REFUSED', { message: 'only programs of this machine are answered: Host and Origin must name loopback' })
  }
  if (request.url === '/health/live' || request.url === '/health/ready') return
  if (request.method === 'GET' && request.url.startsWith(registryPrefix)) return
  const given = /^Bearer ([A-Za-z0-9_-]{1,128})$/.exec(request.headers.authorization ?? '')?.[1]
  if (given === undefined || !isToken(given)) {
    throw httpFaults.create('TOKEN_REQUIRED', { message: 'send "Authorization: Bearer …" with the token in http.token of the home' })
  }
}

async function answerCall(
  request: FastifyRequest<{ Params: { name: string } }>,
  reply: FastifyReply,
  deps: RouteDeps,
): Promise<FastifyReply> {
  const { input, hive } = parseBody(request.body)
  const answer = openAnswer(reply, { inLines: (request.headers.accept ?? '').includes(lineType), ending: deps.ending })
  try {
    const output = await deps.node.call(request.params.name, input, { signal: answer.signal, hive, report: answer.report })
    return answer.finish({ output })
  } catch (error) {
    const fault = faultFor(error, answer.signal)
    if (isBug(fault, answer.signal)) logBug(deps.log, request, { error })
    return answer.fail(fault)
  } finally {
    answer.release()
  }
}

/** `{ input, hive }`, nothing else looked at. @throws Fault REQUEST_INVALID */
function parseBody(body: unknown): { readonly input: unknown; readonly hive: string | undefined } {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw invalid('the body must be a JSON object {"input": {…}, "hive": "…"}')
  const fields = new Map<string, unknown>(Object.entries(body))
  const hive = fields.get('hive') ?? undefined
  if (hive !== undefined && (typeof hive !== 'string' || hive.length > 200)) throw invalid('"hive" must be the name or id of a hive')
  return { input: fields.get('input') ?? {}, hive }
}

interface Failure {
  readonly error: FastifyError | Error
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly log: Log
}

async function sendError({ error, request, reply, log }: Failure): Promise<FastifyReply> {
  if ('statusCode' in error && typeof error.statusCode === 'number' && error.statusCode < 500) {
    return reply.code(error.statusCode).send(formatFault(invalid(describeError(error))))
  }
  const fault = faultFor(error, undefined)
  if (isBug(fault)) logBug(log, request, { error })
  return reply.code(fault.code === 'TOKEN_REQUIRED' ? 401 : statusOf(fault.kind)).send(formatFault(fault))
}

function invalid(reason: string): Fault {
  return httpFaults.create('REQUEST_INVALID', { message: reason, data: { reason } })
}
