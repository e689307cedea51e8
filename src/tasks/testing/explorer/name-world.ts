import type { ClaimKind } from '../../claims/claim-document.ts'
import type { NodeState, Request, World } from './world.ts'
import { foldChain, valueOf } from './world.ts'

/**
 * One name for all worlds that go on alike: which node is which, what commits are called, and what no rule looks at any more do not count.
 *
 * What was before the head of the chain is in what the rules make of it; a watch of a value that is gone is no watch.
 */
export function nameWorld(world: World): string {
  const value = valueOf(world)
  const nodes = world.nodes
    .map((node) => describeNode(node, value))
    .toSorted((a, b) => (a.shape < b.shape ? -1 : a.shape > b.shape ? 1 : 0))
  const text = `${describeForge(world, value)}|${nodes.map(({ text: own }) => own).join('|')}`
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

function describeForge(world: World, value: string | null): string {
  const fold = foldChain(world.chain, world.closedEpoch)
  const holding = fold?.holding
  const isTimed = holding !== undefined && isLeased(holding.kind)
  return [
    value,
    holding === undefined ? '' : `${holding.holder}.${holding.process}.${holding.kind}.${holding.epoch}`,
    fold?.unknownLinks,
    isTimed ? world.valueAge : 0,
    world.closedEpoch,
    world.given.join(),
    world.branch,
    world.openPulls,
    world.isIssueOpen,
    world.wire.map(describeWire).toSorted().join('&'),
    world.faultsLeft,
  ].join(' ')
}

function describeWire({ by, epoch, commit, old, isWork, branchOld }: Request): string {
  return `${by}.${epoch}.${commit?.id}.${commit?.kind}.${commit?.process}.${old}.${isWork ? branchOld : ''}`
}

interface Described {
  readonly text: string
  /** The same without names, to put nodes into one order. */
  readonly shape: string
}

/** Kinds whose age a rule looks at. */
function isLeased(kind: ClaimKind): boolean {
  return kind === 'claim' || kind === 'takeover' || kind === 'renew'
}

const described = new WeakMap<NodeState, { readonly value: string | null; readonly node: Described }>()

function describeNode(node: NodeState, value: string | null): Described {
  const known = described.get(node)
  if (known?.value === value) return known.node
  const { name, process, isSuspended, line, pending, belief, watch } = node
  const isWatching = belief === undefined && watch.value === value
  const text = [
    name,
    process,
    isSuspended,
    line.known,
    line.pending?.next,
    line.own.join('+'),
    pending === undefined ? '' : `${describeWire(pending.request)}.${pending.age}.${pending.isUnanswered}`,
    belief === undefined
      ? ''
      : `${belief.epoch}${belief.age}${belief.slept}${belief.hasLooked}${belief.hasWorked}${belief.hasPull}${belief.renewals}`,
    isWatching ? `${watch.age}` : '-',
  ].join(' ')
  const made = { text, shape: text.replaceAll(/[ABC]\d*/g, '#') }
  described.set(node, { value, node: made })
  return made
}
