import { systemClock } from '../src/lib/clock.ts'
import { coalescePushes } from '../src/tasks/claims/coalesce-pushes.ts'
import type { ClaimHolder } from '../src/tasks/claims/holder.ts'
import type { GitRemote } from '../src/tasks/git/remote.ts'
import { taskKeyOfIssue } from '../src/tasks/task.ts'
import { compare } from './harness/compare.ts'
import type { Figure } from './harness/compare.ts'
import { compareTimes, measureSpent } from './harness/compare-times.ts'
import type { Spent, TimedContestant } from './harness/compare-times.ts'
import type { Context, Question } from './harness/question.ts'
import type { ClaimNode } from './ours/claim-node.ts'
import { claimTask, openClaimNode } from './ours/claim-node.ts'
import type { CommitSource, GitRepositories, GitRoute } from './peers/git-repositories.ts'
import { gitDurability, openCommitSource, openRepositories } from './peers/git-repositories.ts'
import { gitVersion } from './peers/git-version.ts'

/** Claims that are renewed together: as many as the protocol's page speaks of. */
const renewals = 30
/** How long a renewal waits for others, in milliseconds. */
const windowMs = 20

interface Sizes {
  /** Claims, and pushes, in a turn. */
  readonly claims: number
  readonly rounds: number
}

/** What the arbiter of claims costs a node. */
export const question: Question = {
  name: 'claims',
  asks: 'How long does it take to win a task, and to renew what one holds?',
  ask: async (context) => {
    const sizes = context.quick ? { claims: 3, rounds: 2 } : { claims: 20, rounds: 15 }
    const figures: Figure[] = []
    for (const route of ['http', 'path'] as const) figures.push(...(await askClaim(context, route, sizes)))
    figures.push(...(await askRenewals(context, sizes)))
    return {
      figures,
      conditions: [
        `a turn is ${sizes.claims} claims, or pushes, one after the other, each a commit of its own to a ref of its own, in a repository that is new; figures are of one`,
        'ours: reads the claim ref and the closed chain, signs, pushes, and knows that it holds the task; what the server can do was asked once before, as in a node that runs',
        `peer: a process of ${await gitVersion()} each, with a commit that was made before; it looks at nothing first`,
        `http: git http-backend, a process for each request, behind node:http in a process of its own; path: programs of git over a folder; ${gitDurability}`,
        'processor time: of the asker, the server and every program they started, in steps of 10 ms for a whole turn',
        `renewals: ${renewals} claims of one node over http, all due at once; together, one waits up to ${windowMs} ms for others, which counts`,
      ],
    }
  },
}

async function askClaim(context: Context, route: GitRoute, { claims, rounds }: Sizes): Promise<readonly Figure[]> {
  await using repositories = await openRepositories(route, context)
  await using source = await openCommitSource()
  const ours: TimedContestant = {
    name: 'a task claimed',
    spend: () => claimSome(repositories, claims, context.signal),
  }
  const raw = { name: 'git push', spend: () => pushSome(repositories, source, claims), aim: { atMost: 1.2 } }
  return await compareTimes(context, { what: `one claim, ${route}`, ours, peers: [raw], rounds, warmups: 1 })
}

async function claimSome(repositories: GitRepositories, count: number, signal: AbortSignal): Promise<Spent> {
  const node = await openClaimNode(await repositories.make(), { signal })
  return measureSpent({ pids: repositories.pids, count }, async () => {
    await holdAll(node, count, signal)
  })
}

async function pushSome(repositories: GitRepositories, source: CommitSource, count: number): Promise<Spent> {
  const [address, commits] = [await repositories.make(), await source.make(count)]
  return measureSpent({ pids: repositories.pids, count }, async () => {
    for (const [index, commit] of commits.entries()) await source.push(commit, { address, ref: `refs/bench/${index}` })
  })
}

/** Claims one task after the other. @throws Error when one is not won */
async function holdAll(node: ClaimNode, count: number, signal: AbortSignal): Promise<readonly ClaimHolder[]> {
  const holders: ClaimHolder[] = []
  for (let index = 1; index <= count; index += 1) {
    const attempt = await claimTask(node, taskKeyOfIssue(index), signal)
    if (attempt?.result !== 'held') throw new Error(`a task that nobody else wants was not won: ${attempt?.result ?? 'it is not free'}`)
    holders.push(attempt.holder)
  }
  return holders
}

/** A node that holds claims, and how many pushes it took to renew them the last time. */
interface Renewer {
  readonly spend: () => Promise<Spent>
  readonly pushes: () => number
}

async function askRenewals(context: Context, { rounds }: Sizes): Promise<readonly Figure[]> {
  const { signal } = context
  await using repositories = await openRepositories('http', context)
  const open = async (count: number, isTogether: boolean): Promise<Renewer> => {
    const wrap = (remote: GitRemote): GitRemote => (isTogether ? coalescePushes(remote, { clock: systemClock }, { windowMs }) : remote)
    const node = await openClaimNode(await repositories.make(), { signal, wrap })
    const holders = await holdAll(node, count, signal)
    let pushes = 0
    const renew = async (): Promise<void> => {
      const before = node.pushes()
      const sent = await Promise.all(holders.map((holder) => holder.renew({ signal })))
      const lost = sent.find(({ result }) => result !== 'accepted')
      if (lost !== undefined) throw new Error(`a claim was not renewed: ${lost.result}`)
      pushes = node.pushes() - before
    }
    return { spend: () => measureSpent({ pids: repositories.pids }, renew), pushes: () => pushes }
  }
  const [together, one, each] = [await open(renewals, true), await open(1, false), await open(renewals, false)]
  const what = `${renewals} renewals`
  const names = { ours: 'together', one: 'one renewal', each: 'a push each, all at once' }
  const peers = [
    { name: names.one, spend: one.spend },
    { name: names.each, spend: each.spend },
  ]
  const times = await compareTimes(context, { what, ours: { name: names.ours, spend: together.spend }, peers, rounds, warmups: 1 })
  const counted = (name: string, { pushes }: Renewer) => ({ name, measure: async () => pushes() })
  const ours = counted(names.ours, together)
  const counts = await compare(context, { what, unit: 'pushes', ours, peers: [counted(names.each, each)], rounds: 1, warmups: 0 })
  return [...times, ...counts]
}
