import type { ClaimKind } from '../../claims/claim-document.ts'
import type { PeerId } from '../../../identity/keys.ts'
import { judgeRef } from '../../rules/judge-ref.ts'
import type { RefMeaning } from '../../rules/judge-ref.ts'
import { confirmRequest, emptyLine, judgeOutcome, sendRequest } from '../../rules/request.ts'
import { judgeTakeover } from '../../rules/watch.ts'
import { applyRequest, describeRequest, mayStillWork } from './forge-steps.ts'
import type { Step } from './forge-steps.ts'
import type { Belief, Check, Commit, NodeState, Request, World } from './world.ts'
import { foldChain, oldest, tickMs, times, toId, valueOf } from './world.ts'

/** Holdings that are looked at; a third is a repetition of the second. */
const maxEpoch = 2

/** Everything that one node may do next, by the real rules, without the check that is taken out. */
export function nodeSteps(world: World, node: NodeState, without: Check | undefined): readonly Step[] {
  if (node.isSuspended) return [wake(world, node, without)]
  const own =
    node.pending !== undefined
      ? answer(world, node)
      : node.belief === undefined
        ? tryTask(world, node, without)
        : hold(world, node, without)
  return [...own, ...faults(world, node)]
}

/** A lid that opens: the wall clock tells how long it was closed, the monotonic one does not. */
function wake(world: World, node: NodeState, without: Check | undefined): Step {
  const belief = node.belief === undefined || without !== 'lid' ? node.belief : { ...node.belief, slept: 0 }
  return { name: `${node.name} goes on`, world: put(world, { ...node, belief, isSuspended: false }) }
}

function put(world: World, node: NodeState): World {
  return { ...world, nodes: world.nodes.map((other) => (other.name === node.name ? node : other)) }
}

function faults(world: World, node: NodeState): readonly Step[] {
  if (world.faultsLeft === 0 || (node.belief === undefined && node.pending === undefined)) return []
  const left = { ...world, faultsLeft: world.faultsLeft - 1 }
  const wire = node.pending === undefined ? world.wire : [...world.wire, node.pending.request]
  const fresh: NodeState = {
    ...node,
    process: node.process + 1,
    line: emptyLine,
    pending: undefined,
    belief: undefined,
    watch: { value: null, age: 0 },
  }
  return [
    { name: `${node.name} is stopped`, world: put(left, { ...node, isSuspended: true }) },
    { name: `${node.name} crashes and starts again`, world: put({ ...left, wire }, fresh) },
  ]
}

function judge(world: World, node: NodeState, without: Check | undefined): RefMeaning {
  const closedEpoch = without === 'closed' ? 0 : world.closedEpoch
  const head = toId(`closed${closedEpoch}`)
  const closed = closedEpoch === 0 || head === undefined ? undefined : { lastEpoch: closedEpoch, head }
  return judgeRef(
    { value: toId(valueOf(world)), chain: foldChain(world.chain, closedEpoch), known: undefined, descends: true, closed },
    // nodes of the search go by a letter: nothing is signed in it
    { peer: node.name as unknown as PeerId, process: String(node.process) },
  )
}

/** A node that holds nothing looks, and tries what it may. */
function tryTask(world: World, node: NodeState, without: Check | undefined): readonly Step[] {
  const meaning = judge(world, node, without)
  switch (meaning.meaning) {
    case 'free':
      if (!world.isIssueOpen || meaning.epoch > maxEpoch) return []
      return send(world, node, { kind: meaning.value === undefined ? 'claim' : 'takeover', epoch: meaning.epoch })
    case 'held':
    case 'unknown': {
      const { value, age } = node.watch
      if (value !== valueOf(world) || meaning.epoch > maxEpoch) return []
      const watch = { value: toId(value), since: -age * tickMs, extendedAt: undefined }
      const { verdict } = judgeTakeover(watch, times, { signs: { isAlive: false }, now: 0 })
      return verdict === 'wait' && without !== 'timer' ? [] : send(world, node, { kind: 'takeover', epoch: meaning.epoch })
    }
    case 'ours':
    case 'ours-elsewhere': {
      const known = toId(valueOf(world))
      const belief: Belief = {
        epoch: meaning.holding.epoch,
        age: oldest,
        slept: 0,
        hasLooked: false,
        hasWorked: false,
        hasPull: false,
        renewals: 0,
      }
      const line = { known, pending: undefined, own: known === undefined ? [] : [known] }
      return [{ name: `${node.name} finds its own claim and resumes it`, world: put(world, { ...node, line, belief }) }]
    }
    case 'in-review':
    case 'paused':
    case 'done':
    case 'regressed':
    case 'unreadable':
    case 'quarantined':
      return []
  }
}

/** A node that believes it holds the task goes on with it. */
function hold(world: World, node: NodeState, without: Check | undefined): readonly Step[] {
  const { belief } = node
  if (belief === undefined) return []
  const steps: Step[] = []
  const { epoch } = belief
  if (belief.renewals < 1 && belief.age > 0) steps.push(...send(world, node, { kind: 'renew', epoch }))
  if (!mayStillWork(belief)) return steps
  if (!belief.hasLooked) return [...steps, ...look(world, node, without)]
  if (!belief.hasWorked) steps.push(...send(world, node, { kind: 'renew', epoch, isWork: true, isFenced: without !== 'fence' }))
  else if (!belief.hasPull) steps.push(...openPull(world, node, without))
  else steps.push(...send(world, node, { kind: 'review', epoch }))
  return steps
}

