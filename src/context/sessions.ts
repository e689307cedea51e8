import type { Chance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import type { NavigationSession } from '../ucxl/ucxl.ts'
import { newSession } from '../ucxl/ucxl.ts'
import type { ContextOptions } from './context.ts'
import { contextFaults } from './faults.ts'

/** What a session remembers. */
export interface OpenSession {
  readonly id: string
  readonly resource: string
  readonly state: NavigationSession
}

interface KeptSession extends OpenSession {
  readonly usedAt: number
}

/** Random bytes in the name of a session: who does not know it cannot see or move it. */
const idBytes = 16

/** Navigation sessions, kept apart: in memory, bounded in number and in age. */
export class Sessions {
  readonly #deps: { readonly clock: Clock; readonly chance: Chance }
  readonly #options: Pick<ContextOptions, 'maxSessions' | 'sessionMs'>
  /** In the order of their last use. */
  readonly #sessions = new Map<string, KeptSession>()

  constructor(deps: { readonly clock: Clock; readonly chance: Chance }, options: Pick<ContextOptions, 'maxSessions' | 'sessionMs'>) {
    this.#deps = deps
    this.#options = options
  }

  /** A new session of a resource, which is remembered once it is kept. */
  begin(resource: string): OpenSession {
    return { id: Buffer.from(this.#deps.chance.bytes(idBytes)).toString('base64url'), resource, state: newSession }
  }

  /** The session of that name. @throws Fault SESSION_UNKNOWN when it ended, never was, or is of another resource */
  require(id: string, resource: string): OpenSession {
    this.#dropOld()
    const session = this.#sessions.get(id)
    if (session?.resource === resource) return session
    throw contextFaults.create('SESSION_UNKNOWN', {
      message: `there is no navigation session ${JSON.stringify(id.slice(0, 64))} of ${resource}; leave it out to begin a new one`,
      data: { session: id.slice(0, 64), resource },
    })
  }

  keep(session: OpenSession): void {
    this.#sessions.delete(session.id)
    this.#sessions.set(session.id, { ...session, usedAt: this.#deps.clock.monotonic() })
    const [oldest] = this.#sessions.keys()
    if (this.#sessions.size > this.#options.maxSessions && oldest !== undefined) this.#sessions.delete(oldest)
  }

  count(): number {
    this.#dropOld()
    return this.#sessions.size
  }

  #dropOld(): void {
    const since = this.#deps.clock.monotonic() - this.#options.sessionMs
    for (const [id, { usedAt }] of this.#sessions) {
      if (usedAt >= since) return
      this.#sessions.delete(id)
    }
  }
}
