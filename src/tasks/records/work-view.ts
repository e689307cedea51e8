import type { Cid } from '../../lib/cid.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { View, ViewedEntry } from '../../journal/view.ts'
import type { Reader, Transaction } from '../../store/database.ts'
import type { ProjectId } from '../task.ts'
import type { PullRecord, TaskRecord } from './work-record.ts'
import { parsePullRecord, parseTaskRecord, pullRecordKind, taskRecordKind } from './work-record.ts'

/** A task or pull request as the hive has it now. */
export interface Kept<R> {
  /** The entry that began it: its name. */
  readonly id: Cid
  readonly record: R
  /** The writer's wall time in milliseconds. */
  readonly at: number
}

/**
 * Tasks and pull requests of projects without a forge, from `task` and `pull` entries.
 *
 * Of what says the same document the highest edit stays, then the greatest entry: nothing depends on the order in which entries came.
 */
export function createWorkView(): View {
  return {
    name: 'work',
    version: 1,
    kinds: [taskRecordKind, pullRecordKind],
    apply: keep,
    reset: (tx, hive) => void tx.run('delete from work_record where hive = ?', hive),
  }
}

function keep(tx: Transaction, { hive, cid, kind, at, body }: ViewedEntry): void {
  const record = kind === taskRecordKind ? parseTaskRecord(body) : parsePullRecord(body)
  if (record === undefined) return
  tx.run(
    `insert into work_record (hive, kind, id, edit, entry, project, state, at, record) values (?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (hive, kind, id) do update set edit = excluded.edit, entry = excluded.entry, project = excluded.project,
       state = excluded.state, at = excluded.at, record = excluded.record
     where (excluded.edit, excluded.entry) > (edit, entry)`,
    hive,
    kind,
    record.of ?? cid,
    record.edit,
    cid,
    record.project,
    record.state,
    at,
    JSON.stringify(record),
  )
}

interface WorkRow {
  readonly id: string
  readonly at: number
  readonly record: string
}

/** Tasks of a project, oldest name first. */
export function listTasks(
  reader: Reader,
  { hive, project, state }: { readonly hive: HiveId; readonly project: ProjectId; readonly state?: string },
) {
  return list<TaskRecord>(reader, { hive, project, kind: taskRecordKind, state })
}

/** Pull requests of a project. */
export function listPulls(
  reader: Reader,
  { hive, project, state }: { readonly hive: HiveId; readonly project: ProjectId; readonly state?: string },
) {
  return list<PullRecord>(reader, { hive, project, kind: pullRecordKind, state })
}

interface WorkFilter {
  readonly hive: HiveId
  readonly project: ProjectId
  readonly kind: string
  readonly state: string | undefined
}

function list<R>(reader: Reader, { hive, project, kind, state }: WorkFilter): readonly Kept<R>[] {
  const rows = reader.all<WorkRow>(
    'select id, at, record from work_record where hive = ? and project = ? and kind = ? and (? is null or state = ?) order by id',
    hive,
    project,
    kind,
    state ?? null,
    state ?? null,
  )
  // Rows are written by `keep` alone, from records that were parsed.
  return rows.map(({ id, at, record }) => ({ id: id as Cid, at, record: JSON.parse(record) as R }))
}
