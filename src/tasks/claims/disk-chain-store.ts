import type { HiveId } from '../../journal/entry.ts'
import type { Database, Transaction } from '../../store/database.ts'
import type { ObjectId } from '../git/objects.ts'
import { parseObjectId } from '../git/objects.ts'
import type { ChainState } from '../rules/chain.ts'
import type { ProjectId, TaskKey } from '../task.ts'
import { parseTaskKey } from '../task.ts'
import type { ChainStore, StoredChain } from './chain-store.ts'
import { mayReplace } from './chain-store.ts'
import type { ClosedEntry } from './closed-chain.ts'

interface LinkRow {
  readonly task: string
  readonly id: string
  readonly bytes: Uint8Array
}

/** The state of a chain that was collected. */
interface Collected {
  readonly collected: ClosedEntry
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
  const { chains, ends } = readChains(database, { hive, project })
  let last: Promise<void> = Promise.resolve()
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const written = last.then(work)
    last = written.catch(() => {})
    return written
  }
  const forgetLinks = (tx: Transaction, task: TaskKey): void =>
    void tx.run('delete from claim_link where hive = ? and project = ? and task = ?', hive, project, task)
  const keepState = (tx: Transaction, task: TaskKey, state: ChainState | Collected): void =>
    void tx.run(
      `insert into claim_chain (hive, project, task, state) values (?, ?, ?, ?)
       on conflict (hive, project, task) do update set state = excluded.state`,
      ...[hive, project, task, JSON.stringify(state)],
    )
  const write = async (task: TaskKey, chain: StoredChain, over: ObjectId | undefined): Promise<void> => {
    const before = chains.get(task)
    if (!mayReplace(before, { chain, over })) return
    const kept = before !== undefined && chain.commits.has(before.state.head) ? before.commits.size : 0
    await database.write((tx) => {
      if (kept === 0) forgetLinks(tx, task)
      for (const [index, [id, bytes]] of [...chain.commits].slice(kept).entries()) {
        tx.run(
          'insert into claim_link (hive, project, task, number, id, bytes) values (?, ?, ?, ?, ?, ?)',
          ...[hive, project, task, kept + index, id, bytes],
        )
      }
      keepState(tx, task, chain.state)
    })
    chains.set(task, chain)
  }
  return {
    get: (task) => chains.get(task),
    tasks: () => [...chains.keys()],
    put: (task, chain, { over }) => inTurn(() => write(task, chain, over)),
    collected: () => [...ends.values()],
    collect: (entry) =>
      inTurn(async () => {
        await database.write((tx) => {
          forgetLinks(tx, entry.task)
          keepState(tx, entry.task, { collected: entry })
        })
        chains.delete(entry.task)
        ends.set(entry.task, entry)
      }),
  }
}

interface Chains {
  readonly chains: Map<TaskKey, StoredChain>
  readonly ends: Map<TaskKey, ClosedEntry>
}

function readChains(database: Database, { hive, project }: ChainsOf): Chains {
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
  const ends = new Map<TaskKey, ClosedEntry>()
  for (const row of database.all<{ readonly task: string; readonly state: string }>(
    'select task, state from claim_chain where hive = ? and project = ?',
    hive,
    project,
  )) {
    const task = parseTaskKey(row.task)
    if (task === undefined) continue
    // Written above alone, from a state that was verified link by link, or an entry that was.
    const state = JSON.parse(row.state) as ChainState | Collected
    const links = commits.get(row.task)
    if ('collected' in state) ends.set(task, state.collected)
    else if (links !== undefined) chains.set(task, { state, commits: links })
  }
  return { chains, ends }
}
