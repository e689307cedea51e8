import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Fault } from '../../lib/fault.ts'
import type { TokenBucket } from '../../lib/token-bucket.ts'
import { createTokenBucket } from '../../lib/token-bucket.ts'
import { httpFaults } from '../faults.ts'
import type { UcxiHandler } from './call.ts'
import { readHeader } from './call.ts'
import { Callers } from './callers.ts'
import { sendFault } from './failure.ts'
import { answerGet } from './get.ts'
import { answerAnnounce, answerDiscover, answerNavigate, answerQuery, answerVersions } from './lists.ts'
import { createOpenApi } from './openapi.ts'
import { answerDelete, answerPost, answerPut } from './put.ts'
import { RequestMarks } from './request-mark.ts'
import { createStatus } from './status.ts'
import { createSubscribe } from './subscribe.ts'
import type { UcxiDeps, UcxiOptions } from './ucxi.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the body is content, of whatever media type. */
    readonly takesAnyMedia?: boolean
  }
}

/** @see docs/protocols/ucxi.md */
export const basePath = '/ucxi/v1'

interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  readonly answer: UcxiHandler
}

/** The routes of one listener; root's hooks guard them like all others. */
export function createUcxiRoutes(root: FastifyInstance, deps: UcxiDeps, options: UcxiOptions): void {
  const marks = new RequestMarks(deps)
  const callers = new Callers(deps.ending)
  const { requestsPerSecond: perSecond } = options
  // a listener has one caller: the user of the socket, or who holds the token
  const allowance = createTokenBucket(deps, { perSecond, burst: perSecond })
  // what takes a body as it comes, and what reads it as JSON
  const raw: Readonly<Record<string, Route>> = {
    '/put': { method: 'PUT', answer: answerPut },
    '/post': { method: 'POST', answer: answerPost },
  }
  const parsed: Readonly<Record<string, Route>> = {
    '/get': { method: 'GET', answer: answerGet },
    '/delete': { method: 'DELETE', answer: answerDelete },
    '/announce': { method: 'POST', answer: answerAnnounce },
    '/discover': { method: 'GET', answer: answerDiscover },
    '/navigate': { method: 'POST', answer: answerNavigate },
    '/versions': { method: 'GET', answer: answerVersions },
    '/subscribe': { method: 'GET', answer: createSubscribe(deps) },
    '/query': { method: 'POST', answer: answerQuery },
    '/status': { method: 'GET', answer: createStatus(deps) },
  }
  const add = (scope: FastifyInstance, routes: Readonly<Record<string, Route>>, config: FastifyContextConfig = {}): void => {
    for (const [url, { method, answer }] of Object.entries(routes)) {
      scope.route({
        method,
        url,
        config,
        handler: async (request, reply) => run({ request, reply, answer, marks, callers, allowance, deps, options }),
      })
    }
  }
  void root.register(
    async (scope) => {
      scope.addHook('onSend', async (request, reply) => void reply.header('x-request-id', marks.of(request).id))
      scope.addHook('onResponse', async (request, reply) =>
        logRequest(deps, request, { id: marks.of(request).id, status: reply.statusCode }),
      )
      scope.setErrorHandler(async (error: unknown, request, reply) => sendFault({ error, request, reply, mark: marks.of(request), deps }))
      scope.setNotFoundHandler(async (request) => refuseRoute(request, { options, routes: { ...raw, ...parsed } }))
      if (!options.enabled) return
      await scope.register(async (bodies) => {
        bodies.removeAllContentTypeParsers()
        bodies.addContentTypeParser('*', (_request, body, done) => done(null, body))
        add(bodies, raw, { takesAnyMedia: true })
      })
      await scope.register(async (json) => add(json, parsed))
    },
    { prefix: basePath },
  )
  if (options.enabled) root.get('/openapi.json', async () => createOpenApi())
}

interface Running {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly answer: UcxiHandler
  readonly marks: RequestMarks
  readonly callers: Callers
  readonly allowance: TokenBucket
  readonly deps: UcxiDeps
  readonly options: UcxiOptions
}

async function run({ request, reply, answer, marks, callers, allowance, deps, options }: Running): Promise<FastifyReply> {
  if (!allowance.tryTake(1)) throw limited(options.requestsPerSecond)
  const signal = callers.signalOf(reply)
  const store = await deps.findContext(readHeader(request, 'ucxl-hive'))
  return answer({ request, reply, store, mark: marks.of(request), signal, deps, options })
}

function limited(perSecond: number): Fault {
  return httpFaults.create('UCXI_REQUESTS_LIMITED', {
    message: `more than ${perSecond} requests came within a second; wait a moment, or raise ucxl.requestsPerSecond`,
    data: { perSecond },
  })
}

function refuseRoute(
  { method, url }: FastifyRequest,
  { options, routes }: { readonly options: UcxiOptions; readonly routes: Readonly<Record<string, Route>> },
): never {
  if (!options.enabled) {
    throw httpFaults.create('UCXI_DISABLED', {
      message: 'this node answers no UCXI; set ucxl.enabled = true in its config.toml and start it again',
    })
  }
  const path = url.split('?', 1)[0]?.slice(0, 200) ?? ''
  const name = path.slice(basePath.length)
  const route = Object.hasOwn(routes, name) ? routes[name] : undefined
  if (route === undefined)
    throw httpFaults.create('ROUTE_UNKNOWN', { message: `nothing answers at ${path}; see /openapi.json`, data: { path } })
  const allowed = route.method === 'GET' ? 'GET, HEAD' : route.method
  throw httpFaults.create('UCXI_METHOD_WRONG', { message: `${path} is asked by ${allowed}, not ${method}`, data: { allowed } })
}

/** Never the query: addresses name people's work. */
function logRequest(
  { log }: UcxiDeps,
  { method, url }: FastifyRequest,
  { id, status }: { readonly id: string; readonly status: number },
): void {
  log.debug(`${method} ${url.split('?', 1)[0]?.slice(0, 200)}`, { request_id: id, status })
}
