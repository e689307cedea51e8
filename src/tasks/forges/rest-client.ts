import type { Clock } from '../../lib/clock.ts'
import { isLoopback } from '../../lib/loopback.ts'
import { isTimeout, withDeadline } from '../../lib/deadline.ts'
import { describeError, Fault } from '../../lib/fault.ts'
import type { Json } from '../../lib/json.ts'
import { tasksFaults } from '../faults.ts'
import type { ForgeLimit } from '../rules/forge-limits.ts'
import { judgeLimit } from '../rules/forge-limits.ts'
import type { ForgeAccess } from './access-log.ts'
import type { KeptAnswer } from './answer-cache.ts'
import { AnswerCache } from './answer-cache.ts'
import type { ForgePace } from './forge-pace.ts'
import { refusalOf } from './refusal.ts'
import type { SharedPauses } from './shared-pauses.ts'

interface Waiting {
  readonly signal: AbortSignal
}

export interface RestClientDeps {
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  readonly pace: ForgePace
  readonly pauses: SharedPauses
  /** Asked before each request, so that a token can be changed without a restart. */
  readonly findToken: () => Promise<string | undefined>
  readonly note: (access: ForgeAccess) => void
}

export interface RestClientOptions {
  /** Where the API is, without a slash at its end. Nothing is ever sent anywhere else: S18. */
  readonly api: string
  /** What every request says beside the token. */
  readonly headers: Readonly<Record<string, string>>
  /** How a token is told. */
  readonly formatToken: (token: string) => readonly [name: string, value: string]
  readonly timeoutMs: number
  readonly maxAnswerBytes: number
  /** Whether a token may be sent over http that is not encrypted, to another machine. */
  readonly allowsPlainHttp: boolean
}

export type ForgeMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What is asked: a path below the API, with its query, each part of it escaped already. */
export interface ForgeRequest {
  readonly method: ForgeMethod
  readonly path: string
  readonly body?: Json
}

/** What a forge answered with 2xx, or with "not modified": then it is what it answered before. */
export interface ForgeAnswer {
  readonly status: number
  readonly body: unknown
  readonly headers: Headers
  /** Wall time of the forge when it answered, in milliseconds; undefined where it does not say. */
  readonly at: number | undefined
  /** Nothing is sent for so long from now on, by what its headers say, in milliseconds; undefined when they ask for no pause. */
  readonly pauseMs: number | undefined
}

/** What is said of ourselves. */
const agent = 'althing/1'

/**
 * Speaks to one forge: bounded answers, no redirects, at the pace the forge allows, each request noted.
 *
 * After FORGE_FAILED the outcome of a change is unknown; after every other fault nothing was changed. Nothing is sent twice here: who asks
 * reads back, and decides.
 */
export class RestClient {
  readonly #deps: RestClientDeps
  readonly #options: RestClientOptions
  /** With its port, where that is not the scheme's own. */
  readonly #host: string
  readonly #cache = new AnswerCache()

  constructor(deps: RestClientDeps, options: RestClientOptions) {
    this.#deps = deps
    this.#options = options
    this.#host = new URL(options.api).host
  }

  /** @throws Fault FORGE_FAILED, FORGE_DENIED, FORGE_MISSING, FORGE_REFUSED, FORGE_LIMITED, FORGE_INVALID, FORGE_TOO_LONG */
  async send(request: ForgeRequest, waiting: Waiting): Promise<ForgeAnswer> {
    const { pace } = this.#deps
    return request.method === 'GET'
      ? pace.read(() => this.#sendNow(request, waiting), waiting)
      : pace.write(() => this.#sendNow(request, waiting), waiting)
  }

  /** Sends nothing for a while, because an answer said so that was none of a failure; gives how long, in milliseconds. */
  async pause(): Promise<number> {
    return this.#obey('untold', await this.#deps.findToken())
  }

  async #sendNow(request: ForgeRequest, { signal }: Waiting): Promise<ForgeAnswer> {
    const { clock, findToken, note } = this.#deps
    const { timeoutMs } = this.#options
    const token = await findToken()
    if (token !== undefined) {
      this.#assertSafe()
      await this.#heed(token, signal)
    }
    const [at, began] = [clock.now(), clock.monotonic()]
    const late = withDeadline(clock, timeoutMs, signal)
    // held until the answer is there: it may go from the cache meanwhile
    const kept = request.method === 'GET' ? this.#cache.get(request.path) : undefined
    let status = 0
    try {
      const response = await this.#fetch(request, { token, kept, signal: late })
      ;({ status } = response)
      return await this.#judge(request, response, { token, kept })
    } catch (error) {
      signal.throwIfAborted()
      throw error instanceof Fault ? error : this.#failure(error)
    } finally {
      note({
        at,
        forge: this.#host,
        method: request.method,
        path: request.path.replace(/\?.*$/s, ''),
        status,
        ms: Math.round(clock.monotonic() - began),
      })
    }
  }

  #assertSafe(): void {
    const { api, allowsPlainHttp } = this.#options
    const { protocol, hostname } = new URL(api)
    if (protocol === 'https:' || isLoopback(hostname) || allowsPlainHttp) return
    throw tasksFaults.create('FORGE_DENIED', {
      message: `${api} is not encrypted: the token was not sent there. Use https, or allow it in the settings`,
      data: { status: 0 },
    })
  }

