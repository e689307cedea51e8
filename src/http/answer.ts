import type { FastifyReply } from 'fastify'
import type { Fault } from '../lib/fault.ts'
import type { Progress } from '../operations/define-operation.ts'
import type { AnswerLine } from './protocol.ts'
import { formatFault, lineType } from './protocol.ts'
import { statusOf } from './rules/status-of.ts'

/** The answer to one call: one JSON document, or lines of progress with the document last. */
export interface Answer {
  /** Aborted when the caller hangs up or the node ends. */
  readonly signal: AbortSignal
  readonly report: (progress: Progress) => void
  readonly finish: (result: { readonly output: unknown }) => FastifyReply
  readonly fail: (fault: Fault) => FastifyReply
  readonly release: () => void
}

export interface AnswerOptions {
  readonly inLines: boolean
  readonly ending: AbortSignal
}

/** Least time between two lines of progress, in milliseconds: a person reads no faster, and a slow reader is not flooded. */
const progressIntervalMs = 100

/** Takes over a reply. */
export function openAnswer(reply: FastifyReply, { inLines, ending }: AnswerOptions): Answer {
  const gone = new AbortController()
  const onClose = (): void => {
    if (!reply.raw.writableFinished) gone.abort(new DOMException('the caller hung up', 'AbortError'))
  }
  reply.raw.on('close', onClose)
  const write = inLines ? openLines(reply) : undefined
  let lastReport = Number.NEGATIVE_INFINITY
  return {
    signal: AbortSignal.any([gone.signal, ending]),
    report: (progress) => {
      const now = performance.now()
      const isWanted = progress.isNotice === true || (progress.total !== undefined && progress.done >= progress.total)
      if (write === undefined || (now - lastReport < progressIntervalMs && !isWanted)) return
      lastReport = now
      write({ progress })
    },
    finish: (result) => {
      if (write === undefined) return reply.send(result)
      write(result)
      reply.raw.end()
      return reply
    },
    fail: (fault) => {
      if (write === undefined) return reply.code(statusOf(fault.kind)).send(formatFault(fault))
      write(formatFault(fault))
      reply.raw.end()
      return reply
    },
    release: () => reply.raw.off('close', onClose),
  }
}

/** Answers in lines are always status 200: the fault, if any, is the last line. */
function openLines(reply: FastifyReply): (line: AnswerLine) => void {
  reply.hijack()
  reply.raw.writeHead(200, { 'content-type': lineType, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  return (line) => {
    // Progress may be dropped: a caller that does not read gets only the result. A question may not: it is waited for.
    const mayDrop = 'progress' in line && line.progress.question === undefined
    if (reply.raw.destroyed || (mayDrop && reply.raw.writableNeedDrain)) return
    reply.raw.write(`${JSON.stringify(line)}\n`)
  }
}
