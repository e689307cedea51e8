import { defaultConfig } from '../src/config/load.ts'
import type { Figure } from './harness/compare.ts'
import { compareTimes, measureSpent } from './harness/compare-times.ts'
import type { Spent } from './harness/compare-times.ts'
import type { Context, Question } from './harness/question.ts'
import { openTemporaryFolder } from './harness/temporary-folder.ts'
import { openInstalled } from './ours/installed.ts'
import type { WorkerHive } from './ours/worker-hive.ts'
import { openWorkerHive } from './ours/worker-hive.ts'
import type { CommitSource } from './peers/git-repositories.ts'
import { gitDurability, openCommitSource } from './peers/git-repositories.ts'
import { gitVersion } from './peers/git-version.ts'

/** How soon a task is somebody's. */
export const question: Question = {
  name: 'claims-nodes',
  asks: 'How long does a new task take until one of two, and of eight, nodes has claimed it?',
  ask: async (context) => {
    const rounds = context.quick ? 2 : 15
    await using installed = await openInstalled(context)
    const figures: Figure[] = []
    for (const count of [2, 8]) figures.push(...(await askNodes(context, { launcher: installed.launcher, count, rounds })))
    const { workers } = await defaultConfig()
    return {
      figures,
      conditions: [
        `a process each on loopback, from the published bundle, one hive, a worker on each; default settings (a look every ${workers.pollMs / 1000} s when nothing is said), the agent is a shell script`,
        'from before `task add` is asked for over the socket of the first node, which signs, chains and fsyncs the task, to the claim in the repository; before the next task the last one is done and closed',
        `peer: a process of ${await gitVersion()} that pushes a commit made before to a new ref of the same bare repository, by its path; ${gitDurability}`,
        'processor time: of all nodes and the asker, with every program they started, in steps of 10 ms; what the nodes do beside is in it',
      ],
    }
  },
}

interface Stage {
  readonly launcher: string
  readonly count: number
  readonly rounds: number
}

async function askNodes(context: Context, { launcher, count, rounds }: Stage): Promise<readonly Figure[]> {
  await using folder = await openTemporaryFolder()
  await using hive = await openWorkerHive({ launcher, folder: folder.path, count, signal: context.signal })
  await using source = await openCommitSource()
  const ours = { name: `${count} workers`, spend: (round: number) => claimNext(hive, round) }
  const raw = { name: 'git push', spend: (round: number) => pushNext(hive, source, round) }
  return await compareTimes(context, { what: `a new task claimed, ${count} nodes`, ours, peers: [raw], rounds, warmups: 1 })
}

async function claimNext(hive: WorkerHive, round: number): Promise<Spent> {
  let key = ''
  const spent = await measureSpent({ pids: hive.pids }, async () => {
    key = await hive.addTask(`Task ${round}`)
    await hive.untilClaimed(key)
  })
  await hive.finish(key)
  return spent
}

async function pushNext({ pids, repository }: WorkerHive, source: CommitSource, round: number): Promise<Spent> {
  const [commit = ''] = await source.make(1)
  return measureSpent({ pids }, () => source.push(commit, { address: repository, ref: `refs/bench/${round}` }))
}
