import { readCount, readList, readMap, readParagraphs, readText } from '../../identity/fields.ts'
import type { Cid } from '../../lib/cid.ts'
import { cidOfLink, linkOfCid } from '../../lib/cid.ts'
import { isBranchName } from '../git/ref-names.ts'
import type { ProjectId } from '../task.ts'
import { parseProjectId } from '../task.ts'

/** Kinds of journal entries that stand for what a forge would have: tasks and pull requests of a project that has nothing but a repository. */
export const taskRecordKind = 'task'
export const pullRecordKind = 'pull'

/** What every such record says. The whole is said anew with each change; of several the highest edit counts, then the greatest entry. */
interface Document {
  /** The entry that began it; null in that entry itself. */
  readonly of: Cid | null
  /** 0 in the entry that began it. */
  readonly edit: number
  readonly project: ProjectId
  readonly title: string
  readonly body: string
}

export interface TaskRecord extends Document {
  readonly labels: readonly string[]
  readonly state: 'open' | 'closed'
}

export interface PullRecord extends Document {
  readonly head: string
  readonly base: string
  readonly state: 'open' | 'merged' | 'closed'
  readonly areChangesRequested: boolean
}

/** Longest title and body, in characters. */
export const maxTitleLength = 256
export const maxBodyLength = 40_000
/** Longest body, in bytes of UTF-8: with every label that a task may ever get, a record must fit into an entry of 64 KiB. */
export const maxBodyBytes = 56_000
export const maxLabels = 32
export const maxLabelLength = 64
const maxEdits = 1_000_000

/** A task as the body of an entry. */
export function formatTaskRecord(record: TaskRecord): Readonly<Record<string, unknown>> {
  return { ...formatDocument(record), labels: [...record.labels], state: record.state }
}

/** A pull request as the body of an entry. */
export function formatPullRecord({ head, base, state, areChangesRequested, ...document }: PullRecord): Readonly<Record<string, unknown>> {
  return { ...formatDocument(document), head, base, state, areChangesRequested }
}

function formatDocument({ of, edit, project, title, body }: Document): Readonly<Record<string, unknown>> {
  return { v: 1, of: of === null ? null : linkOfCid(of), edit, project, title, body }
}

const documentKeys = ['v', 'of', 'edit', 'project', 'title', 'body']

/** Reads a decoded body from a peer; undefined for anything but a task, which leaves the entry inert. */
export function parseTaskRecord(value: unknown): TaskRecord | undefined {
  const map = readMap(value, [...documentKeys, 'labels', 'state'])
  const document = map === undefined ? undefined : readDocument(map)
  const labels = readList(map?.get('labels'), maxLabels, (label) => readText(label, maxLabelLength))
  const state = map?.get('state')
  if (document === undefined || labels === undefined || (state !== 'open' && state !== 'closed')) return undefined
  return { ...document, labels, state }
}

/** Reads a decoded body from a peer; undefined for anything but a pull request. */
export function parsePullRecord(value: unknown): PullRecord | undefined {
  const map = readMap(value, [...documentKeys, 'head', 'base', 'state', 'areChangesRequested'])
  const document = map === undefined ? undefined : readDocument(map)
  const [head, base, state] = [readText(map?.get('head'), 200), readText(map?.get('base'), 200), map?.get('state')]
  const areChangesRequested = map?.get('areChangesRequested')
  if (document === undefined || head === undefined || base === undefined || !isBranchName(head) || !isBranchName(base)) return undefined
  if ((state !== 'open' && state !== 'merged' && state !== 'closed') || typeof areChangesRequested !== 'boolean') return undefined
  return { ...document, head, base, state, areChangesRequested }
}

function readDocument(map: ReadonlyMap<string, unknown>): Document | undefined {
  const edit = readCount(map.get('edit'))
  const of = map.get('of') === null ? null : cidOfLink(map.get('of'))
  const project = parseProjectId(readText(map.get('project'), 300) ?? '')
  const [title, body] = [readText(map.get('title'), maxTitleLength), readParagraphs(map.get('body'), maxBodyLength)]
  if (map.get('v') !== 1 || edit === undefined || edit > maxEdits || of === undefined || (of === null) !== (edit === 0)) return undefined
  if (project === undefined || title === undefined || title.trim() === '' || body === undefined) return undefined
  return { of, edit, project, title, body }
}
