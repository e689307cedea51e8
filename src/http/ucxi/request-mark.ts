import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../lib/clock.ts'
import { createRequestId, requestIdBytes, takeRequestId } from './rules/request-id.ts'
import type { UcxiDeps } from './ucxi.ts'

/** By what one request is known in answers and in the log. */
export interface RequestMark {
  readonly id: string
  readonly clock: Clock
}

/** Ids that are made of one draw of chance: asking the system for eight bytes costs more than the rest of an id. */
const idsPerDraw = 256

/** Gives each request its mark once. */
export class RequestMarks {
  readonly #deps: Pick<UcxiDeps, 'clock' | 'chance'>
  readonly #marks = new WeakMap<FastifyRequest, RequestMark>()
  #random: Uint8Array = new Uint8Array(0)
  #drawn = 0

  constructor(deps: Pick<UcxiDeps, 'clock' | 'chance'>) {
    this.#deps = deps
  }

  /** The id is the caller's `X-Request-Id`, or made. */
  of(request: FastifyRequest): RequestMark {
    const { clock } = this.#deps
    const known = this.#marks.get(request)
    if (known !== undefined) return known
    const id = takeRequestId(request.headers['x-request-id']) ?? createRequestId(clock.now(), this.#draw())
    const mark = { id, clock }
    this.#marks.set(request, mark)
    return mark
  }

  #draw(): Uint8Array {
    if (this.#drawn === this.#random.byteLength) {
      this.#random = this.#deps.chance.bytes(requestIdBytes * idsPerDraw)
      this.#drawn = 0
    }
    return this.#random.subarray(this.#drawn, (this.#drawn += requestIdBytes))
  }
}
