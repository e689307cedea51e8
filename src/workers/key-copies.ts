import type { Log } from '../lib/log.ts'
import type { TaskSight } from '../tasks/claims/ledger.ts'
import type { Task } from '../tasks/task.ts'
import type { WorkerNews } from './worker-news.ts'

export interface KeyCopiesDeps {
  readonly log: Log
  readonly tell: (news: WorkerNews) => void
}

/** Holdings that were told of; of one that is forgotten it is told again. */
const maxTold = 1_000

/**
 * Tells once of each holding by our key in a process that this home does not know: the key was copied, or the home was set back to a backup and has
 * forgotten a process of its own.
 *
 * @see docs/protocols/claims.md §9 rule 19
 */
export class KeyCopies {
  readonly #deps: KeyCopiesDeps
  readonly #told = new Set<string>()

  constructor(deps: KeyCopiesDeps) {
    this.#deps = deps
  }

  tell({ project, key }: Task, { meaning }: TaskSight): void {
    const name = `${project}#${key} ${'holding' in meaning ? meaning.holding.began : ''}`
    if (this.#told.has(name)) return
    if (this.#told.size >= maxTold) this.#told.clear()
    this.#told.add(name)
    const { log, tell } = this.#deps
    log.error('a claim is held by our key in a process that this home does not know: the key was copied, or the home set back', {
      task: key,
    })
    const reason = `${key} is held by this node's key in a process that this home does not know, and is left alone while its lease runs. If the home was not restored from a backup, the key was copied: revoke it with \`althing node revoke\``
    tell({ news: 'idle', reason })
  }
}
