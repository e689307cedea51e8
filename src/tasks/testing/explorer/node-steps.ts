import type { ClaimKind } from '../../claims/claim-document.ts'
import type { PeerId } from '../../../identity/keys.ts'
import { isEnd } from '../../rules/chain.ts'
import type { RefMeaning, RefSight, Self } from '../../rules/judge-ref.ts'
import { isCollected, judgeRef } from '../../rules/judge-ref.ts'
import { confirmRequest, emptyLine, judgeOutcome, sendRequest } from '../../rules/request.ts'
import { judgeTakeover } from '../../rules/watch.ts'
import { applyRequest, descendsFrom, describeRequest, mayStillWork, putBack, replaceNode, takeFromWire } from './forge-steps.ts'
import type { Step } from './forge-steps.ts'
import type { Belief, Check, Commit, NodeState, Request, World } from './world.ts'
import { foldChain, oldest, tickMs, times, toId, valueOf } from './world.ts'

/** Holdings that are looked at; a third is a repetition of the second. */
const maxEpoch = 2

/** Everything that one node may do next, by the real rules, without the check that is taken out. */
export function nodeSteps(world: World, node: NodeState, without: Check | undefined): readonly Step[] {
  if (node.isSuspended) return wake(world, node, without)
  const own =
    node.pending !== undefined
      ? answer(world, node)
      : node.belief === undefined
        ? [...tryTask(world, node, without), ...readNothing(world, node, without)]
        : hold(world, node, without)
  return [...own, ...faults(world, node)]
}

/** A lid that opens: the wall clock tells how long it was closed, the monotonic one does not. Who waited for an answer hears it, or never will. */
function wake(world: World, node: NodeState, without: Check | undefined): readonly Step[] {
  const isTold = without !== 'lid'
  const awake: NodeState = {
    ...node,
    belief: node.belief === undefined || isTold ? node.belief : { ...node.belief, slept: 0 },
    pending: node.pending === undefined || isTold ? node.pending : { ...node.pending, slept: 0 },
    isSuspended: false,
  }
  const steps: Step[] = [{ name: `${node.name} goes on`, world: replaceNode(world, awake) }]
  if (awake.pending === undefined) return steps
  const deaf = { ...awake, pending: { ...awake.pending, isUnanswered: true, wasTaken: undefined } }
  return [...steps, { name: `${node.name} goes on, and its connection is gone`, world: replaceNode(world, deaf) }]
}

/** A crash or a closed lid takes what was sent along: it stays on its way. */
function faults(world: World, node: NodeState): readonly Step[] {
  if (world.trouble !== 'nodes' || world.faultsLeft === 0 || (node.belief === undefined && node.pending === undefined)) return []
  const left = { ...world, faultsLeft: world.faultsLeft - 1 }
  const fresh: NodeState = {
    ...node,
    process: node.process + 1,
    line: emptyLine,
    pending: undefined,
    belief: undefined,
    watch: { value: null, age: 0 },
  }
  return [
    { name: `${node.name} is stopped`, world: replaceNode(left, { ...node, isSuspended: true }) },
    { name: `${node.name} crashes and starts again`, world: replaceNode(left, fresh) },
  ]
}

function sightOf(world: World, { known }: NodeState, without: Check | undefined): RefSight {
  const closedEpoch = without === 'closed' ? 0 : world.closedEpoch
  return {
    value: toId(valueOf(world)),
    chain: foldChain(world.chain, closedEpoch),
    known: foldChain(known, closedEpoch),
    descends: descendsFrom(world.chain, known),
    closed: closedEpoch === 0 ? undefined : { lastEpoch: closedEpoch },
  }
}

function judge(world: World, node: NodeState, without: Check | undefined): RefMeaning {
  const sight = sightOf(world, node, without)
  const { known, descends, closed } = sight
  // whoever has seen another chain than the one that stands there pushes it, whichever is newer
  if (without === 'order' && known !== undefined && !descends && !isCollected(known, closed))
    return { meaning: 'regressed', newest: known.head }
  return judgeRef(sight, selfOf(node))
}

