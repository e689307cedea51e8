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
import { cutText, toOneLine, toParagraphs } from './plain-text.ts'
import {
  formatPullRecord,
  formatTaskRecord,
  maxBodyBytes,
  maxBodyLength,
  maxLabelLength,
  maxLabels,
  maxTitleLength,
  parsePullRecord,
  parseTaskRecord,
  pullRecordKind,
  taskRecordKind,
} from './work-record.ts'
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
  const judgePull: RecordForge['judgePull'] = async (id, judgement) => {
    const judged = keptPull(id)
    // two that were opened without knowing of each other, before journals met, are one to whoever judges
    const open = judged.record.state === 'open' ? pulls('open') : []
    const twins = open.filter((other) => other.id !== judged.id && areTwins(other.record, judged.record))
    for (const { record, id: of } of [judged, ...twins])
      await journal.append(pullRecordKind, checkedPull({ ...record, ...judgement, of, edit: record.edit + 1 }))
  }
  const openPull = async (draft: PullDraft) => {
    const there = pulls('open').find(({ record }) => areTwins(record, draft))
    if (there !== undefined) {
      // work was pushed, or looked for, since changes were asked for: else the same words would start work for ever
      if (there.record.areChangesRequested) await judgePull(there.id, { state: 'open', areChangesRequested: false })
      return { ...toPull(there), areChangesRequested: false, wasThere: true }
    }
    const record: PullRecord = {
      ...{ head: draft.head, base: draft.base, of: null, edit: 0, project, state: 'open', areChangesRequested: false },
      // an agent's words may hold anything, and its title nothing
      title: cutText(toOneLine(draft.title) || draft.head, { maxLength: maxTitleLength, maxBytes: maxBodyBytes }),
      body: cutText(toParagraphs(draft.body), { maxLength: maxBodyLength, maxBytes: maxBodyBytes }),
    }
    const { cid, header } = await journal.append(pullRecordKind, checkedPull(record))
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
      const text = { title: toOneLine(title), body: toParagraphs(body) }
      const record: TaskRecord = { of: null, edit: 0, project, ...text, labels, state: 'open' }
      if (labels.length > maxLabels - workerLabels) throw invalidTask(record)
      const { cid, header } = await journal.append(taskRecordKind, checkedTask(record))
      return toTask({ id: cid, record, at: header.at }, project)
    },
    project: async (key, { add, remove, state }) => {
      const kept = keptTask(key)
      if (kept === undefined) return
      const { record, id } = kept
      const labels = [...new Set([...record.labels.filter((label) => !remove.includes(label)), ...add])]
      const next: TaskRecord = { ...record, of: id, edit: record.edit + 1, labels, state: state ?? record.state }
      if (next.state === record.state && labels.join('\n') === record.labels.join('\n')) return
      await journal.append(taskRecordKind, checkedTask(next))
    },
    // a record has its labels and its state in one entry, and no comments
    isTold: async () => true,
    // a review of a record says that changes are wanted, and no more
    feedback: async () => ({ remarks: [], failures: [] }),
    openPull,
    findPull: async (branches) => {
      const kept = pulls('open').find(({ record }) => areTwins(record, branches))
      return kept === undefined ? undefined : toPull(kept)
    },
    listMerged: async (branches) =>
      pulls('merged')
        .filter(({ record }) => areTwins(record, branches))
        .toSorted((a, b) => b.at - a.at)
        .map(toPull),
    pull: async (id) => toPull(keptPull(id)),
    checks: async () => 'none',
    judgePull,
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

/** Whether two pull requests are of the same branches. */
function areTwins(one: Pick<PullRecord, 'head' | 'base'>, other: Pick<PullRecord, 'head' | 'base'>): boolean {
  return one.head === other.head && one.base === other.base
}

function toPull({ id, record }: Kept<PullRecord>): PullRequest {
  const { head, base, state, areChangesRequested, body } = record
  return { id, url: `record:${id}`, head, base, state, areChangesRequested, isConflicted: false, body }
}

/** Labels that workers put on a task beside its own: in-progress, needs-human, completed. */
const workerLabels = 4

/** The body of an entry that every member reads back as this task: one that nobody can read is acknowledged to nobody. @throws Fault TASK_INVALID */
function checkedTask(record: TaskRecord): Readonly<Record<string, unknown>> {
  const form = formatTaskRecord(record)
  if (parseTaskRecord(form) === undefined || Buffer.byteLength(record.body) > maxBodyBytes) throw invalidTask(record)
  return form
}

/** The same for a pull request. @throws Fault FORGE_REFUSED */
function checkedPull(record: PullRecord): Readonly<Record<string, unknown>> {
  const form = formatPullRecord(record)
  if (parsePullRecord(form) !== undefined && Buffer.byteLength(record.body) <= maxBodyBytes) return form
  throw tasksFaults.create('FORGE_REFUSED', {
    message: `a pull request from ${record.head} to ${record.base} cannot be a record: names of branches have at most 200 characters`,
    data: { status: 0 },
  })
}

function invalidTask({ title }: TaskRecord): Error {
  return tasksFaults.create('TASK_INVALID', {
    message:
      `a task has a title of at most ${maxTitleLength} characters, a text of at most ${maxBodyLength} (as UTF-8 ${maxBodyBytes} bytes), ` +
      `and at most ${maxLabels - workerLabels} labels of ${maxLabelLength} characters on one line; shorten what is longer`,
    data: { title: title.slice(0, maxTitleLength) },
  })
}
