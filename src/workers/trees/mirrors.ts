import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from '../../lib/clock.ts'
import { isTimeout, untilAborted, withDeadline } from '../../lib/deadline.ts'
import { describeError } from '../../lib/fault.ts'
import type { Log } from '../../lib/log.ts'
import { tasksFaults } from '../../tasks/faults.ts'
import type { ObjectId } from '../../tasks/git/objects.ts'
import type { GitCredentials } from '../../tasks/git/remote.ts'
import type { Project, ProjectId } from '../../tasks/task.ts'
import { collectMirror } from './collect-mirror.ts'
import type { GitRunner } from './git.ts'
import type { Mirror } from './mirror.ts'
import { openMirror } from './mirror.ts'

interface Waiting {
  readonly signal: AbortSignal
}

export interface MirrorsDeps {
  readonly clock: Clock
  readonly log: Log
  readonly git: GitRunner
  readonly findCredentials: (project: Project) => Promise<GitCredentials | undefined>
}

export interface MirrorsOptions {
  /** Where they are kept; absolute. */
  readonly folder: string
  /** What the names of branches begin with that may be dropped when nobody works on the project. */
  readonly prefix: string
}

/** One of them, while this process runs. */
interface Kept {
  readonly mirror: Promise<Mirror>
  users: number
  /** Until when by the monotonic clock it is not looked at again for what can be collected. */
  restsUntil: number
  collecting: Promise<void> | undefined
  /** A fetch that a look did not wait for. */
  slow: Promise<unknown> | undefined
}

/** How often a mirror is looked at for what can be collected, in milliseconds. */
const collectEveryMs = 3_600_000
/** How long a look at many projects waits for the branches of one, in milliseconds. */
const lookTimeoutMs = 60_000

/** A mirror of each project, opened once. What nobody needs of one is taken away now and then, while nobody has it. */
export class Mirrors {
  readonly #deps: MirrorsDeps
  readonly #options: MirrorsOptions
  readonly #kept = new Map<ProjectId, Kept>()

  constructor(deps: MirrorsDeps, options: MirrorsOptions) {
    this.#deps = deps
    this.#options = options
  }

  /** Lends the mirror of a project for some work. @throws what the work throws; Fault GIT_FAILED; the signal's reason */
  async lend<T>(project: Project, work: (mirror: Mirror) => Promise<T>, waiting: Waiting): Promise<T> {
    return this.#use(project, work, waiting)
  }

  async #use<T>(project: Project, work: (mirror: Mirror, kept: Kept) => Promise<T>, waiting: Waiting): Promise<T> {
    const kept = this.#kept.get(project.id) ?? this.#keep(project, waiting.signal)
    while (kept.collecting !== undefined) await untilAborted(kept.collecting, waiting.signal)
    kept.users += 1
    try {
      return await work(await untilAborted(kept.mirror, waiting.signal), kept)
    } finally {
      kept.users -= 1
      this.#collectIfDue(kept, waiting.signal)
    }
  }

  /**
   * Lends the mirror with branches as they are now, for a look that is soon over. A server that takes longer than a minute is not waited for: what
   * it sends is there at a later look.
   *
   * @throws Fault REMOTE_UNREACHABLE, and as `lend`
   */
  async lendFetched<T>(
    project: Project,
    branches: readonly string[],
    { look, signal }: { readonly look: (mirror: Mirror, heads: ReadonlyMap<string, ObjectId>) => Promise<T> } & Waiting,
  ): Promise<T> {
    const work = async (mirror: Mirror, kept: Kept): Promise<T> => {
      const heads = await this.#fetchSoon(project, mirror, { kept, branches, signal })
      return look(mirror, heads)
    }
    return this.#use(project, work, { signal })
  }

  async #fetchSoon(
    project: Project,
    mirror: Mirror,
    { kept, branches, signal }: { readonly kept: Kept; readonly branches: readonly string[] } & Waiting,
  ): Promise<ReadonlyMap<string, ObjectId>> {
    const soon = withDeadline(this.#deps.clock, lookTimeoutMs, signal)
    try {
      await untilAborted(Promise.resolve(kept.slow), soon)
      const fetching = mirror.fetch(branches, { signal })
      const slow = fetching
        .catch(() => {})
        .finally(() => {
          if (kept.slow === slow) kept.slow = undefined
        })
      kept.slow = slow
      return await untilAborted(fetching, soon)
    } catch (error) {
      signal.throwIfAborted()
      if (!isTimeout(error)) throw error
      const message = `the git server of ${project.id} did not send its branches within ${lookTimeoutMs} ms`
      throw tasksFaults.create('REMOTE_UNREACHABLE', { message, cause: error })
    }
  }

  #keep(project: Project, signal: AbortSignal): Kept {
    const { git, findCredentials } = this.#deps
    const name = createHash('sha256').update(project.id).digest('hex').slice(0, 16)
    const path = join(this.#options.folder, `${name}.git`)
    const mirror = openMirror({ git, credentials: () => findCredentials(project) }, { path, url: project.url, signal })
    const kept: Kept = { mirror, users: 0, restsUntil: -Infinity, collecting: undefined, slow: undefined }
    this.#kept.set(project.id, kept)
    mirror.catch(() => this.#kept.delete(project.id))
    return kept
  }

  #collectIfDue(kept: Kept, signal: AbortSignal): void {
    const now = this.#deps.clock.monotonic()
    if (kept.users > 0 || kept.slow !== undefined || kept.collecting !== undefined || now < kept.restsUntil || signal.aborted) return
    kept.restsUntil = now + collectEveryMs
    kept.collecting = this.#collect(kept, signal).finally(() => (kept.collecting = undefined))
  }

  /** Never rejects: a mirror that is not collected is as good. */
  async #collect({ mirror }: Kept, signal: AbortSignal): Promise<void> {
    const { git, log } = this.#deps
    try {
      const { path } = await mirror
      if (await collectMirror({ git, path }, { prefix: this.#options.prefix, signal }))
        log.info('a copy of a repository was collected', { path })
    } catch (error) {
      if (!signal.aborted) log.warn('a copy of a repository was not collected', { reason: describeError(error) })
    }
  }
}
