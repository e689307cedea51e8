import type { HiveId } from '../../journal/entry.ts'
import type { Journal } from '../../journal/journal.ts'
import type { Cid } from '../../lib/cid.ts'
import { digestOfCid } from '../../lib/cid.ts'
import type { Reader } from '../../store/database.ts'
import { tasksFaults } from '../faults.ts'
import type { PullDraft, PullRequest } from '../forges/forge.ts'
import { issueHashOf } from '../issue-hash.ts'
import type { PullRequests, TaskSource } from '../source.ts'
import type { ProjectId, Task, TaskKey } from '../task.ts'
import { parseTaskKey } from '../task.ts'
import type { PullRecord, TaskRecord } from './work-record.ts'
import { formatPullRecord, formatTaskRecord, maxBodyLength, maxTitleLength, pullRecordKind, taskRecordKind } from './work-record.ts'
import type { Kept } from './work-view.ts'
import { listPulls, listTasks } from './work-view.ts'

export interface RecordForgeDeps {
  readonly reader: Reader
  readonly journal: Pick<Journal, 'append'>
  readonly hive: HiveId
}

/** Tasks and pull requests of a project that has a repository and nothing else: records of the hive. */
export interface RecordForge extends TaskSource, PullRequests {
  /** Adds a task. @throws Fault TASK_INVALID */
  readonly add: (task: { readonly title: string; readonly body: string; readonly labels: readonly string[] }) => Promise<Task>
  readonly all: () => readonly Task[]
  /** Says how a pull request ended, or that it needs more work. @throws Fault PULL_MISSING */
  readonly judgePull: (
    id: string,
    judgement: { readonly state: PullRecord['state']; readonly areChangesRequested: boolean },
  ) => Promise<void>
}

/** The name of a task by the entry that began it. */
export function taskKeyOfRecord(id: Cid): TaskKey {
  const key = parseTaskKey(`t-${Buffer.from(digestOfCid(id)).toString('hex').slice(0, 12)}`)
  if (key === undefined) throw new Error('a digest in hex is always a name of a task')
  return key
}

/** Opens the records of one project. Everything here is in the hive's journals; nothing is asked of anybody. */
export function createRecordForge({ reader, journal, hive }: RecordForgeDeps, project: ProjectId): RecordForge {
  const tasks = (state?: string) => listTasks(reader, { hive, project, ...(state === undefined ? {} : { state }) })
  const pulls = (state?: string) => listPulls(reader, { hive, project, ...(state === undefined ? {} : { state }) })
  const keptTask = (key: TaskKey): Kept<TaskRecord> | undefined => tasks().find(({ id }) => taskKeyOfRecord(id) === key)
  const keptPull = (id: string): Kept<PullRecord> => {
    const kept = pulls().find((pull) => pull.id === id)
    if (kept === undefined)
      throw tasksFaults.create('PULL_MISSING', { message: `no pull request ${id} is known of ${project}`, data: { pull: id } })
    return kept
  }
  const openPull = async (draft: PullDraft) => {
    const there = pulls('open').find(({ record }) => record.head === draft.head && record.base === draft.base)
    if (there !== undefined) return { ...toPull(there), wasThere: true }
    const record: PullRecord = {
      ...draft,
      of: null,
      edit: 0,
      project,
      title: cut(draft.title, maxTitleLength),
      body: cut(draft.body, maxBodyLength),
      state: 'open',
      areChangesRequested: false,
    }
    const { cid, header } = await journal.append(pullRecordKind, formatPullRecord(record))
    return { ...toPull({ id: cid, record, at: header.at }), wasThere: false }
  }
  return {
    open: async () => tasks('open').map((kept) => toTask(kept, project)),
    all: () => tasks().map((kept) => toTask(kept, project)),
    find: async (key) => {
      const kept = keptTask(key)
      return kept === undefined ? undefined : toTask(kept, project)
    },
    add: async ({ title, body, labels }) => {
      const record: TaskRecord = { of: null, edit: 0, project, title, body, labels, state: 'open' }
      const form = formatTaskRecord(record)
      if (title.trim() === '' || title.length > maxTitleLength || body.length > maxBodyLength)
        throw tasksFaults.create('TASK_INVALID', {
          message: `a task has a title of at most ${maxTitleLength} characters and a text of at most ${maxBodyLength}`,
          data: { title: title.slice(0, maxTitleLength) },
        })
      const { cid, header } = await journal.append(taskRecordKind, form)
      return toTask({ id: cid, record, at: header.at }, project)
    },
    project: async (key, { add, remove, state }) => {
      const kept = keptTask(key)
      if (kept === undefined) return
      const { record, id } = kept
      const labels = [...new Set([...record.labels.filter((label) => !remove.includes(label)), ...add])]
      const next: TaskRecord = { ...record, of: id, edit: record.edit + 1, labels, state: state ?? record.state }
      if (next.state === record.state && labels.join('\n') === record.labels.join('\n')) return
      await journal.append(taskRecordKind, formatTaskRecord(next))
    },
    openPull,
    findPull: async ({ head, base }) => {
      const kept = pulls('open').find(({ record }) => record.head === head && record.base === base)
      return kept === undefined ? undefined : toPull(kept)
    },
    pull: async (id) => toPull(keptPull(id)),
    checks: async () => 'none',
    judgePull: async (id, judgement) => {
      const { record, id: of } = keptPull(id)
      await journal.append(pullRecordKind, formatPullRecord({ ...record, ...judgement, of, edit: record.edit + 1 }))
    },
  }
}

function toTask({ id, record, at }: Kept<TaskRecord>, project: ProjectId): Task {
  const { title, body, labels, state } = record
  return {
    project,
    key: taskKeyOfRecord(id),
    number: undefined,
    title,
    body,
    labels,
    state,
    issueHash: issueHashOf({ title, body, comments: [] }),
    url: undefined,
    updatedAt: at,
  }
}

function toPull({ id, record }: Kept<PullRecord>): PullRequest {
  const { head, base, state, areChangesRequested, body } = record
  return { id, url: `record:${id}`, head, base, state, areChangesRequested, isConflicted: false, body }
}

/** A title of an agent may be longer than a record takes. */
function cut(text: string, max: number): string {
  return text.slice(0, max).toWellFormed()
}