/** Nodes of the search go by a letter: nothing is signed in it, and rules only compare peers. */
function selfOf({ name, process }: NodeState): Self {
  return { peer: name as unknown as PeerId, process: String(process) }
}

/** The forge names a value that a node did not see before, and does not give what is behind it. */
function readNothing(world: World, node: NodeState, without: Check | undefined): readonly Step[] {
  if (world.trouble !== 'forge' || world.faultsLeft === 0 || world.chain.length < 2) return []
  const before = { ...node, known: world.chain.slice(0, -1) }
  const { meaning } = judgeRef({ ...sightOf(world, before, without), chain: undefined, descends: false }, selfOf(node))
  // what cannot be read was taken for what a forge lost
  if (meaning !== 'regressed' && without !== 'bytes') return []
  const { world: after, broke } = putBack({ ...world, faultsLeft: world.faultsLeft - 1 }, before.known)
  return [{ name: `${node.name} cannot read ${valueOf(world)}, and puts back what it knows`, world: replaceNode(after, before), broke }]
}

/** A node that holds nothing looks, and tries what it may. */
function tryTask(world: World, node: NodeState, without: Check | undefined): readonly Step[] {
  const meaning = judge(world, node, without)
  switch (meaning.meaning) {
    case 'free':
      if (!world.isIssueOpen || meaning.epoch > maxEpoch) return []
      return [send(world, node, { kind: meaning.value === undefined ? 'claim' : 'takeover', epoch: meaning.epoch })]
    case 'held':
    case 'unknown': {
      const { value, age } = node.watch
      if (value !== valueOf(world) || meaning.epoch > maxEpoch) return []
      const watch = { value: toId(value), since: -age * tickMs, extendedAt: undefined }
      const { verdict } = judgeTakeover(watch, times, { signs: { isAlive: false }, now: 0 })
      return verdict === 'wait' && without !== 'timer' ? [] : [send(world, node, { kind: 'takeover', epoch: meaning.epoch })]
    }
    case 'ours':
    case 'ours-elsewhere': {
      const known = toId(valueOf(world))
      const belief: Belief = { ...newBelief, epoch: meaning.holding.epoch, age: oldest }
      const line = { known, pending: undefined, own: known === undefined ? [] : [known] }
      const resumed = { ...node, line, belief, known: world.chain }
      return [{ name: `${node.name} finds its own claim and resumes it`, world: replaceNode(world, resumed) }]
    }
    case 'in-review':
      if (!world.isIssueOpen) return [send(world, node, { kind: 'done', epoch: meaning.holding.epoch })]
      if (world.change !== 'asked' || meaning.epoch > maxEpoch) return []
      return [send(world, node, { kind: 'takeover', epoch: meaning.epoch, isRework: true })]
    case 'regressed': {
      const { world: after, broke } = putBack(world, node.known)
      return [{ name: `${node.name} puts ${meaning.newest} back`, world: after, broke }]
    }
    case 'paused':
    case 'done':
    case 'unreadable':
    case 'quarantined':
      return []
  }
}

/** Whoever holds nothing sees each new value at once. To see it later only makes a node slower: its timer starts later. */
export function observe(world: World, without: Check | undefined): World {
  const value = valueOf(world)
  const isBehind = (node: NodeState): boolean =>
    node.belief === undefined && !node.isSuspended && (node.watch.value !== value || (value !== null && node.known !== world.chain))
  if (!world.nodes.some(isBehind)) return world
  return { ...world, nodes: world.nodes.map((node) => (isBehind(node) ? look(world, node, without) : node)) }
}

function look(world: World, node: NodeState, without: Check | undefined): NodeState {
  const value = valueOf(world)
  const watch = node.watch.value === value ? node.watch : { value, age: 0 }
  const isLost = judge(world, node, without).meaning === 'regressed'
  return { ...node, watch, known: value === null || isLost ? node.known : world.chain }
}

const newBelief: Omit<Belief, 'epoch'> = { age: 0, slept: 0, hasLooked: false, hasWorked: false, hasPull: false, renewals: 0 }

