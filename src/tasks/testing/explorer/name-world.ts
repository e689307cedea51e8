import { isAtWork, isNewer } from '../../rules/chain.ts'
import { descendsFrom } from './forge-steps.ts'
import type { Commit, NodeState, Request, World } from './world.ts'
import { foldChain, times, tickMs, valueOf } from './world.ts'

/**
 * One name for all worlds that go on alike: which node is which, what commits are called, and what no rule looks at any more do not count.
 *
 * What was before the head of the chain is in what the rules make of it, but where a forge may lose it; a watch of a value that is gone is no watch;
 * which process of a node began its claim is nothing to the search, where nobody copies keys.
 */
export function nameWorld(world: World): string {
  const around = describeAround(world)
  const nodes = world.nodes
    .map((node) => describeNode(node, around))
    .toSorted((a, b) => (a.shape < b.shape ? -1 : a.shape > b.shape ? 1 : 0))
  const text = `${describeForge(world, around)}|${nodes.map(({ text: own }) => own).join('|')}`
  const names = new Map<string, string>()
  // a name is a node's letter, or a letter with a number for a commit of that node
  return text.replaceAll(/[ABC]\d*/g, (name) => {
    const known = names.get(name)
    if (known !== undefined) return known
    const given = `${name.length === 1 ? 'n' : 'c'}${names.size}`
    names.set(name, given)
    return given
  })
}

/** What there is beside a node. */
interface Around {
  readonly value: string | null
  readonly chain: readonly Commit[]
  readonly branch: number
  readonly closedEpoch: number
  /** Whether the value is of a lease, so that it matters how long it stands. */
  readonly isTimed: boolean
  /** Whether what nodes know can still matter: a forge may lose something, or did. */
  readonly knows: boolean
}

function describeAround(world: World): Around {
  const { chain, branch, closedEpoch, nodes } = world
  const kind = foldChain(chain, closedEpoch)?.holding?.kind
  const mayLose = world.trouble === 'forge' && world.faultsLeft > 0
  const knows = mayLose || (world.takenEpochs !== undefined && nodes.some(({ known }) => !descendsFrom(chain, known)))
  return { value: valueOf(world), chain, branch, closedEpoch, isTimed: kind !== undefined && isAtWork(kind), knows }
}

function describeForge(world: World, { value, branch, isTimed, knows }: Around): string {
  const fold = foldChain(world.chain, world.closedEpoch)
  const holding = fold?.holding
  return [
    value,
    holding === undefined ? '' : `${holding.holder}.${holding.kind}.${holding.epoch}`,
    fold?.unknownLinks,
    isTimed ? Math.min(world.valueAge, ticksOf(times.ttlMs)) : 0,
    world.closedEpoch,
    world.given.join(),
    world.openPulls,
    world.isIssueOpen,
    world.change,
    world.takenEpochs?.join(),
    world.putBacks,
    world.wire
      .map((request) => describeWire(request, branch))
      .toSorted()
      .join('&'),
    world.faultsLeft,
    knows ? describeChain(world.chain) : '',
  ].join(' ')
}

function ticksOf(ms: number): number {
  return Math.ceil(ms / tickMs)
}

function describeWire({ by, epoch, commit, old, isWork, branchOld }: Request, branch: number): string {
  return `${by}.${epoch}.${commit?.id}.${commit?.kind}.${commit?.isRework}.${old}.${isWork ? branch - branchOld : ''}`
}

interface Described {
  readonly text: string
  /** The same without names, to put nodes into one order. */
  readonly shape: string
}

const described = new WeakMap<NodeState, { readonly around: Around; readonly node: Described }>()

function describeNode(node: NodeState, around: Around): Described {
  const known = described.get(node)
  if (known !== undefined && isAlike(known.around, around)) return known.node
  const { name, isSuspended, line, pending, belief, watch } = node
  const isWatching = around.isTimed && belief === undefined && watch.value === around.value
  const text = [
    name,
    isSuspended,
    line.known,
    line.pending?.next,
    line.own.join('+'),
    pending === undefined
      ? ''
      : `${describeWire(pending.request, around.branch)}.${describeAge(pending)}.${pending.isUnanswered}.${pending.wasTaken}`,
    belief === undefined
      ? ''
      : `${belief.epoch}.${describeAge(belief)}.${belief.hasLooked}.${belief.hasWorked}.${belief.hasPull}.${belief.renewals}`,
    isWatching ? `${watch.age}` : '-',
    around.knows ? describeKnown(node.known, around) : '',
  ].join(' ')
  const made = { text, shape: text.replaceAll(/[ABC]\d*/g, '#') }
  described.set(node, { around, node: made })
  return made
}

function isAlike(one: Around, other: Around): boolean {
  const isSame = one.value === other.value && one.branch === other.branch && one.isTimed === other.isTimed && one.knows === other.knows
  return isSame && (!one.knows || (one.chain === other.chain && one.closedEpoch === other.closedEpoch))
}

/** A lease of which so much passed that it ends a holder's work is over; a lid that was closed for longer than the margin ends it as well. */
function describeAge({ age, slept }: { readonly age: number; readonly slept: number }): string {
  const { ttlMs, marginMs } = times
  return `${Math.min(age, ticksOf(ttlMs - marginMs))}+${Math.min(slept, ticksOf(marginMs) + 1)}`
}

/** What a node knows beside the chain that stands there. Which of two equal chains is newer goes by their names, which are not kept here. */
function describeKnown(known: readonly Commit[], { chain, closedEpoch }: Around): string {
  const head = known.at(-1)
  if (head === undefined) return ''
  const at = chain.findIndex(({ id }) => id === head.id)
  if (at >= 0) return `${at}`
  const [own, theirs] = [foldChain(known, closedEpoch), foldChain(chain, closedEpoch)]
  const order = own === undefined || theirs === undefined ? '' : isNewer(own, theirs)
  return `${describeChain(known)}${order}`
}

function describeChain(chain: readonly Commit[]): string {
  return chain.map(({ id, kind, epoch }) => `${id}.${kind}.${epoch}`).join('+')
}
