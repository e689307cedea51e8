import type { Belief, Commit, NodeState, Request, World } from './world.ts'
import { foldChain, oldest, times, tickMs, valueOf } from './world.ts'
import { isAtWork, isEnd, isHolding } from '../../rules/chain.ts'
import { mayWork } from '../../rules/lease.ts'

/** A world after a step, and what the step broke. */
export interface Step {
  readonly name: string
  readonly world: World
  readonly broke?: string | undefined
}

/** Puttings back after which no world can still have come of one backup: all nodes push the same chain. */
const maxPutBacks = 4

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
  return {
    ...world,
    chain: [...world.chain, commit],
    valueAge: 0,
    given: isNew && !world.given.includes(commit.epoch) ? [...world.given, commit.epoch] : world.given,
    change: commit.isRework ? 'made' : world.change,
  }
}

/** G1: no epoch twice, and nobody loses a lease that runs. */
function judgeMove(world: World, { kind, epoch }: Commit): string | undefined {
  if (kind !== 'claim' && kind !== 'takeover') return undefined
  if (world.given.includes(epoch) && world.takenEpochs?.includes(epoch) !== true) return `G1: epoch ${epoch} was given twice`
  const last = world.chain.at(-1)
  const wasHeld = last !== undefined && isAtWork(last.kind)
  if (wasHeld && world.valueAge * tickMs < times.ttlMs)
    return `the claim of ${last.by} was taken over ${world.valueAge} ticks after its renewal`
  return undefined
}

/** Puts back what a forge lost: its own word against what stands there, by compare-and-swap. */
export function putBack(world: World, chain: readonly Commit[]): { readonly world: World; readonly broke?: string | undefined } {
  const after = { ...world, chain, valueAge: oldest, putBacks: world.putBacks + 1 }
  if (world.takenEpochs === undefined)
    return { world: after, broke: 'G1: a chain was put in the place of another, and no backup had taken it' }
  return { world: after, broke: after.putBacks > maxPutBacks ? 'two chains are put in the place of each other without end' : undefined }
}

/** What holds of every world: nobody works beside another holder. A forge that takes back what it took cannot promise that. */
export function judgeWorld(world: World): string | undefined {
  if (world.takenEpochs !== undefined) return undefined
  const working = world.nodes.filter(isWorking)
  if (working.length === 0) return undefined
  const holding = foldChain(world.chain, world.closedEpoch)?.holding
  const isHeld = holding !== undefined && isAtWork(holding.kind)
  const stray = working.find(({ name, belief }) => isHeld && ((holding.holder as string) !== name || holding.epoch !== belief?.epoch))
  if (stray !== undefined) return `G1: ${stray.name} still works while ${holding?.holder} holds epoch ${holding?.epoch}`
  return working.length > 1 ? `G1: ${working.map(({ name }) => name).join(' and ')} work at once` : undefined
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
  const isEnding = isEnd(node.pending?.request.commit?.kind)
  return node.belief !== undefined && !node.isSuspended && !isEnding && mayStillWork(node.belief)
}

/** The real rule of the lease, over a belief's age. */
export function mayStillWork({ age, slept }: Belief): boolean {
  return mayWork({ sentAt: -age * tickMs, wallAt: -(age + slept) * tickMs }, times, { monotonic: 0, wall: 0 })
}

/** Whether a chain goes on from another. */
export function descendsFrom(chain: readonly Commit[], known: readonly Commit[]): boolean {
  const head = known.at(-1)
  return head === undefined || chain.some(({ id }) => id === head.id)
}

/** Whether a push may still be taken. Of the values of a ref none comes again, but by a backup. */
export function isLive(world: World, { commit, old, isWork, branchOld }: Request): boolean {
  return (commit === undefined || valueOf(world) === old || world.trouble === 'forge') && (!isWork || world.branch === branchOld)
}

/** What happens without any node: time, people, the network. */
export function worldSteps(world: World): readonly Step[] {
  return [...tick(world), ...deliver(world), ...merge(world), ...askForChange(world), ...collect(world), ...setBack(world)]
}

/** Whoever is awake is answered within a tick, or not at all. */
function tick(world: World): readonly Step[] {
  if (world.nodes.some(({ pending, isSuspended }) => pending?.isUnanswered === false && !isSuspended)) return []
  const older = (age: number): number => Math.min(oldest, age + 1)
  const nodes = world.nodes.map((node): NodeState => {
    const { belief, pending, watch } = node
    if (node.isSuspended) {
      const [slept, waited] = [belief && { ...belief, slept: older(belief.slept) }, pending && { ...pending, slept: older(pending.slept) }]
      return { ...node, belief: slept, pending: waited }
    }
    const [aged, waited] = [belief && { ...belief, age: older(belief.age) }, pending && { ...pending, age: older(pending.age) }]
    return { ...node, watch: { ...watch, age: older(watch.age) }, belief: aged, pending: waited }
  })
  return [{ name: 'a tick passes', world: { ...world, nodes, valueAge: older(world.valueAge) } }]
}

