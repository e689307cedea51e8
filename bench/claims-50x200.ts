import { join } from 'node:path'
import { compare } from './harness/compare.ts'
import type { Figure } from './harness/compare.ts'
import { compareTimes, measureSpent } from './harness/compare-times.ts'
import type { RaceSize, RaceTrack } from './harness/race.ts'
import { runRace } from './harness/race.ts'
import type { Context, Question } from './harness/question.ts'
import { openTemporaryFolder } from './harness/temporary-folder.ts'
import { openClaimTrack } from './ours/claim-track.ts'
import { openEtcdTracks, openRedisTracks } from './peers/lock-tracks.ts'
import { gitDurability, openRepositories } from './peers/git-repositories.ts'
import { gitVersion } from './peers/git-version.ts'

/** An arbiter that lays out a new race for each turn. */
interface Arbiter {
  readonly name: string
  readonly pids: readonly number[]
  readonly layOut: (round: number) => Promise<RaceTrack>
}

/** What it costs that a git server decides. */
export const question: Question = {
  name: 'claims-50x200',
  asks: 'How long do 50 nodes take to claim 200 tasks, each exactly once, and how often do they try?',
  ask: async (context) => {
    const size: RaceSize = context.quick ? { nodes: 10, tasks: 20 } : { nodes: 50, tasks: 200 }
    const rounds = context.quick ? 1 : 5
    await using stack = new AsyncDisposableStack()
    const { path: folder } = stack.use(await openTemporaryFolder())
    const repositories = stack.use(await openRepositories('http', context))
    const ours: Arbiter = {
      name: `claims on ${await gitVersion()}`,
      pids: repositories.pids,
      layOut: async () => openClaimTrack(await repositories.make(), size, context),
    }
    const lay = { size, signal: context.signal }
    const etcd = await openEtcdTracks({ ...lay, folder: join(folder, 'etcd') })
    const redis = await openRedisTracks({ ...lay, folder: join(folder, 'redis') })
    const peers = [etcd, redis].filter((peer) => peer !== undefined).map((peer) => stack.use(peer))
    return {
      figures: await askRaces(context, { arbiters: { ours, peers }, size, rounds }),
      conditions: [
        `${size.nodes} nodes in one process take ${size.tasks} tasks, each node one at a time; all hear at once what was won, as by gossip, and nobody waits for a turn`,
        'a turn ends when every task is held; it counts only if each was won once, and the arbiter, asked anew, names the same winner',
        `ours: each looks at the claim ref and the closed chain before it pushes; git http-backend on loopback, a process for each request, ${gitDurability}; a new repository each turn, what the server can do was asked before`,
        etcd === undefined
          ? 'etcd: not installed here, so not asked'
          : 'etcd: a transaction that compares create_revision with 0, JSON over HTTP; alone, fsync on',
        redis === undefined
          ? 'Redis: not installed here, so not asked'
          : 'Redis: SET NX, a connection for each node; alone, append-only file, every write fsynced',
        'neither keeps who held what, and why it moved; neither is on a forge already',
        'processor time: of the nodes, the arbiter and every program they started',
      ],
    }
  },
}

interface Races {
  readonly arbiters: { readonly ours: Arbiter; readonly peers: readonly Arbiter[] }
  readonly size: RaceSize
  readonly rounds: number
}

async function askRaces(context: Context, { arbiters: { ours, peers }, size, rounds }: Races): Promise<readonly Figure[]> {
  const swaps = new Map<Arbiter, number[]>()
  const timed = (arbiter: Arbiter) => {
    const own: number[] = []
    swaps.set(arbiter, own)
    const spend = async (round: number) => {
      const track = await arbiter.layOut(round)
      return measureSpent({ pids: arbiter.pids }, async () => {
        own[round] = await runRace(track, size, context)
      })
    }
    return { name: arbiter.name, spend }
  }
  const counted = (arbiter: Arbiter) => ({
    name: arbiter.name,
    measure: async (round: number) => swaps.get(arbiter)?.[round] ?? Number.NaN,
  })
  const what = `${size.tasks} tasks claimed by ${size.nodes} nodes`
  const common = { rounds, warmups: 1 }
  const times = await compareTimes(context, { ...common, what, ours: timed(ours), peers: peers.map(timed) })
  const unit = 'swaps a task'
  const counts = await compare(context, { ...common, what: 'attempts', unit, ours: counted(ours), peers: peers.map(counted) })
  return [...times, ...counts]
}
