import type { Database } from '../../store/database.ts'
import type { ProjectId } from '../task.ts'
import type { ClaimForm } from './claim-refs.ts'
import { claimForms } from './claim-refs.ts'

/** How claims of a project are moved, as a doctor found it on this node; undefined before one looked. */
export function findKeptForm(database: Pick<Database, 'get'>, project: ProjectId): ClaimForm | undefined {
  const row = database.get<{ readonly value: string }>('select value from setting where name = ?', nameOf(project))
  return claimForms.find((form) => form === row?.value)
}

/** Keeps what a doctor found. */
export async function keepForm(database: Pick<Database, 'write'>, project: ProjectId, form: ClaimForm): Promise<void> {
  await database.write((tx) => {
    tx.run('insert into setting (name, value) values (?, ?) on conflict (name) do update set value = excluded.value', nameOf(project), form)
  })
}

function nameOf(project: ProjectId): string {
  return `claims ${project}`
}
