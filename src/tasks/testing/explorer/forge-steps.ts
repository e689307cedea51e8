import type { Belief, Commit, NodeState, Request, World } from './world.ts'
import { foldChain, oldest, times, tickMs, valueOf } from './world.ts'
import { isHolding } from '../../rules/chain.ts'
import { mayWork } from '../../rules/lease.ts'

/** A world after a step, and what the step broke. */
export interface Step {
  readonly name: string
  readonly world: World
  readonly broke?: string | undefined
}

/** What the forge does with a push: all of it or nothing. */
export function applyRequest(
  world: World,
  request: Request,
): { readonly world: World; readonly isTaken: boolean; readonly broke?: string | undefined } {
  const { commit, old, isWork, branchOld } = request
  const isStale = (commit !== undefined && valueOf(world) !== old) || (isWork && world.branch !== branchOld)
  if (isStale) return { world, isTaken: false }
  const broke = commit === undefined ? undefined : judgeMove(world, commit)
  const after: World = commit === undefined ? world : moveRef(world, commit)
  if (!isWork) return { world: after, isTaken: true, broke }
  return { world: { ...after, branch: after.branch + 1 }, isTaken: true, broke: broke ?? judgeWork(after, request) }
}

function moveRef(world: World, commit: Commit): World {
  const isNew = commit.kind === 'claim' || commit.kind === 'takeover'
  return { ...world, chain: [...world.chain, commit], valueAge: 0, given: isNew ? [...world.given, commit.epoch] : world.given }
}

/** G1: no epoch twice, and nobody loses a lease that runs. */
function judgeMove(world: World, { kind, epoch, by }: Commit): string | undefined {
  if (kind !== 'claim' && kind !== 'takeover') return undefined
  if (world.given.includes(epoch)) return `G1: epoch ${epoch} was given twice`
  const last = world.chain.at(-1)
  const wasHeld = last !== undefined && isHolding(last.kind) && last.kind !== 'review'
  if (wasHeld && world.valueAge * tickMs < times.ttlMs)
    return `the claim of ${last.by} was taken over ${world.valueAge} ticks after its renewal`
  const worker = world.nodes.find((node) => node.name !== by && isWorking(node))
  return wasHeld && worker !== undefined ? `G1: ${worker.name} still works while ${by} holds epoch ${epoch}` : undefined
}

/** G2: work enters only under the holding that is current. */
function judgeWork(world: World, { by, epoch }: Request): string | undefined {
  const holding = foldChain(world.chain, world.closedEpoch)?.holding
  const isCurrent = holding !== undefined && isHolding(holding.kind) && (holding.holder as string) === by && holding.epoch === epoch
  return isCurrent
    ? undefined
    : `G2: work of ${by} under epoch ${epoch} entered while ${holding?.holder ?? 'nobody'} held epoch ${holding?.epoch ?? 0}`
}

function isWorking(node: NodeState): boolean {
  const isEnding = node.pending?.request.commit?.kind === 'release' || node.pending?.request.commit?.kind === 'review'
  return node.belief !== undefined && !node.isSuspended && !isEnding && mayStillWork(node.belief)
}

/** The real rule of the lease, over a belief's age. */
export function mayStillWork({ age, slept }: Belief): boolean {
  return mayWork({ sentAt: -age * tickMs, wallAt: -(age + slept) * tickMs }, times, { monotonic: 0, wall: 0 })
}

/** What happens without any node: time, people, the network. */
export function worldSteps(world: World): readonly Step[] {
  return [...tick(world), ...deliver(world), ...merge(world), ...collect(world)]
}

function tick(world: World): readonly Step[] {
  const older = (age: number): number => Math.min(oldest, age + 1)
  const nodes = world.nodes.map((node): NodeState =>
    node.isSuspended
      ? { ...node, belief: node.belief === undefined ? undefined : { ...node.belief, slept: older(node.belief.slept) } }
      : {
          ...node,
          watch: { ...node.watch, age: older(node.watch.age) },
          belief: node.belief === undefined ? undefined : { ...node.belief, age: older(node.belief.age) },
          pending: node.pending === undefined ? undefined : { ...node.pending, age: older(node.pending.age) },
        },
  )
  return [{ name: 'a tick passes', world: { ...world, nodes, valueAge: older(world.valueAge) } }]
}

/** A request that nobody waits for any more arrives, or never does. */
function deliver(world: World): readonly Step[] {
  return world.wire.flatMap((request, index) => {
    const without = { ...world, wire: world.wire.filter((_, other) => other !== index) }
    const { world: after, isTaken, broke } = applyRequest(without, request)
    const name = `a late request of ${request.by} arrives (${describeRequest(request)})`
    return [{ name: `${name}: ${isTaken ? 'taken' : 'refused'}`, world: after, broke }]
  })
}

/** A person merges the pull request, which closes the issue. */
function merge(world: World): readonly Step[] {
  if (world.openPulls === 0 || world.chain.at(-1)?.kind !== 'review') return []
  return [{ name: 'a person merges the pull request', world: { ...world, openPulls: world.openPulls - 1, isIssueOpen: false } }]
}

/** A week later the chain is collected into the closed chain and the issue is opened again. No request lives that long. */
function collect(world: World): readonly Step[] {
  const last = world.chain.at(-1)
  const isOver = last?.kind === 'review' && !world.isIssueOpen && world.wire.length === 0
  if (!isOver || world.nodes.some((node) => node.pending !== undefined)) return []
  const nodes = world.nodes.map((node): NodeState => ({ ...node, watch: { ...node.watch, age: oldest } }))
  return [
    {
      name: 'a week passes: the chain is collected, the issue is opened again',
      world: { ...world, nodes, chain: [], valueAge: oldest, closedEpoch: last.epoch, isIssueOpen: true },
    },
  ]
}

export function describeRequest({ commit, old, isWork }: Request): string {
  const move = commit === undefined ? 'no claim' : `${old ?? 'none'} → ${commit.id}, ${commit.kind} of epoch ${commit.epoch}`
  return isWork ? `${move}, with work` : move
}
