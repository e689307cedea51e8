import type { IncomingMessage, RequestOptions } from 'node:http'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { lookup } from 'node:dns'
import { describeError, Fault } from '../../lib/fault.ts'
import { registryFaults } from './faults.ts'
import { guardLookup } from './guard-lookup.ts'
import { isPublicAddress } from './rules/judge-address.ts'
import type { RegistryPlace } from './rules/judge-url.ts'
import { judgeRedirect, maxRedirects, mayConnect } from './rules/judge-url.ts'

/** A file of a registry, as it was when it was asked for last. */
export interface FileRequest {
  /** Where the registry is, without a slash at its end. */
  readonly url: string
  /** Whether that may be in a private network: it was when it was added, or is being added now. */
  readonly isPrivate: boolean
  /** One of `rules/registry-paths.ts`. */
  readonly path: string
  readonly etag: string | undefined
  readonly modified: string | undefined
  readonly maxBytes: number
  /** A registry silent for this long is given up, in milliseconds. */
  readonly stallTimeoutMs: number
  readonly signal: AbortSignal
}

/** What a registry answered. A body has at most `maxBytes` and is to be read, or destroyed by the signal. */
export type FileAnswer =
  | { readonly status: 'same' }
  | { readonly status: 'missing' }
  | {
      readonly status: 'found'
      readonly body: AsyncIterable<Uint8Array>
      /** Whether the registry itself was asked in a private network. */
      readonly wasPrivate: boolean
      readonly etag: string | undefined
      readonly modified: string | undefined
    }

/** Longest ETag or date that is kept. */
const maxValidator = 256

/**
 * Asks a registry for a file, unless it did not change.
 *
 * Follows few redirects, and none into a private network but that where the registry was said to be; what a name leads to is judged when
 * it is connected to, so that it cannot lead elsewhere in between.
 *
 * @throws Fault REGISTRY_REFUSED, REGISTRY_INVALID, REGISTRY_UNREACHABLE, or the signal's reason
 */
export async function requestFile(request: FileRequest): Promise<FileAnswer> {
  const registry = { url: new URL(request.url), isPrivate: request.isPrivate }
  let wasPrivate = false
  let url = new URL(`${request.url}/${request.path}`)
  for (let followed = 0; followed <= maxRedirects; followed += 1) {
    const answer = await ask(registry, url, request)
    wasPrivate ||= url.origin === registry.url.origin && !isPublicAddress(answer.socket.remoteAddress ?? '')
    const to = answer.headers.location
    const isRedirect = [301, 302, 303, 307, 308].includes(answer.statusCode ?? 0) && to !== undefined
    if (!isRedirect) return toAnswer(answer, url, { ...request, wasPrivate })
    answer.destroy()
    if (!URL.canParse(to, url.href)) throw refuse(url, 'it redirects to what is no URL')
    const next = new URL(to, url.href)
    const reason = judgeRedirect(registry, url, next)
    if (reason !== undefined) throw refuse(url, `it redirects to ${next.origin}: ${reason}`)
    url = next
  }
  throw refuse(url, `it redirects more than ${maxRedirects} times`)
}

function toAnswer(
  answer: IncomingMessage,
  url: URL,
  { wasPrivate, ...request }: FileRequest & { readonly wasPrivate: boolean },
): FileAnswer {
  const status = answer.statusCode ?? 0
  if (status === 304) return drop(answer, { status: 'same' })
  if (status === 404 || status === 410) return drop(answer, { status: 'missing' })
  if (status !== 200) {
    answer.destroy()
    throw unreachable(url, `it answered ${status}`)
  }
  const said = Number(answer.headers['content-length'] ?? 0)
  if (said > request.maxBytes) {
    answer.destroy()
    throw tooLong(url, request.maxBytes)
  }
  const [etag, modified] = [answer.headers.etag, answer.headers['last-modified']].map((value) =>
    value !== undefined && value.length <= maxValidator ? value : undefined,
  )
  return { status: 'found', body: bounded(answer, url, request), wasPrivate, etag, modified }
}

function drop<T>(answer: IncomingMessage, value: T): T {
  answer.resume()
  return value
}

async function* bounded(answer: IncomingMessage, url: URL, { maxBytes, signal }: FileRequest): AsyncGenerator<Uint8Array> {
  let size = 0
  try {
    for await (const chunk of answer as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength
      if (size > maxBytes) throw tooLong(url, maxBytes)
      yield chunk
    }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET') throw unreachable(url, 'it broke off', error)
    throw error
  } finally {
    answer.destroy()
  }
}

async function ask(registry: RegistryPlace, url: URL, request: FileRequest, isSecond = false): Promise<IncomingMessage> {
  const { signal, stallTimeoutMs, etag, modified } = request
  const headers = {
    accept: '*/*',
    'accept-encoding': 'identity',
    'user-agent': 'althing',
    ...(etag !== undefined && { 'if-none-match': etag }),
    ...(modified !== undefined && { 'if-modified-since': modified }),
  }
  // a connection kept open for another registry was judged for that one
  const agent = url.origin === registry.url.origin ? undefined : false
  const guarded = guardLookup(
    lookup,
    (address) => mayConnect(registry, url, address),
    (hostname) => refuse(url, `${hostname} leads into a private network`),
  )
  const options: RequestOptions = { method: 'GET', headers, signal, agent, lookup: guarded, maxHeaderSize: 16_384 }
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const sent = url.protocol === 'https:' ? requestHttps(url, options) : requestHttp(url, options)
  sent.setTimeout(stallTimeoutMs, () => sent.destroy(unreachable(url, `it was silent for ${stallTimeoutMs} ms`)))
  sent.once('response', resolve)
  sent.once('error', reject)
  sent.end()
  try {
    return await promise
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof Fault) throw error
    // a connection that was kept may have been closed by the other side in the meantime, which says nothing of the registry
    if (sent.reusedSocket && !isSecond) return ask(registry, url, request, true)
    throw unreachable(url, describeError(error), error)
  }
}

function refuse(url: URL, reason: string): Error {
  return registryFaults.create('REGISTRY_REFUSED', {
    message: `${url.origin} was not asked further: ${reason}. If that is where the registry is, remove it, and add it by that address.`,
    data: { url: url.href.slice(0, 512), reason },
  })
}

function unreachable(url: URL, problem: string, cause?: unknown): Error {
  return registryFaults.create('REGISTRY_UNREACHABLE', {
    message: `the registry at ${url.origin} gave no ${url.pathname}: ${problem}`,
    data: { url: url.href.slice(0, 512), problem },
    cause,
  })
}

function tooLong(url: URL, maxBytes: number): Error {
  return registryFaults.create('REGISTRY_INVALID', {
    message: `${url.href.slice(0, 512)} is longer than ${maxBytes} bytes, which is more than it may be; nothing of it was taken`,
    data: { file: url.pathname.slice(0, 512), reason: 'too long', maxBytes },
  })
}
