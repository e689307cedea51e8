import { compare } from './compare.ts'
import type { Aim, Comparison, Contestant, Figure } from './compare.ts'
import type { Context } from './question.ts'
import { processorMsOf } from './process-usage.ts'

/** What one piece of work took, in milliseconds. */
export interface Spent {
  readonly wallMs: number
  readonly processorMs: number
}

/** Somebody whose time is taken on the wall and of the processors, in the same turns. */
export interface TimedContestant {
  readonly name: string
  readonly spend: (round: number) => Promise<Spent>
}

export interface TimedPeer extends TimedContestant {
  /** What ours divided by the peer's should be, on the wall. */
  readonly aim?: Aim
}

export interface TimedComparison extends Omit<Comparison, 'unit' | 'ours' | 'peers'> {
  readonly ours: TimedContestant
  readonly peers: readonly TimedPeer[]
}

/** Compares time on the wall, and the processor time that the same turns took. */
export async function compareTimes(context: Context, { ours, peers, ...same }: TimedComparison): Promise<readonly Figure[]> {
  const spent = new Map<TimedContestant, Map<number, Spent>>()
  const onWall = (contestant: TimedContestant): Contestant => {
    const turns = new Map<number, Spent>()
    spent.set(contestant, turns)
    const measure = async (round: number): Promise<number> => {
      const turn = await contestant.spend(round)
      turns.set(round, turn)
      return turn.wallMs
    }
    return { name: contestant.name, measure }
  }
  const ofProcessors = (contestant: TimedContestant): Contestant => ({
    name: contestant.name,
    measure: async (round) => spent.get(contestant)?.get(round)?.processorMs ?? Number.NaN,
  })
  const wall = await compare(context, {
    ...same,
    unit: 'ms',
    ours: onWall(ours),
    peers: peers.map((peer) => ({ ...onWall(peer), ...(peer.aim === undefined ? {} : { aim: peer.aim }) })),
  })
  const what = `${same.what}: processor time`
  const processors = await compare(context, { ...same, what, unit: 'ms', ours: ofProcessors(ours), peers: peers.map(ofProcessors) })
  return [...wall, ...processors]
}

/** The kernel counts processor time in steps of this, in milliseconds; less is told as one. */
const tickMs = 10

/** What one of `count` equal pieces of work takes; processor time of this process and of `pids`, with whatever they start. */
export async function measureSpent(
  { pids = [], count = 1 }: { readonly pids?: readonly number[]; readonly count?: number },
  work: () => Promise<void>,
): Promise<Spent> {
  const before = await totalOf([process.pid, ...pids])
  const startedAt = performance.now()
  await work()
  const wallMs = performance.now() - startedAt
  const processorMs = Math.max(tickMs, (await totalOf([process.pid, ...pids])) - before)
  return { wallMs: wallMs / count, processorMs: processorMs / count }
}

async function totalOf(pids: readonly number[]): Promise<number> {
  return (await Promise.all(pids.map(processorMsOf))).reduce((sum, ms) => sum + ms, 0)
}
