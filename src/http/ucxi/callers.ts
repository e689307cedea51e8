import type { FastifyReply } from 'fastify'

/** Signals of the requests under way. One listener for the end of the node, because `AbortSignal.any` costs each request more than its routing. */
export class Callers {
  readonly #ending: AbortSignal
  readonly #underWay = new Set<AbortController>()

  constructor(ending: AbortSignal) {
    this.#ending = ending
    ending.addEventListener('abort', () => {
      for (const gone of this.#underWay) gone.abort(ending.reason)
    })
  }

  /** Aborted when the caller hangs up before the answer was given, or the node ends. */
  signalOf(reply: FastifyReply): AbortSignal {
    const gone = new AbortController()
    if (this.#ending.aborted) gone.abort(this.#ending.reason)
    this.#underWay.add(gone)
    reply.raw.once('close', () => {
      this.#underWay.delete(gone)
      if (!reply.raw.writableFinished) gone.abort(new DOMException('the caller hung up', 'AbortError'))
    })
    return gone.signal
  }
}