  #fetch({ method, path, body }: ForgeRequest, { token, kept, signal }: Known & Waiting): Promise<Response> {
    const { api, headers: said, formatToken } = this.#options
    const headers = new Headers({ 'user-agent': agent, ...said })
    if (token !== undefined) headers.set(...formatToken(token))
    const etag = kept?.headers.get('etag') ?? undefined
    if (etag !== undefined) headers.set('if-none-match', etag)
    if (body !== undefined) headers.set('content-type', 'application/json')
    return this.#deps.fetch(`${api}${path}`, {
      method,
      headers,
      // S18: a redirect would take the token along, to wherever the forge says
      redirect: 'manual',
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  async #judge({ method, path }: ForgeRequest, response: Response, { token, kept }: Known): Promise<ForgeAnswer> {
    const { status, headers } = response
    const { pace, clock } = this.#deps
    const at = timeOf(headers)
    const signs = { status, ...limitHeaders(headers), now: at ?? clock.now() }
    // by the headers alone first: the words may never come
    const obey = (words: string): number | undefined => {
      const limit = judgeLimit({ ...signs, words })
      return limit === undefined ? undefined : this.#obey(limit, token)
    }
    let pauseMs = obey('')
    if (status === 304) {
      await response.body?.cancel()
      if (kept === undefined) throw notModified(path)
      pace.succeed()
      return { status: 200, body: JSON.parse(kept.text), headers: kept.headers, at, pauseMs }
    }
    const text = await readText(response, this.#options.maxAnswerBytes)
    if (!response.ok) {
      pauseMs ??= obey(text)
      throw refusalOf({ api: this.#options.api, path, status, headers, text, token, pauseMs })
    }
    pace.succeed()
    if (method === 'GET') this.#cache.put(path, { text, headers })
    return { status, body: parseJson(text), headers, at, pauseMs }
  }

  /** Waits for what other nodes were told with this token. */
  async #heed(token: string, signal: AbortSignal): Promise<void> {
    const { pace, pauses } = this.#deps
    const ms = pauses.heard(this.#host, token)
    if (ms === 0) return
    pace.pause(ms)
    await pace.untilOpen({ signal })
  }

  #obey(limit: ForgeLimit, token: string | undefined): number {
    const { pace, pauses } = this.#deps
    const ms = limit === 'untold' ? pace.pauseUntold() : limit
    pace.pause(ms)
    if (token !== undefined) pauses.tell({ forge: this.#host, token, ms })
    return ms
  }

  #failure(error: unknown): Error {
    const { api, timeoutMs } = this.#options
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    const why =
      isTimeout(error) || isTimeout(cause)
        ? `did not answer within ${timeoutMs} ms`
        : `cannot be reached, or broke off: ${describeError(cause)}`
    return tasksFaults.create('FORGE_FAILED', { message: `${api} ${why}`, data: { status: 0 }, cause: error })
  }
}

/** What a request goes out with. */
interface Known {
  readonly token: string | undefined
  /** What was answered before. */
  readonly kept: KeptAnswer | undefined
}

function notModified(path: string): Error {
  return tasksFaults.create('FORGE_INVALID', {
    message: `the forge says that ${path.replace(/\?.*$/s, '')} did not change since an answer that it never gave; is there a cache of another before it?`,
    data: { status: 304 },
  })
}

function limitHeaders(headers: Headers) {
  const get = (name: string): string | undefined => headers.get(name)?.trim()
  return {
    retryAfter: get('retry-after'),
    remaining: get('x-ratelimit-remaining') ?? get('ratelimit-remaining'),
    limit: get('x-ratelimit-limit') ?? get('ratelimit-limit'),
    reset: get('x-ratelimit-reset') ?? get('ratelimit-reset'),
  }
}

function timeOf(headers: Headers): number | undefined {
  const at = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(at) ? undefined : at
}

async function readText({ body }: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > maxBytes)
      throw tasksFaults.create('FORGE_TOO_LONG', { message: `the forge sent more than ${maxBytes} bytes in one answer, which was cut off` })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    throw tasksFaults.create('FORGE_INVALID', { message: 'the forge answered something that is no JSON', cause: error })
  }
}
