import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { isIP } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import { describeError } from '../../lib/fault.ts'
import type { CallContext } from '../../operations/define-operation.ts'
import { isLoopback, isLoopbackHost } from '../../lib/loopback.ts'
import { registryFaults } from './faults.ts'
import { maxConfigBytes, parseConfig } from './layout.ts'
import { configPath, namesPath } from './rules/registry-paths.ts'
import { findStatic } from './static-files.ts'

export interface ServeRequest {
  readonly folder: string
  /** `127.0.0.1:4802`, `[::1]:0`. */
  readonly listen: string
  readonly context: CallContext
}

/** Connections at once: a registry is for many, and a file each. */
const maxConnections = 256

/** Shows an exported folder until the signal, and gives what was then done. @throws Fault REGISTRY_INVALID, ADDRESS_TAKEN */
export async function serveFolder({ folder, listen, context }: ServeRequest): Promise<{ url: string; folder: string; requests: number }> {
  const about = await describeFolder(folder)
  await using served = await openFolderServer(folder, listen)
  context.report({ stage: describeServed(served.url, folder, about), done: 0, unit: 'items', isNotice: true })
  await untilEnded(context.signal)
  return { url: served.url, folder, requests: served.requests() }
}

const lineFeed = 10

/** Whose packages a folder holds, and how many. @throws Fault REGISTRY_INVALID */
async function describeFolder(folder: string): Promise<string> {
  const config = await findStatic(folder, configPath)
  const known = config === undefined || config.size > maxConfigBytes ? undefined : parseConfig(await readText(config.open()))
  if (known === undefined) throw noRegistry(folder)
  let packages = 0
  const names = (await findStatic(folder, namesPath))?.open() as AsyncIterable<Uint8Array> | undefined
  for await (const chunk of names ?? []) for (const byte of chunk) if (byte === lineFeed) packages += 1
  return `${packages} ${packages === 1 ? 'package' : 'packages'} of the ${known.genesis.policy} hive "${known.genesis.name}"`
}

/** What a person needs while it runs: where, what, for whom, and how it ends. */
function describeServed(url: string, folder: string, about: string): string {
  const { hostname, port } = new URL(url)
  const isForAll = hostname === '0.0.0.0' || hostname === '[::]'
  const isForUs = hostname.startsWith('127.') || hostname === '[::1]'
  const address = isForAll ? `http://<this machine>:${port}` : url
  const reach = isForUs ? `; for this machine only, for others: --listen 0.0.0.0:${port}` : ''
  return [
    `serving ${about} from ${folder} at ${url}; Ctrl-C ends it`,
    `→ whoever wants them: althing registry add NAME ${address}${reach}`,
  ].join('\n')
}

/** A folder that is shown. */
export interface FolderServer extends AsyncDisposable {
  readonly url: string
  readonly requests: () => number
}

/** Shows an exported folder at an address. @throws Fault REGISTRY_INVALID, ADDRESS_TAKEN */
export async function openFolderServer(folder: string, listen: string): Promise<FolderServer> {
  if ((await findStatic(folder, configPath)) === undefined) throw noRegistry(folder)
  const { host, port } = parseListen(listen)
  let requests = 0
  const server = createServer({ keepAliveTimeout: 5_000, requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
    requests += 1
    // S17: what only this machine may read is not read by a page whose name leads here
    if (isLoopback(host) && !isLoopbackHost(request.headers.host)) return void response.writeHead(421).end()
    answer(folder, request, response).catch(() => response.destroy())
  })
  server.maxConnections = maxConnections
  await begin(server, { host, port, listen })
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      server.closeAllConnections()
      await promise
    },
  }
}

async function begin(
  server: Server,
  { host, port, listen }: { readonly host: string; readonly port: number; readonly listen: string },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, host, resolve)
  await promise.catch((error: unknown) => {
    throw registryFaults.create('ADDRESS_TAKEN', {
      message: `${listen} cannot be listened on (${describeError(error)}); name another with --listen, or port 0 for any`,
      data: { listen },
      cause: error,
    })
  })
}

async function answer(folder: string, { method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') return void response.writeHead(405, { allow: 'GET, HEAD' }).end()
  const path = (url ?? '').split('?', 1)[0]?.replace(/^\//, '') ?? ''
  const found = await findStatic(folder, path)
  if (found === undefined) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('not in this registry\n')
  const validators = { etag: found.etag, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' }
  if (headers['if-none-match'] === found.etag) return void response.writeHead(304, validators).end()
  response.writeHead(200, { ...validators, 'content-type': found.type, 'content-length': found.size })
  if (method === 'HEAD') return void response.end()
  const body = found.open()
  body.once('error', () => response.destroy())
  response.once('close', () => body.destroy())
  body.pipe(response)
}

/** @throws Fault ADDRESS_TAKEN */
function parseListen(listen: string): { readonly host: string; readonly port: number } {
  const [, host = '', digits = ''] = /^(?:\[?([0-9a-fA-F.:]+)\]?):(\d{1,5})$/.exec(listen) ?? []
  const port = Number(digits)
  if (isIP(host) !== 0 && port <= 65_535) return { host, port }
  throw registryFaults.create('ADDRESS_TAKEN', {
    message: `${JSON.stringify(listen.slice(0, 80).toWellFormed())} is no address and port; write 127.0.0.1:8080 or [::1]:8080`,
    data: { listen: listen.slice(0, 80).toWellFormed() },
  })
}

function noRegistry(folder: string): Error {
  return registryFaults.create('REGISTRY_INVALID', {
    message: `${folder} is no exported registry: it has no ${configPath} of one. Make one with \`althing registry export ${folder}\`.`,
    data: { file: folder, reason: 'no config' },
  })
}

async function untilEnded(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
}
