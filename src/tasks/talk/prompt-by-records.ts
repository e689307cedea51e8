import type { Journal } from '../../journal/journal.ts'
import { decodeCanonical } from '../../lib/canonical.ts'
import { parseTaskRecord, taskRecordKind } from '../records/work-record.ts'
import type { ProjectId } from '../task.ts'

/** Longest body of an entry, in bytes. */
const maxBodyBytes = 65_536

/** Tells of each project of which a task was said in the journal, by us or by others. Returns what ends it. */
export function promptByRecords(journal: Pick<Journal, 'events'>, prompt: (project: ProjectId) => void): () => void {
  return journal.events.on('entry:added', ({ header, bodyBytes }) => {
    if (header.kind !== taskRecordKind || bodyBytes === undefined) return
    const record = parseTaskRecord(decodeCanonical(bodyBytes, { maxBytes: maxBodyBytes })?.value)
    if (record !== undefined) prompt(record.project)
  })
}
