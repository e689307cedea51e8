import type { Clock } from '../lib/clock.ts'
import { describeError } from '../lib/fault.ts'
import { modelsFaults } from './faults.ts'

export interface BoundedFetchDeps {
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
}

export interface BoundedFetchOptions {
  /** Who is spoken of in faults: `ENDPOINT/MODEL`, or `ENDPOINT`. */
  readonly subject: string
  /** An answer that stays silent for this long is given up, in milliseconds. */
  readonly stallTimeoutMs: number
  /** Longest answer, in bytes. */
  readonly maxAnswerBytes: number
  /** Taken out of everything an endpoint says before it is shown. */
  readonly secret: string | undefined
}

/** An endpoint said to come back later. */
export class Throttled extends Error {
  readonly retryAfterMs: number

  constructor(retryAfterMs: number) {
    super(`asked to wait ${retryAfterMs} ms`)
    this.name = 'Throttled'
    this.retryAfterMs = retryAfterMs
  }
}

/** What is told of a refusal, in characters. */
const maxReasonLength = 500
/** Wait when an endpoint that is busy does not say how long, in milliseconds. */
const defaultRetryAfterMs = 5_000

/**
 * A `fetch` that gives answers of 2xx only, of bounded length, that never stand still; redirects are refused, they would take the key along.
 *
 * @throws Throttled; Fault MODEL_MISSING, MODEL_DENIED, MODEL_REFUSED, MODEL_UNREACHABLE; in the body also MODEL_STALLED, MODEL_ANSWER_INVALID
 */
export function createBoundedFetch(deps: BoundedFetchDeps, options: BoundedFetchOptions): typeof globalThis.fetch {
  return async (input, init) => {
    const watch = watchProgress(deps.clock, options)
    const signal = init?.signal == null ? watch.signal : AbortSignal.any([init.signal, watch.signal])
    try {
      const response = await deps.fetch(input, { ...init, signal, redirect: 'manual' })
      watch.progress()
      if (!response.ok) throw await refusal(deps.clock, response, options)
      return new Response(response.body?.pipeThrough(bound(watch, options)) ?? null, { status: response.status, headers: response.headers })
    } catch (error) {
      watch.end()
      init?.signal?.throwIfAborted()
      watch.signal.throwIfAborted()
      if (!(error instanceof TypeError)) throw error
      const reason = error.cause === undefined ? error.message : describeError(error.cause)
      throw modelsFaults.create('MODEL_UNREACHABLE', {
        message: `${options.subject} does not answer: ${reason}; is its server running, and its address in [models] endpoints right?`,
        data: { model: options.subject, status: 0, isSent: !failedToConnect(error.cause) },
        cause: error,
      })
    }
  }
}

/** Codes of certificates that do not hold, as OpenSSL and Node name them. */
const untrusted = /^(?:CERT_|ERR_TLS_CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/

/** Whether no connection came about, so that nothing was sent. Of a name with several addresses, to none of them. */
function failedToConnect(cause: unknown): boolean {
  if (cause instanceof AggregateError) return cause.errors.every(failedToConnect)
  if (!(cause instanceof Error)) return false
  const [code, call] = ['code' in cause ? String(cause.code) : '', 'syscall' in cause ? cause.syscall : undefined]
  return call === 'connect' || call === 'getaddrinfo' || code === 'UND_ERR_CONNECT_TIMEOUT' || untrusted.test(code)
}

interface ProgressWatch {
  readonly signal: AbortSignal
  readonly progress: () => void
  readonly end: () => void
}

function watchProgress(clock: Clock, { subject, stallTimeoutMs }: BoundedFetchOptions): ProgressWatch {
  const controller = new AbortController()
  const late = (): void =>
    controller.abort(
      modelsFaults.create('MODEL_STALLED', {
        message: `${subject} said nothing for ${stallTimeoutMs} ms; try again, or another model`,
        data: { model: subject, ms: stallTimeoutMs },
      }),
    )
  let cancel = clock.schedule(stallTimeoutMs, late)
  return {
    signal: controller.signal,
    progress: () => {
      cancel()
      cancel = clock.schedule(stallTimeoutMs, late)
    },
    end: () => cancel(),
  }
}

function bound(
  watch: ProgressWatch,
  { subject, maxAnswerBytes }: BoundedFetchOptions,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let bytes = 0
  return new TransformStream({
    transform: (chunk, controller) => {
      watch.progress()
      bytes += chunk.length
      if (bytes <= maxAnswerBytes) return controller.enqueue(chunk)
      watch.end()
      controller.error(
        modelsFaults.create('MODEL_ANSWER_INVALID', {
          message: `${subject} sent more than ${maxAnswerBytes} bytes in one answer, which was cut off`,
          data: { model: subject },
        }),
      )
    },
    flush: () => watch.end(),
  })
}

async function refusal(clock: Clock, response: Response, { subject, secret }: BoundedFetchOptions): Promise<Error> {
  const { status } = response
  const said = await readStart(response)
  const reason = said === '' ? '' : `: ${secret === undefined ? said : said.replaceAll(secret, '…')}`
  const data = { model: subject, status }
  if (status === 429 || (status === 503 && response.headers.has('retry-after')))
    return new Throttled(readRetryAfter(clock, response.headers))
  if (status === 401 || status === 403)
    return modelsFaults.create('MODEL_DENIED', {
      message: `${subject} refuses the key (${status})${reason}; set one with \`althing model key\``,
      data,
    })
  if (status === 404)
    return modelsFaults.create('MODEL_MISSING', {
      message: `${subject} is not there (404)${reason}; \`althing model list\` says what is`,
      data,
    })
  if (status >= 500)
    return modelsFaults.create('MODEL_UNREACHABLE', {
      message: `${subject} has a fault of its own (${status})${reason}; try again later`,
      data,
    })
  if (status < 400)
    return modelsFaults.create('MODEL_REFUSED', {
      message: `${subject} sends us elsewhere (${status}), where the key does not go; set the address it names in [models] endpoints`,
      data,
    })
  return modelsFaults.create('MODEL_REFUSED', { message: `${subject} does not take the request (${status})${reason}`, data })
}

/** The beginning of a body; what follows is not read. */
async function readStart(response: Response): Promise<string> {
  if (response.body === null) return ''
  let text = ''
  try {
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      text += piece
      if (text.length >= maxReasonLength) break
    }
  } catch {
    // A reason that is cut is still the best there is: the status has been read.
  }
  return text.slice(0, maxReasonLength).replaceAll(/\s+/g, ' ').trim()
}

/** @see RFC 9110 §10.2.3 */
function readRetryAfter(clock: Clock, headers: Headers): number {
  const text = headers.get('retry-after')?.trim() ?? ''
  if (/^\d{1,7}$/.test(text)) return Number(text) * 1_000
  const at = Date.parse(text)
  return Number.isNaN(at) ? defaultRetryAfterMs : Math.max(0, at - clock.now())
}
