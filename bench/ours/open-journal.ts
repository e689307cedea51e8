import { defaultConfig } from '../../src/config/load.ts'
import type { SigningKey } from '../../src/identity/keys.ts'
import type { HiveId } from '../../src/journal/entry.ts'
import type { Admission, ReplicatedJournal } from '../../src/journal/journal.ts'
import { openJournal } from '../../src/journal/open-journal.ts'
import { createCid, dagCborCodec } from '../../src/lib/cid.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { openDatabase } from '../../src/store/database.ts'
import type { Database } from '../../src/store/database.ts'

/** The hive of every bench. */
export const benchHive = createCid(dagCborCodec, new Uint8Array(1)) as HiveId

/** Everybody is a member: who may speak is not what is measured. */
const everybody: Admission = { judge: () => ({ verdict: 'admitted' }), introduce: () => ({ verdict: 'admitted' }) }

/** A journal with the database it writes to. */
export interface BenchJournal extends AsyncDisposable {
  readonly journal: ReplicatedJournal
  readonly database: Database
}

/** Our journal as it is in a node without views, over a database in a file (or `:memory:`). */
export async function openBenchJournal(path: string, key: SigningKey): Promise<BenchJournal> {
  const { journal: options } = await defaultConfig()
  await using stack = new AsyncDisposableStack()
  const database = stack.use(openDatabase({ path }))
  const deps = { hive: benchHive, key, database, clock: systemClock, admission: everybody, log: silentLog }
  const journal = stack.use(await openJournal(deps, { ...options, views: [], policy: 'closed' }))
  const owned = stack.move()
  return { journal, database, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
