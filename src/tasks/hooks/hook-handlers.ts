import { createHash } from 'node:crypto'
import type { Handler } from '../../operations/define-operation.ts'
import type { Projects } from '../projects.ts'
import { tasksFaults } from '../faults.ts'
import type { ForgeKind, ProjectId } from '../task.ts'
import type { hookOperation } from './hook-operation.ts'

export interface HookHandlerDeps {
  /** The projects of the hive a caller named, or of the current one. */
  readonly findDesks: (hive: string | undefined) => { readonly projects: Pick<Projects, 'find'> }
  readonly hookSecrets: HookSecrets
  /** Where this node answers HTTP; undefined where it does not. */
  readonly findHttpUrl: () => string | undefined
}

/** Secrets that are kept by their names. */
export interface HookSecrets {
  /** Keeps what a file holds; without one what is kept already, or a new one. */
  readonly keep: (name: string, file: string | undefined) => Promise<{ readonly path: string; readonly isNew: boolean }>
  /** Whether there was one. */
  readonly remove: (name: string) => Promise<boolean>
}

/** What may change what a worker would do, as each forge's API names it. */
const events: Readonly<Record<Exclude<ForgeKind, 'git'>, readonly string[]>> = {
  github: ['issues', 'issue_comment', 'pull_request', 'pull_request_review', 'check_suite', 'status'],
  gitea: ['issues', 'issue_label', 'issue_comment', 'pull_request', 'pull_request_review', 'status'],
  gitlab: ['issues_events', 'note_events', 'merge_requests_events', 'pipeline_events'],
}

/** The name under which the secret of a project's webhook is kept. */
export function hookSecretName(project: ProjectId): string {
  return `hook-${createHash('sha256').update(project).digest('hex').slice(0, 16)}`
}

/** What answers the operation about webhooks. */
export function createHookHandler({ findDesks, hookSecrets, findHttpUrl }: HookHandlerDeps): Handler<typeof hookOperation> {
  return async ({ project: named, 'secret-file': file, remove }, { hive }) => {
    const { id, forge } = findDesks(hive).projects.find(named)
    if (forge === 'git')
      throw tasksFaults.create('PROJECT_INVALID', {
        message: `${id} is a repository and nothing more, which sends no webhooks: workers look at it by themselves, every workers.pollMs`,
        data: { project: id },
      })
    const path = `/hooks/${encodeURI(id)}`
    const http = findHttpUrl()
    const about = {
      project: id,
      forge,
      url: http === undefined ? null : `${http}${path}`,
      path,
      contentType: 'application/json',
      events: [...events[forge]],
    }
    const name = hookSecretName(id)
    if (remove) return { ...about, status: (await hookSecrets.remove(name)) ? 'removed' : 'missing', secretFile: null }
    const kept = await hookSecrets.keep(name, file)
    return { ...about, status: kept.isNew ? 'made' : 'kept', secretFile: kept.path }
  }
}
