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

/** Keeps the chains of one project in the home's database, and in memory: a restart forgets no head that was verified. */
export function openDiskChainStore(database: Database, project: ProjectId): ChainStore {
  const chains = readChains(database, project)
  return {
    get: (task) => chains.get(task),
    put: async (task, chain, added) => {
      const before = chains.get(task)
      const goesOn = before !== undefined && chain.commits.size === before.commits.size + added.size
      await database.write((tx) => {
        if (!goesOn) tx.run('delete from claim_link where project = ? and task = ?', project, task)
        let number = goesOn ? before.commits.size : 0
        for (const [id, bytes] of goesOn ? added : chain.commits) {
          tx.run('insert into claim_link (project, task, number, id, bytes) values (?, ?, ?, ?, ?)', project, task, number, id, bytes)
          number += 1
        }
        tx.run(
          'insert into claim_chain (project, task, state) values (?, ?, ?) on conflict (project, task) do update set state = excluded.state',
          project,
          task,
          JSON.stringify(chain.state),
        )
      })
      chains.set(task, chain)
    },
  }
}

function readChains(database: Database, project: ProjectId): Map<TaskKey, StoredChain> {
  const commits = new Map<string, Map<ObjectId, Uint8Array>>()
  for (const { task, id, bytes } of database.all<LinkRow>(
    'select task, id, bytes from claim_link where project = ? order by task, number',
    project,
  )) {
    const link = parseObjectId(id)
    if (link !== undefined) commits.set(task, (commits.get(task) ?? new Map<ObjectId, Uint8Array>()).set(link, bytes))
  }
  const chains = new Map<TaskKey, StoredChain>()
  for (const row of database.all<{ readonly task: string; readonly state: string }>(
    'select task, state from claim_chain where project = ?',
    project,
  )) {
    const task = parseTaskKey(row.task)
    const links = commits.get(row.task)
    // Written by `put` alone, from a state that was verified link by link.
    if (task !== undefined && links !== undefined) chains.set(task, { state: JSON.parse(row.state) as ChainState, commits: links })
  }
  return chains
}