/** Rule 6: is the issue still open, is there a pull request already? */
function look(world: World, node: NodeState, without: Check | undefined): readonly Step[] {
  const { belief, name } = node
  if (belief === undefined) throw new Error('nothing is held')
  if (without === 'look') return [{ name: `${name} does not look`, world: put(world, { ...node, belief: { ...belief, hasLooked: true } }) }]
  if (!world.isIssueOpen) return send(world, node, { kind: 'release', epoch: belief.epoch })
  const hasPull = world.openPulls > 0
  const seen: Belief = { ...belief, hasLooked: true, hasPull, hasWorked: belief.hasWorked || hasPull }
  return [{ name: `${name} looks again${hasPull ? ' and adopts the pull request' : ''}`, world: put(world, { ...node, belief: seen }) }]
}

/** The same look, then the pull request. */
function openPull(world: World, node: NodeState, without: Check | undefined): readonly Step[] {
  const { belief, name } = node
  if (belief === undefined) throw new Error('nothing is held')
  if (without !== 'look' && !world.isIssueOpen) return send(world, node, { kind: 'release', epoch: belief.epoch })
  const adopted = put(world, { ...node, belief: { ...belief, hasPull: true } })
  if (without !== 'look' && world.openPulls > 0) return [{ name: `${name} adopts the pull request`, world: adopted }]
  const broke = world.openPulls > 0 ? 'G3: a second pull request was opened' : undefined
  return [{ name: `${name} opens a pull request`, world: { ...adopted, openPulls: world.openPulls + 1 }, broke }]
}

interface Sending {
  readonly kind: ClaimKind
  readonly epoch: number
  readonly isWork?: boolean
  readonly isFenced?: boolean
}

/** A push that the forge answers at once, or that stays on its way: what is decided on an older value arrives late that way too. */
function send(world: World, node: NodeState, { kind, epoch, isWork = false, isFenced = true }: Sending): readonly Step[] {
  const { name, process, belief } = node
  const old = belief === undefined ? valueOf(world) : (node.line.known ?? null)
  const commit: Commit = { id: `${name}${node.made}`, kind, epoch, by: name, process, previous: old }
  const request: Request = { by: name, epoch, commit: isFenced ? commit : undefined, old, isWork, branchOld: world.branch }
  const line = isFenced ? sendRequest(node.line, { old: toId(old), next: toId(commit.id) ?? fail() }) : node.line
  const sent: NodeState = {
    ...node,
    made: node.made + 1,
    line,
    pending: { request, age: 0, isUnanswered: false },
    belief: belief === undefined ? undefined : { ...belief, renewals: belief.renewals + (kind === 'renew' && !isWork ? 1 : 0) },
  }
  const said = `${name} sends ${describeRequest(request)}`
  return answer(put(world, sent), sent).map((step) => ({ ...step, name: `${said}; ${step.name}` }))
}

/** The forge answers a request, or it does not. */
function answer(world: World, node: NodeState): readonly Step[] {
  const { pending, name } = node
  if (pending === undefined) return []
  const { request } = pending
  const { world: after, isTaken, broke } = applyRequest(world, request)
  const told = isTaken ? accept(after, node) : readBack(after, node)
  const steps: Step[] = [{ name: `the forge answers ${name}: ${isTaken ? 'ok' : 'refused'}${told.note}`, world: told.world, broke }]
  if (world.faultsLeft === 0 || world.wire.includes(request)) return steps
  const left = { ...world, faultsLeft: world.faultsLeft - 1, wire: [...world.wire, request] }
  const unanswered = put(left, { ...node, pending: { ...pending, isUnanswered: true } })
  return [...steps, { name: `${name} gets no answer, its request is on its way`, world: unanswered }]
}

interface Told {
  readonly world: World
  readonly note: string
}

/** What a node believes once its request was taken. */
function accept(world: World, node: NodeState): Told {
  const { pending, belief } = node
  const kind = pending?.request.commit?.kind
  const isEnd = kind === 'release' || kind === 'review'
  const begun: Belief = {
    epoch: pending?.request.epoch ?? 0,
    age: 0,
    slept: 0,
    hasLooked: false,
    hasWorked: false,
    hasPull: false,
    renewals: 0,
  }
  const kept = { ...(belief ?? begun), age: pending?.age ?? 0, slept: 0 }
  const worked = pending?.request.isWork === true ? { ...kept, hasWorked: true } : kept
  const line = isEnd ? emptyLine : confirmRequest(node.line)
  return { world: put(world, { ...node, line, pending: undefined, belief: isEnd ? undefined : worked }), note: '' }
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
      return { world: put(world, { ...node, line: judged.line, pending: undefined }), note: ', the claim stands as before' }
    case 'unknown':
      return { world: put(world, { ...node, line: judged.line }), note: ', which proves nothing' }
    case 'lost':
    case 'regressed':
      return drop(world, node, `, ${judged.outcome}`)
  }
}

function drop(world: World, node: NodeState, note: string): Told {
  return { world: put(world, { ...node, line: emptyLine, pending: undefined, belief: undefined, watch: { value: null, age: 0 } }), note }
}

function fail(): never {
  throw new Error('a commit has a name')
}
