import type { Clock } from '../../lib/clock.ts'
import { describeError, Fault } from '../../lib/fault.ts'
import { tasksFaults } from '../faults.ts'
import { judgeLimit } from '../rules/forge-limits.ts'
import type { GitAddress } from './address.ts'
import { ByteReader } from './byte-reader.ts'
import type { Greeting } from './greeting.ts'
import { readGreeting } from './greeting.ts'
import type { GitCredentials, RemoteOptions } from './remote.ts'
import type { Conversation, GitBody, GitService, GitTransport } from './transport.ts'

export interface HttpTransportDeps {
  readonly clock: Clock
  readonly address: GitAddress & { readonly kind: 'http' }
  /** Asked before each request, so that a token can be changed without a restart. Undefined: none are sent. */
  readonly credentials: () => Promise<GitCredentials | undefined>
}

/** What is said of ourselves to servers. */
const agent = 'althing/1'

/** Smart http. Redirects are never followed: nothing, least of all a token, goes where nobody sent us. @see https://git-scm.com/docs/http-protocol */
export function createHttpTransport(deps: HttpTransportDeps, options: RemoteOptions): GitTransport {
  // In version 2 it says nothing of refs: what was heard once saves a request each time, until something fails.
  let known: Greeting | undefined
  return {
    talk: async (service, work, { signal }) => {
      const session: Session = { ...deps, options, service, signal }
      const greet = async (): Promise<Greeting> => {
        const greeting = await readGreeting(await request(session, undefined))
        if (service === 'git-upload-pack' && greeting.version === 2) known = greeting
        return greeting
      }
      const conversation: Conversation = {
        greeting: async () => (service === 'git-upload-pack' ? known : undefined) ?? greet(),
        ask: async (body) => request(session, body),
      }
      try {
        return await work(conversation)
      } catch (error) {
        known = undefined
        throw error
      }
    },
  }
}

interface Session extends HttpTransportDeps {
  readonly options: RemoteOptions
  readonly service: GitService
  readonly signal: AbortSignal
}

async function request(session: Session, body: GitBody | undefined): Promise<ByteReader> {
  const { address, service, signal, options } = session
  const headers = await makeHeaders(session, body !== undefined)
  const url = body === undefined ? `${address.url}/info/refs?service=${service}` : `${address.url}/${service}`
  const response = await send(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    redirect: 'manual',
    signal,
    ...(body === undefined ? {} : { body: toBody(body), duplex: 'half' as const }),
  })
  const kind = body === undefined ? 'advertisement' : 'result'
  const type = response.headers.get('content-type')
  if (response.status !== 200 || type !== `application/x-${service}-${kind}`) {
    await response.body?.cancel()
    throw refusal(session, response)
  }
  return new ByteReader(mapFailures(response.body ?? emptyBody(), signal), { maxBytes: options.maxAnswerBytes })
}

async function makeHeaders({ address, service, credentials, options }: Session, isAsking: boolean): Promise<Headers> {
  const headers = new Headers({ 'user-agent': agent, accept: '*/*' })
  if (service === 'git-upload-pack') headers.set('git-protocol', 'version=2')
  if (isAsking) headers.set('content-type', `application/x-${service}-request`)
  const proof = await credentials()
  if (proof === undefined) return headers
  if (!address.isEncrypted && !address.isLoopback && !options.allowsPlainHttp)
    throw tasksFaults.create('REMOTE_DENIED', {
      message: `${address.url} is not encrypted: the token was not sent there. Use https, or allow it in the settings`,
      data: { url: address.url },
    })
  headers.set('authorization', `Basic ${Buffer.from(`${proof.username}:${proof.password}`).toString('base64')}`)
  return headers
}

async function send(url: string, init: RequestInit & { readonly signal: AbortSignal }): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (error) {
    throw toFault(error, init.signal)
  }
}

/** A body that breaks off is a server that does. */
async function* mapFailures(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    throw toFault(error, signal)
  }
}

function toFault(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason
  if (error instanceof Fault) return error
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  if (cause instanceof Fault) return cause
  return tasksFaults.create('REMOTE_UNREACHABLE', {
    message: `the git server cannot be reached, or broke off: ${describeError(cause)}`,
    cause: error,
  })
}

/** What an answer that is not the protocol's means. */
function refusal({ address: { url }, clock }: Session, { status, headers }: Response): Error {
  const data = { url, status }
  const retryAfterMs = readPause(status, headers, clock)
  if (retryAfterMs !== undefined)
    return tasksFaults.create('REMOTE_UNREACHABLE', {
      message: `${url} answers ${status}, and asks to be left alone for ${Math.ceil(retryAfterMs / 1_000)} s`,
      data: { ...data, retryAfterMs },
    })
  if (status >= 300 && status < 400) {
    const location = shorten(headers.get('location') ?? 'nowhere')
    const message = `${url} says that it moved to ${location}. Nothing was sent there; if that is right, add the project under its new address`
    return tasksFaults.create('REMOTE_MOVED', { message, data: { ...data, location } })
  }
  if (status === 401 || status === 403)
    return tasksFaults.create('REMOTE_DENIED', {
      message: `${url} answers ${status}: the token is wrong, or has no right to push here`,
      data,
    })
  if (status === 404 || status === 410)
    return tasksFaults.create('REMOTE_MISSING', { message: `${url} answers ${status}: no repository, or none this token may see`, data })
  if (status >= 500 || status === 429 || status === 408)
    return tasksFaults.create('REMOTE_UNREACHABLE', { message: `${url} answers ${status}`, data })
  return tasksFaults.create('REMOTE_PROTOCOL', {
    message: `${url} answers ${status} with ${headers.get('content-type') ?? 'no type'}, which is no answer of a git server`,
    data,
  })
}

/** How long a server asks to be left alone, in milliseconds, by its own clock, or by ours where it tells no time; undefined where it does not say. */
function readPause(status: number, headers: Headers, clock: Clock): number | undefined {
  const at = Date.parse(headers.get('date') ?? '')
  const signs = {
    status,
    retryAfter: headers.get('retry-after')?.trim(),
    remaining: undefined,
    limit: undefined,
    reset: undefined,
    words: '',
  }
  const limit = judgeLimit({ ...signs, now: Number.isNaN(at) ? clock.now() : at })
  return typeof limit === 'number' ? limit : undefined
}

/** Without what could be a secret: user, password, query. */
function shorten(location: string): string {
  const url = URL.parse(location)
  return url === null ? location.slice(0, 200).replace(/[?#].*$/, '') : `${url.origin}${url.pathname}`.slice(0, 200)
}

function toBody(body: GitBody): NonNullable<RequestInit['body']> {
  return body instanceof Uint8Array ? new Uint8Array(body) : ReadableStream.from(body)
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}