/** A node that believes it holds the task goes on with it. */
function hold(world: World, node: NodeState, without: Check | undefined): readonly Step[] {
  const { belief } = node
  if (belief === undefined) return []
  const steps: Step[] = []
  const { epoch } = belief
  if (belief.renewals < world.maxRenewals && belief.age > 0) steps.push(send(world, node, { kind: 'renew', epoch }))
  if (!mayStillWork(belief)) return steps
  if (!belief.hasLooked) return [...steps, lookAgain(world, node, without)]
  if (!belief.hasWorked) steps.push(send(world, node, { kind: 'renew', epoch, isWork: true, isFenced: without !== 'fence' }))
  else if (!belief.hasPull) steps.push(openPull(world, node, without))
  else steps.push(send(world, node, { kind: 'review', epoch }))
  return steps
}

/** Rule 6: is the issue still open, is there a pull request already, and is it enough? */
function lookAgain(world: World, node: NodeState, without: Check | undefined): Step {
  const { belief, name } = node
  if (belief === undefined) throw new Error('nothing is held')
  const looked = { ...belief, hasLooked: true }
  if (without === 'look') return { name: `${name} does not look`, world: replaceNode(world, { ...node, belief: looked }) }
  if (!world.isIssueOpen) return send(world, node, { kind: 'release', epoch: belief.epoch })
  const hasPull = world.openPulls > 0
  const isRework = world.chain.some(({ epoch, isRework: is }) => is && epoch === belief.epoch)
  const seen: Belief = { ...looked, hasPull, hasWorked: belief.hasWorked || (hasPull && !isRework) }
  return {
    name: `${name} looks again${hasPull ? ' and adopts the pull request' : ''}`,
    world: replaceNode(world, { ...node, belief: seen }),
  }
}

/** The same look, then the pull request. */
function openPull(world: World, node: NodeState, without: Check | undefined): Step {
  const { belief, name } = node
  if (belief === undefined) throw new Error('nothing is held')
  if (without !== 'look' && !world.isIssueOpen) return send(world, node, { kind: 'release', epoch: belief.epoch })
  const adopted = replaceNode(world, { ...node, belief: { ...belief, hasPull: true } })
  if (without !== 'look' && world.openPulls > 0) return { name: `${name} adopts the pull request`, world: adopted }
  const broke = world.openPulls > 0 ? 'G3: a second pull request was opened' : undefined
  return { name: `${name} opens a pull request`, world: { ...adopted, openPulls: world.openPulls + 1 }, broke }
}

interface Sending {
  readonly kind: ClaimKind
  readonly epoch: number
  readonly isWork?: boolean
  readonly isFenced?: boolean
  readonly isRework?: boolean
}

/** A push goes on its way. What becomes of it is a step of its own: whatever may happen in between happens in some order. */
function send(world: World, node: NodeState, sending: Sending): Step {
  const { kind, epoch, isWork = false, isFenced = true, isRework = false } = sending
  const { name, process, belief } = node
  const old = belief === undefined ? valueOf(world) : (node.line.known ?? null)
  const commit: Commit = { id: `${name}${node.made}`, kind, epoch, by: name, process, previous: old, isRework }
  const request: Request = { by: name, epoch, commit: isFenced ? commit : undefined, old, isWork, branchOld: world.branch }
  const line = isFenced ? sendRequest(node.line, { old: toId(old), next: toId(commit.id) ?? fail() }) : node.line
  const sent: NodeState = {
    ...node,
    made: node.made + 1,
    line,
    pending: { request, age: 0, slept: 0, isUnanswered: false, wasTaken: undefined },
    belief: belief === undefined ? undefined : { ...belief, renewals: belief.renewals + (kind === 'renew' && !isWork ? 1 : 0) },
  }
  const said = `${name} sends ${describeRequest(request)}`
  const onItsWay = replaceNode({ ...world, wire: [...world.wire, request] }, sent)
  const [answered] = world.trouble === 'forge' ? answer(onItsWay, sent) : []
  return answered === undefined ? { name: said, world: onItsWay } : { ...answered, name: `${said}; ${answered.name}` }
}

