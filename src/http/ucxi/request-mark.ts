import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../lib/clock.ts'
import { createRequestId, requestIdBytes, takeRequestId } from './rules/request-id.ts'
import type { UcxiDeps } from './ucxi.ts'

/** By what one request is known in answers and in the log. */
export interface RequestMark {
  readonly id: string
  readonly clock: Clock
}

/** Gives each request its mark once. */
export class RequestMarks {
  readonly #deps: Pick<UcxiDeps, 'clock' | 'chance'>
  readonly #ids = new WeakMap<FastifyRequest, string>()

  constructor(deps: Pick<UcxiDeps, 'clock' | 'chance'>) {
    this.#deps = deps
  }

  /** The id is the caller's `X-Request-Id`, or made. */
  of(request: FastifyRequest): RequestMark {
    const { clock, chance } = this.#deps
    const known = this.#ids.get(request)
    if (known !== undefined) return { id: known, clock }
    const id = takeRequestId(request.headers['x-request-id']) ?? createRequestId(clock.now(), chance.bytes(requestIdBytes))
    this.#ids.set(request, id)
    return { id, clock }
  }
}
