import type { HiveId } from '../../journal/entry.ts'
import type { Database } from '../../store/database.ts'
import type { ObjectId } from '../git/objects.ts'
import { parseObjectId } from '../git/objects.ts'
import type { ChainState } from '../rules/chain.ts'
import type { ProjectId, TaskKey } from '../task.ts'
import { parseTaskKey } from '../task.ts'
import type { ChainStore, StoredChain } from './chain-store.ts'

interface LinkRow {
  readonly task: string
  readonly id: string
  readonly bytes: Uint8Array
}

/** Whose chains are kept: what one hive's members signed says nothing in another. */
export interface ChainsOf {
  readonly hive: HiveId
  readonly project: ProjectId
}

/**
 * Keeps the chains of one project in the home's database, and in memory: a restart forgets no head that was verified.
 *
 * Several look at once. What they found is written one after the other, and a look that ends late takes no newer head back.
 */
export function openDiskChainStore(database: Database, { hive, project }: ChainsOf): ChainStore {
  const chains = readChains(database, { hive, project })
  let last: Promise<void> = Promise.resolve()
  const write = async (task: TaskKey, chain: StoredChain): Promise<void> => {
    const before = chains.get(task)
    if (before?.commits.has(chain.state.head) === true) return
    const kept = before !== undefined && chain.commits.has(before.state.head) ? before.commits.size : 0
    await database.write((tx) => {
      if (kept === 0) tx.run('delete from claim_link where hive = ? and project = ? and task = ?', hive, project, task)
      for (const [index, [id, bytes]] of [...chain.commits].slice(kept).entries()) {
        tx.run(
          'insert into claim_link (hive, project, task, number, id, bytes) values (?, ?, ?, ?, ?, ?)',
          ...[hive, project, task, kept + index, id, bytes],
        )
      }
      tx.run(
        `insert into claim_chain (hive, project, task, state) values (?, ?, ?, ?)
         on conflict (hive, project, task) do update set state = excluded.state`,
        hive,
        project,
        task,
        JSON.stringify(chain.state),
      )
    })
    chains.set(task, chain)
  }
  return {
    get: (task) => chains.get(task),
    put: (task, chain) => {
      const written = last.then(() => write(task, chain))
      last = written.catch(() => {})
      return written
    },
  }
}

function readChains(database: Database, { hive, project }: ChainsOf): Map<TaskKey, StoredChain> {
  const commits = new Map<string, Map<ObjectId, Uint8Array>>()
  for (const { task, id, bytes } of database.all<LinkRow>(
    'select task, id, bytes from claim_link where hive = ? and project = ? order by task, number',
    hive,
    project,
  )) {
    const link = parseObjectId(id)
    if (link !== undefined) commits.set(task, (commits.get(task) ?? new Map<ObjectId, Uint8Array>()).set(link, bytes))
  }
  const chains = new Map<TaskKey, StoredChain>()
  for (const row of database.all<{ readonly task: string; readonly state: string }>(
    'select task, state from claim_chain where hive = ? and project = ?',
    hive,
    project,
  )) {
    const task = parseTaskKey(row.task)
    const links = commits.get(row.task)
    // Written by `put` alone, from a state that was verified link by link.
    if (task !== undefined && links !== undefined) chains.set(task, { state: JSON.parse(row.state) as ChainState, commits: links })
  }
  return chains
}