/** The forge answers a request, or it does not. */
function answer(world: World, node: NodeState): readonly Step[] {
  const { pending, name } = node
  if (pending === undefined) return []
  const { request, isUnanswered, wasTaken } = pending
  if (wasTaken !== undefined) return [hear(world, node, { isTaken: wasTaken, said: `${name} hears` })]
  // the same bytes again, while the first may still be on their way
  const { world: after, isTaken, broke } = applyRequest(isUnanswered ? world : takeFromWire(world, request), request)
  const heard = hear(after, node, { isTaken, said: `the forge answers ${name}` })
  const steps: Step[] = [{ ...heard, broke: broke ?? heard.broke }]
  if (world.trouble !== 'nodes' || world.faultsLeft === 0 || isUnanswered) return steps
  const deaf = replaceNode(world, { ...node, pending: { ...pending, isUnanswered: true } })
  return [...steps, { name: `${name} gets no answer, its request is on its way`, world: { ...deaf, faultsLeft: world.faultsLeft - 1 } }]
}

function hear(world: World, node: NodeState, { isTaken, said }: { readonly isTaken: boolean; readonly said: string }): Step {
  const told = isTaken ? accept(world, node) : readBack(world, node)
  return { name: `${said}: ${isTaken ? 'ok' : 'refused'}${told.note}`, world: told.world, broke: told.broke }
}

interface Told extends Pick<Step, 'world' | 'broke'> {
  readonly note: string
}

/** What a node believes once its request was taken. */
function accept(world: World, node: NodeState): Told {
  const { pending, belief } = node
  if (pending === undefined) throw new Error('nothing was sent')
  const { request, age, slept } = pending
  const isOver = isEnd(request.commit?.kind)
  const kept: Belief = { ...(belief ?? { ...newBelief, epoch: request.epoch }), age, slept }
  const worked = request.isWork ? { ...kept, hasWorked: true } : kept
  const line = isOver ? emptyLine : confirmRequest(node.line)
  const at = world.chain.findIndex(({ id }) => id === request.commit?.id)
  const known = at < 0 ? node.known : at === world.chain.length - 1 ? world.chain : world.chain.slice(0, at + 1)
  return { world: replaceNode(world, { ...node, line, known, pending: undefined, belief: isOver ? undefined : worked }), note: '' }
}

/** After anything but `ok`: the ref decides, by rule 5. */
function readBack(world: World, node: NodeState): Told {
  const { pending } = node
  if (pending?.request.commit === undefined) return drop(world, node, ', its work is not taken')
  const judged = judgeOutcome(node.line, toId(valueOf(world)), { mayBeOnItsWay: pending.isUnanswered })
  switch (judged.outcome) {
    case 'accepted':
      return { ...accept(world, node), note: ', but the ref holds it' }
    case 'refused':
      return { world: replaceNode(world, { ...node, line: judged.line, pending: undefined }), note: ', the claim stands as before' }
    case 'unknown':
      return { world: replaceNode(world, { ...node, line: judged.line }), note: ', which proves nothing' }
    case 'regressed':
      return restore(world, node)
    case 'lost':
      return drop(world, node, ', lost')
  }
}

/** A holder gives back what the forge lost, and sends the same bytes again. */
function restore(world: World, node: NodeState): Told {
  const { pending, known, line } = node
  if (pending === undefined || toId(known.at(-1)?.id ?? null) !== line.known) return drop(world, node, ', regressed')
  const { world: after, broke } = putBack(world, known)
  return {
    broke,
    world: replaceNode(after, { ...node, pending: { ...pending, isUnanswered: true } }),
    note: ', regressed, and puts its chain back',
  }
}

function drop(world: World, node: NodeState, note: string): Told {
  const watch = { value: null, age: 0 }
  return { world: replaceNode(world, { ...node, line: emptyLine, pending: undefined, belief: undefined, watch }), note }
}

function fail(): never {
  throw new Error('a commit has a name')
}
