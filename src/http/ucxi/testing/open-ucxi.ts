import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { homePaths } from '../../../config/home.ts'
import { systemChance } from '../../../lib/chance.ts'
import { systemClock } from '../../../lib/clock.ts'
import type { JsonObject } from '../../../lib/json.ts'
import type { Log } from '../../../lib/log.ts'
import { silentLog } from '../../../lib/log.ts'
import type { ReceiveHook } from '../../hook-routes.ts'
import type { HttpServer } from '../../server.ts'
import { openHttpServer } from '../../server.ts'
import type { UcxiOptions } from '../ucxi.ts'
import { MemoryContext, maxTestBytes } from './memory-context.ts'

/** When every answer of a test is given. */
export const testNow = '2026-02-01T00:00:00.000Z'

export interface Question {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  /** Of an answer in JSON. */
  readonly json: JsonObject
}

export interface OpenUcxi {
  readonly context: MemoryContext
  readonly server: HttpServer
  readonly url: string
  readonly token: string
  /** Asks with the token, as the request `ask-1`; a path below `/ucxi/v1`. */
  readonly ask: (path: string, question?: Question) => Promise<Answer>
}

/** A server that answers UCXI over a context in memory. */
export async function openUcxi(
  t: TestContext,
  changes: Partial<UcxiOptions> & {
    readonly log?: Log
    readonly findContext?: () => Promise<MemoryContext>
    readonly receiveHook?: ReceiveHook
  } = {},
): Promise<OpenUcxi> {
  const home = mkdtempSync(join(tmpdir(), 'althing-ucxi-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const paths = homePaths(home)
  const context = new MemoryContext()
  const { log = silentLog, findContext = async () => context, receiveHook, ...options } = changes
  const clock = { ...systemClock, now: () => Date.parse(testNow) }
  const node = { call: async () => ({}), probe: () => ({ isReady: true, parts: {} }) }
  const server = await openHttpServer(
    { node, findContext, clock, chance: systemChance, log, receiveHook },
    {
      enabled: true,
      address: '127.0.0.1',
      port: 0,
      maxBodyBytes: 100_000,
      headersTimeoutMs: 10_000,
      requestTimeoutMs: 30_000,
      maxConnections: 64,
      socket: paths.socket,
      socketFolder: paths.socketFolder,
      tokenFile: paths.token,
      ucxi: {
        enabled: true,
        maxContentBytes: maxTestBytes,
        maxJsonBytes: 100_000,
        requestsPerSecond: 0,
        maxSubscriptions: 2,
        keepAliveMs: 60_000,
        maxUnreadBytes: 100_000,
        ...options,
      },
    },
  )
  t.after(() => server[Symbol.asyncDispose]())
  const token = readFileSync(paths.token, 'utf8').trim()
  const url = server.url ?? ''
  const ask: OpenUcxi['ask'] = async (path, { headers, ...question } = {}) =>
    askUrl(`${url}/ucxi/v1${path}`, { ...question, headers: { authorization: `Bearer ${token}`, 'x-request-id': 'ask-1', ...headers } })
  return { context, server, url, token, ask }
}

/** By node:http: fetch would not let a test lie about Host, nor send what is no URL. */
export async function askUrl(url: string, { method = 'GET', headers = {}, body }: Question): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const sent = request(url, { method, headers, agent: false })
  sent.on('error', reject)
  sent.on('response', (response) => {
    const parts: Buffer[] = []
    response.on('data', (part: Buffer) => parts.push(part))
    response.on('error', reject)
    response.on('end', () => {
      const bytes = Buffer.concat(parts)
      const isJson = (response.headers['content-type'] ?? '').includes('json') && bytes.length > 0
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        bytes,
        json: isJson ? (JSON.parse(bytes.toString()) as JsonObject) : {},
      })
    })
  })
  // as bytes: text would have node:http send the headers in UTF-8 with it
  sent.end(body === undefined ? undefined : Buffer.from(body))
  return promise
}

/** The answer's `error`, once it is held to say that. */
export function errorOf({ json }: Answer): JsonObject {
  const { error } = json
  assert.ok(typeof error === 'object' && error !== null && !Array.isArray(error))
  return error as JsonObject
}