/** A request arrives whose sender sleeps or does not wait for it any more. Of one that is awake the answer is a step of the node. */
function deliver(world: World): readonly Step[] {
  return world.wire.flatMap((request): readonly Step[] => {
    const sender = world.nodes.find(({ pending }) => pending?.request === request && !pending.isUnanswered)
    if (sender?.pending !== undefined && !sender.isSuspended) return []
    const { world: after, isTaken, broke } = applyRequest(takeFromWire(world, request), request)
    const told =
      sender?.pending === undefined ? after : replaceNode(after, { ...sender, pending: { ...sender.pending, wasTaken: isTaken } })
    const name = `a late request of ${request.by} arrives (${describeRequest(request)})`
    return [{ name: `${name}: ${isTaken ? 'taken' : 'refused'}`, world: told, broke }]
  })
}

/** The same world, with what was on its way arrived. */
export function takeFromWire(world: World, request: Request): World {
  return { ...world, wire: world.wire.filter((other) => other !== request) }
}

/** The same world, with another state of one node. */
export function replaceNode(world: World, node: NodeState): World {
  return { ...world, nodes: world.nodes.map((other) => (other.name === node.name ? node : other)) }
}

/** A person merges the pull request, which closes the issue. */
function merge(world: World): readonly Step[] {
  if (world.openPulls === 0 || world.chain.at(-1)?.kind !== 'review') return []
  return [{ name: 'a person merges the pull request', world: { ...world, openPulls: world.openPulls - 1, isIssueOpen: false } }]
}

/** A person looks at the pull request and wants more. */
function askForChange(world: World): readonly Step[] {
  if (world.trouble !== 'nodes' || world.openPulls === 0 || world.change !== 'none' || world.chain.at(-1)?.kind !== 'review') return []
  return [{ name: 'a person asks for a change', world: { ...world, change: 'asked' } }]
}

/**
 * A week after it was done the chain is collected and the issue is opened again; nodes know of the chain that was, all but its end, or nothing. No
 * request lives that long.
 */
function collect(world: World): readonly Step[] {
  const last = world.chain.at(-1)
  const isOver = last?.kind === 'done' && world.wire.length === 0
  if (!isOver || world.nodes.some((node) => node.pending !== undefined)) return []
  return [[], world.chain.slice(0, -1)].map((known): Step => {
    const nodes = world.nodes.map((node): NodeState => ({ ...node, known, watch: { ...node.watch, age: oldest } }))
    const name = `a week passes: the chain is collected, the issue is opened again, nodes ${known.length === 0 ? 'know nothing' : 'missed its end'}`
    const over = { chain: [], valueAge: oldest, closedEpoch: last.epoch, isIssueOpen: true, change: 'none' } as const
    return { name, world: { ...world, ...over, nodes } }
  })
}

/** The forge is set back to a backup: links are gone, and each node that holds nothing had seen them or not. */
function setBack(world: World): readonly Step[] {
  if (world.trouble !== 'forge' || world.faultsLeft === 0) return []
  return world.chain.flatMap((_, length): readonly Step[] => {
    const chain = world.chain.slice(0, length)
    const epoch = Math.max(world.closedEpoch, foldChain(chain, world.closedEpoch)?.holding?.epoch ?? 0)
    const takenEpochs = [...(world.takenEpochs ?? []), ...world.given.filter((given) => given > epoch)]
    const after: World = { ...world, chain, valueAge: oldest, takenEpochs, faultsLeft: world.faultsLeft - 1 }
    const name = `the forge is set back to ${chain.at(-1)?.id ?? 'nothing'}`
    const idle = world.nodes.filter((node) => node.belief === undefined && node.pending === undefined)
    return Array.from({ length: 2 ** idle.length }, (__, set): Step => {
      const missed = idle.filter((___, index) => (set & (2 ** index)) !== 0).map((node) => node.name)
      const nodes = world.nodes.map((node) => (missed.includes(node.name) ? { ...node, known: chain } : node))
      return { name: `${name}${missed.length === 0 ? '' : `, and ${missed.join()} saw no more`}`, world: { ...after, nodes } }
    })
  })
}

export function describeRequest({ commit, old, isWork }: Request): string {
  const move = commit === undefined ? 'no claim' : `${old ?? 'none'} → ${commit.id}, ${commit.kind} of epoch ${commit.epoch}`
  return isWork ? `${move}, with work` : move
}
