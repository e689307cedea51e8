import type { Log } from '../../lib/log.ts'
import type { HookMessage } from '../rules/verify-hook.ts'
import { verifyHook } from '../rules/verify-hook.ts'
import type { Project, ProjectId } from '../task.ts'

export interface HookReceiverDeps {
  readonly listProjects: () => readonly Project[]
  /** The secret of a project's webhook; undefined where none is kept. */
  readonly findSecret: (project: ProjectId) => Promise<string | undefined>
  /** Something may have happened in a project: whoever looks for work there looks now. */
  readonly prompt: (project: ProjectId) => void
  readonly log: Log
}

/** `refused`: there is no such project, it has no webhook, or who sent it does not know the secret. */
export type HookReception = 'heard' | 'repeated' | 'refused'

/** Deliveries that are remembered: a forge sends one again within minutes, and one that is heard twice is a look too many. */
const maxDeliveries = 1_000

/**
 * Hears webhooks. What one says is never believed: it is a prompt to look, and nothing but its signature is read.
 *
 * @see docs/protocols/claims.md §12
 */
export class HookReceiver {
  readonly #deps: HookReceiverDeps
  /** Oldest first; not kept over a restart. */
  readonly #deliveries = new Set<string>()

  constructor(deps: HookReceiverDeps) {
    this.#deps = deps
  }

  /** Hears what came to the address of a project. @throws Fault SECRET_EXPOSED, SECRET_INVALID */
  async receive(name: string, message: HookMessage): Promise<HookReception> {
    const project = this.#deps.listProjects().find(({ id }) => id === name)
    const secret = project && (await this.#deps.findSecret(project.id))
    if (project === undefined || secret === undefined) return 'refused'
    const judged = verifyHook(project.forge, message, secret)
    if (judged.verdict === 'refused') {
      this.#deps.log.warn('a webhook was refused: its signature is not of the secret that is kept', { project: project.id })
      return 'refused'
    }
    if (!this.#isNew(`${project.id} ${judged.delivery}`)) return 'repeated'
    this.#deps.log.debug('a webhook was heard', { project: project.id, delivery: judged.delivery })
    this.#deps.prompt(project.id)
    return 'heard'
  }

  #isNew(delivery: string): boolean {
    if (this.#deliveries.has(delivery)) return false
    this.#deliveries.add(delivery)
    for (const oldest of this.#deliveries) {
      if (this.#deliveries.size <= maxDeliveries) break
      this.#deliveries.delete(oldest)
    }
    return true
  }
}
