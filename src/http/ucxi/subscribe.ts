import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { JsonObject } from '../../lib/json.ts'
import { faultFor, isBug, logBug } from '../fault-for.ts'
import { httpFaults } from '../faults.ts'
import type { UcxiCall, UcxiHandler } from './call.ts'
import { readHeader, readParameters } from './call.ts'
import { formatEvent } from './documents.ts'
import { formatError } from './envelope.ts'
import { readPattern } from './read-address.ts'
import type { UcxiDeps, UcxiStore } from './ucxi.ts'

/**
 * `GET /subscribe`: server-sent events, from the moment the head of the answer comes.
 *
 * It ends with the node, with its reader, and when the reader leaves too much unread.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function createSubscribe({ chance }: Pick<UcxiDeps, 'chance'>): UcxiHandler {
  // ids are counted anew by every node that starts
  const run = Buffer.from(chance.bytes(4)).toString('hex')
  let open = 0
  return async (call) => {
    const { pattern = '' } = readParameters(call.request, ['pattern'])
    const wanted = readPattern(pattern)
    const { maxSubscriptions } = call.options
    if (open >= maxSubscriptions) {
      const message = `${maxSubscriptions} subscriptions are open; end one, or raise ucxl.maxSubscriptions`
      throw httpFaults.create('UCXI_SUBSCRIPTIONS_FULL', { message, data: { max: maxSubscriptions } })
    }
    open += 1
    try {
      const seen = readHeader(call.request, 'last-event-id')
      const after = seen === undefined ? undefined : readEventId(seen, run)
      const events = call.store.watch(wanted, { signal: call.signal, after })
      return await stream(call, { events, run, isReset: seen !== undefined && after === undefined })
    } finally {
      open -= 1
    }
  }
}

/** The number of an event of this run; undefined for one of another, whose numbers mean nothing here. */
function readEventId(text: string, run: string): number | undefined {
  const [prefix, digits = ''] = text.split('-', 2)
  return prefix === run && /^\d{1,15}$/.test(digits) ? Number(digits) : undefined
}

interface Subscription {
  readonly events: ReturnType<UcxiStore['watch']>
  readonly run: string
  /** What happened since the event that the reader saw cannot be told. */
  readonly isReset: boolean
}

async function stream(call: UcxiCall, { events, run, isReset }: Subscription): Promise<FastifyReply> {
  const { reply, options, deps } = call
  const iterator = events[Symbol.asyncIterator]()
  // asked for before the head goes out: whoever has the head misses nothing
  const first = iterator.next()
  const lines = openLines(call)
  if (isReset)
    lines.event({ event: 'reset', document: { message: 'what happened meanwhile is not known any more; read again what you need' } })
  let stopKeepAlive: (() => void) | undefined
  const keepAlive = (): void => {
    stopKeepAlive = deps.clock.schedule(options.keepAliveMs, () => {
      lines.comment('still here')
      keepAlive()
    })
  }
  keepAlive()
  try {
    for (let result = await first; result.done !== true; result = await iterator.next()) {
      const { id, event } = result.value
      lines.event({ event, id: `${run}-${id}`, document: formatEvent(result.value) })
    }
  } catch (error) {
    if (!reply.raw.destroyed) lines.event({ event: 'error', document: describe(call, error) })
  } finally {
    stopKeepAlive?.()
    if (deps.ending.aborted) lines.comment('the node ends')
    reply.raw.end()
  }
  return reply
}

interface Line {
  readonly event: string
  readonly id?: string
  readonly document: JsonObject
}

/** Writes the head; what is written to a reader that leaves too much unread cuts it. */
function openLines({ reply, mark, options }: UcxiCall): { readonly event: (line: Line) => void; readonly comment: (text: string) => void } {
  reply.hijack()
  reply.raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': mark.id,
  })
  const write = (text: string): void => writeBounded(reply.raw, text, options.maxUnreadBytes)
  write(': watching\n\n')
  return {
    comment: (text) => write(`: ${text}\n\n`),
    event: ({ event, id, document }) => {
      const place = id === undefined ? '' : `id: ${id}\n`
      write(`event: ${event}\n${place}data: ${JSON.stringify(document)}\n\n`)
    },
  }
}

function writeBounded(raw: ServerResponse, text: string, maxUnreadBytes: number): void {
  if (raw.destroyed) return
  raw.write(text)
  if (raw.writableLength > maxUnreadBytes) raw.destroy()
}

function describe(call: UcxiCall, error: unknown): JsonObject {
  const fault = faultFor(error, call.signal)
  if (isBug(fault)) logBug(call.deps.log, call.request, { error, requestId: call.mark.id })
  return formatError(fault, '/ucxi/v1/subscribe', call.mark)
}
