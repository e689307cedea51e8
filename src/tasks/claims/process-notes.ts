import type { Chance } from '../../lib/chance.ts'
import type { Clock } from '../../lib/clock.ts'
import { openOnce } from '../../lib/open-once.ts'
import type { Database } from '../../store/database.ts'
import { makeNonce } from './make-claim.ts'

/** What a node knows of its own processes: a crash leaves claims behind, and the next process knows them for its own by this. */
export interface ProcessNotes {
  /** The name under which this process claims. */
  readonly own: string
  /** Resolves when this process is on disk, where it is to be before its first claim leaves. @throws Fault DISK_FULL, STORE_FAILED */
  readonly note: () => Promise<void>
  /** Whether a process of that name claimed on this home. One that did not has a copy of the node's key. */
  readonly ranHere: (process: string) => boolean
}

/** Processes that are remembered. A claim of one before them would have stood for as many starts that worked. */
const maxProcesses = 1_000

/** Keeps them in the home's database. A process that only reads leaves nothing there. */
export function createProcessNotes({
  database,
  clock,
  chance,
}: {
  readonly database: Database
  readonly clock: Clock
  readonly chance: Chance
}): ProcessNotes {
  const own = makeNonce(chance)
  return {
    own,
    note: openOnce(() =>
      database.write((tx) => {
        tx.run('insert into setting (name, value) values (?, ?)', nameOf(own), String(clock.now()))
        tx.run(
          `delete from setting where name like 'process %' and name not in
             (select name from setting where name like 'process %' order by cast(value as integer) desc, name limit ?)`,
          maxProcesses,
        )
      }),
    ),
    ranHere: (process) => database.get('select 1 from setting where name = ?', nameOf(process)) !== undefined,
  }
}

function nameOf(process: string): string {
  return `process ${process}`
}
