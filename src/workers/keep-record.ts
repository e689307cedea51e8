import { createHash } from 'node:crypto'
import type { ContextStore } from '../context/context.ts'
import { encodeText } from '../lib/bytes.ts'
import type { Log } from '../lib/log.ts'
import type { Task } from '../tasks/task.ts'
import { issueOfTaskKey } from '../tasks/task.ts'
import { maxComponentLength } from '../ucxl/address.ts'
import { parseAddress } from '../ucxl/ucxl.ts'
import type { WorkRecord } from './keep-run.ts'

/** Where what is said and decided of a task is kept. */
export interface RecordKeeperDeps {
  readonly context: Pick<ContextStore, 'put'>
  readonly log: Log
  /** Name under which this node writes context; undefined when it may write under none. */
  readonly agent: () => string | undefined
  readonly role: string
}

/** Where under the address of a task's work what was said, and what was decided, is. */
export const transcriptPath = 'transcript.jsonl'
export const decisionPath = 'decision.md'

interface Waiting {
  readonly signal: AbortSignal
}

/** Keeps the transcript and the decision of a task as context, so that both can be cited and read as they were. Gives the decision's address. */
export function createRecordKeeper(deps: RecordKeeperDeps): (record: WorkRecord, options: Waiting) => Promise<string | undefined> {
  return async (record, waiting) => {
    const agent = deps.agent()
    if (agent === undefined) {
      deps.log.warn('this node writes under no agent name, so nothing is kept of its work', { task: record.task.key })
      return undefined
    }
    const put = async (path: string, body: Uint8Array, mediaType: string): Promise<string> => {
      const address = addressOf(record.task, { agent, role: deps.role, path })
      const metadata = { holding: record.holding, epoch: String(record.epoch), outcome: record.outcome.outcome }
      const stored = await deps.context.put({ address, body: once(body), mediaType, metadata, condition: undefined }, waiting)
      return stored.address
    }
    await put(transcriptPath, record.transcript, 'application/x-ndjson')
    return record.decision === undefined ? undefined : put(decisionPath, encodeText(record.decision), 'text/markdown')
  }
}

/** Address of something that is kept of a task. */
export function addressOf(
  task: Pick<Task, 'project' | 'key'>,
  at: { readonly agent: string; readonly role: string; readonly path: string },
) {
  return parseAddress(`ucxl://${at.agent}:${at.role}@${projectName(task)}:${task.key}/*^/${at.path}`)
}

/** Digits of the hash that tells projects of one name apart: 32 bits, for the few that one hive has. */
const hashDigits = 8

/**
 * The project of a task, as its addresses say it: the last part of its name. Of an issue, whose number each project counts for itself, with the
 * beginning of a hash of the whole name, for `acme/app` and `bob/app` both have an issue 7.
 */
export function projectName({ project, key }: Pick<Task, 'project' | 'key'>): string {
  const last = project.split('/').at(-1) ?? ''
  const name = last
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .slice(0, maxComponentLength - hashDigits - 1)
    .replaceAll(/^-+|-+$/g, '')
  const known = name === '' ? 'project' : name
  if (issueOfTaskKey(key) === undefined) return known
  return `${known}-${createHash('sha256').update(project).digest('hex').slice(0, hashDigits)}`
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
