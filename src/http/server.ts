import { chmod, rm } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import { describeError } from '../lib/fault.ts'
import { isLoopback } from '../lib/loopback.ts'
import type { Althing } from '../operations/node-api.ts'
import { httpFaults } from './faults.ts'
import type { ReceiveHook } from './hook-routes.ts'
import type { FindShown } from './registry-routes.ts'
import { createRoutes } from './routes.ts'
import { ensureSocketFolder } from './socket-folder.ts'
import { openToken } from './token.ts'
import type { UcxiDeps, UcxiOptions } from './ucxi/ucxi.ts'

export interface HttpDeps extends Omit<UcxiDeps, 'ending'> {
  readonly node: Pick<Althing, 'call' | 'probe'>
  /** The registry that is shown; undefined where none is. */
  readonly registry?: FindShown | undefined
  /** Hears the webhooks of forges. */
  readonly receiveHook?: ReceiveHook | undefined
}

/** Group `http` of the configuration, and where things lie in the home. */
export interface HttpOptions {
  readonly enabled: boolean
  readonly address: string
  readonly port: number
  readonly maxBodyBytes: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly maxConnections: number
  readonly socket: string
  readonly socketFolder: string
  readonly tokenFile: string
  readonly ucxi: UcxiOptions
}

/** The open interface of one node. */
export interface HttpServer extends AsyncDisposable {
  readonly socket: string
  /** `http://127.0.0.1:4801`; undefined when the configuration says no. */
  readonly url: string | undefined
}

/** How often node:http looks for requests that are too slow, in milliseconds. Its default of 30 s lets a slow-loris live that long. */
const slowCheckMs = 1_000
/** Calls under way at the end have this long to hear that they were aborted, in milliseconds. */
const drainMs = 250

/**
 * Answers on the home's unix socket and, unless switched off, on a loopback address.
 *
 * The caller holds the home's write lock: what lies at the socket's path is a leftover.
 *
 * @throws Fault ADDRESS_REFUSED, SOCKET_UNSAFE or TOKEN_UNSAFE
 */
export async function openHttpServer(deps: HttpDeps, options: HttpOptions): Promise<HttpServer> {
  if (options.enabled && !isLoopback(options.address)) throw refuseAddress(options.address)
  const ending = new AbortController()
  await using opened = new AsyncDisposableStack()
  const onSocket = await createInstance(options)
  opened.defer(async () => close(onSocket))
  createRoutes(onSocket, { ...deps, ending: ending.signal, token: undefined }, options.ucxi)
  await listenOnSocket(onSocket, options)
  opened.defer(async () => rm(options.socket, { force: true }))
  const url = options.enabled ? await openLoopback(opened, { deps, options, ending: ending.signal }) : undefined
  // Runs first at the end: calls under way hear of it while their connections still stand.
  opened.defer(() => ending.abort(httpFaults.create('NODE_STOPPING', { message: 'the node is ending; ask again when it runs' })))
  const stack = opened.move()
  return { socket: options.socket, url, [Symbol.asyncDispose]: async () => stack.disposeAsync() }
}

async function listenOnSocket(instance: FastifyInstance, { socket, socketFolder }: HttpOptions): Promise<void> {
  ensureSocketFolder(socketFolder)
  await rm(socket, { force: true })
  await instance.listen({ path: socket })
  await chmod(socket, 0o600)
}

interface Opening {
  readonly deps: HttpDeps
  readonly options: HttpOptions
  readonly ending: AbortSignal
}

async function openLoopback(opened: AsyncDisposableStack, { deps, options, ending }: Opening): Promise<string> {
  const token = await openToken(options.tokenFile, deps.chance)
  const listen = async (port: number): Promise<FastifyInstance> => {
    const instance = await createInstance(options)
    createRoutes(instance, { ...deps, ending, token }, options.ucxi)
    await instance.listen({ host: options.address, port })
    return instance
  }
  let instance: FastifyInstance
  try {
    instance = await listen(options.port)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    deps.log.info(`port ${options.port} is taken, HTTP answers on another`, { reason: describeError(error) })
    instance = await listen(0)
  }
  opened.defer(async () => close(instance))
  const address = instance.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return `http://${options.address.includes(':') ? `[${options.address}]` : options.address}:${port}`
}

async function createInstance(options: HttpOptions): Promise<FastifyInstance> {
  const { fastify } = await import('fastify')
  const instance = fastify({
    bodyLimit: options.maxBodyBytes,
    requestTimeout: options.requestTimeoutMs,
    keepAliveTimeout: 5_000,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 100 },
    http: { headersTimeout: options.headersTimeoutMs, connectionsCheckingInterval: slowCheckMs, maxHeaderSize: 16_384 },
  })
  instance.server.maxConnections = options.maxConnections
  return instance
}

/** fastify's close waits for every connection; a client that holds one open would hold the node. */
async function close(instance: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => instance.server.closeAllConnections(), drainMs)
  try {
    await instance.close()
  } finally {
    clearTimeout(timer)
  }
}

function refuseAddress(address: string): Error {
  return httpFaults.create('ADDRESS_REFUSED', {
    message: `http.address is ${JSON.stringify(address)}; only loopback (127.0.0.1, ::1) is answered without TLS. Use a tunnel, or a proxy of your own`,
    data: { address },
  })
}
