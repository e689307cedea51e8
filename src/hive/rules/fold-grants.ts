import type { OwnerId, PeerId } from '../../identity/keys.ts'
import type { Position } from '../../journal/entry.ts'
import type { MemberGrant, RevokeGrant } from '../grant.ts'
import type { Root } from '../genesis.ts'
import type { RootRecovery } from '../root-documents.ts'
import type { GrantsState, InertReason, PlacedGrant, RootSegment, RootState, Standing } from './grants-state.ts'
import { comparePositions, emptyGrantsState } from './grants-state.ts'
import type { SignedHandover } from './judge-grant.ts'
import { cutStanding, judgeGrant } from './judge-grant.ts'
import { OwnedNames } from './owned-names.ts'

/** A recovery document that was opened, with the place of the grant that carries it. */
export interface PlacedRecovery extends Position {
  readonly recovery: RootRecovery & { readonly signer: OwnerId }
}

/** Everything that bears on a hive's members, in whatever order it arrived. */
export interface GrantSources {
  readonly root: Root | null
  /** Grants in one author's journal, in its order. */
  readonly grantsOf: (node: PeerId) => readonly PlacedGrant[]
  /** The handover document of a `root` grant, when it holds one that is properly signed for this hive. */
  readonly handoverOf: (placed: PlacedGrant) => SignedHandover | undefined
  /** Recoveries in the journals of the nodes they name as root. */
  readonly recoveries: readonly PlacedRecovery[]
}

/** Times a root can be handed on. A chain longer than this stops there. */
const maxTurns = 256

/**
 * What all grants come to: the first root's in order, then those of whoever it was handed to, and so on.
 *
 * A recovery counts when the owner who is root without it signed it; the highest serial comes last and so has the last word. The
 * result depends on the set of sources only, never on the order of their arrival.
 */
export function foldGrants(sources: GrantSources): GrantsState {
  if (sources.root === null) return emptyGrantsState(null)
  let state = foldChain(sources, sources.root, undefined)
  const inOrder = sources.recoveries.toSorted(
    (one, other) =>
      one.recovery.serial - other.recovery.serial || (one.recovery.node < other.recovery.node ? -1 : 1) || comparePositions(one, other),
  )
  for (const placed of inOrder) {
    const isFirst = placed.recovery.kept[0]?.node === sources.root.node
    if (isFirst && placed.recovery.signer === state.root?.owner) state = foldChain(sources, sources.root, placed)
  }
  return state
}

interface Turn {
  readonly owner: OwnerId
  readonly node: PeerId
  /** Grants up to here were before the turn and do not count. */
  readonly after: Position
  /** Last one that counts; undefined without end. */
  readonly through: Position | undefined
}

const beforeAll: Position = { incarnation: 0, seq: 0 }

function foldChain(sources: GrantSources, root: Root, recovery: PlacedRecovery | undefined): GrantsState {
  const fold = new Fold(root)
  const kept = recovery?.recovery.kept ?? []
  let turn: Turn | undefined = { ...root, after: beforeAll, through: kept[0] }
  let recovered = recovery === undefined
  for (let turns = 1; turn !== undefined && turns < maxTurns; turns++) {
    fold.begin(turn)
    for (const placed of sources.grantsOf(turn.node)) {
      if (comparePositions(placed, turn.after) <= 0) continue
      if (turn.through !== undefined && comparePositions(placed, turn.through) > 0) break
      if (fold.isHandedOn()) break
      fold.take(placed, sources.handoverOf(placed))
    }
    const isKept: boolean = !recovered && turns < kept.length
    if (isKept || recovered) turn = nextTurn(sources, fold.root(), isKept ? kept[turns] : undefined)
    else if (recovery !== undefined) {
      recovered = true
      fold.recover(recovery.recovery.node, kept.at(-1))
      turn = { owner: recovery.recovery.signer, node: recovery.recovery.node, after: recovery, through: undefined }
    }
  }
  return fold.state()
}

/** The turn of a root that accepted; undefined while it did not (or is not known here to have). */
function nextTurn(sources: GrantSources, root: RootState, kept: (Position & { readonly node: PeerId }) | undefined): Turn | undefined {
  if (root.pending === undefined || (kept !== undefined && kept.node !== root.node)) return undefined
  const accept = sources.grantsOf(root.node).find(({ grant }) => grant.type === 'accept' && grant.handover === root.pending)
  return accept === undefined ? undefined : { owner: root.owner, node: root.node, after: accept, through: kept }
}

/** The tables while they are filled. */
class Fold {
  readonly #standings = new Map<OwnerId, Standing>()
  readonly #handles = new OwnedNames()
  readonly #names = new OwnedNames()
  readonly #revokedNodes = new Map<PeerId, Position | undefined>()
  readonly #segments: RootSegment[] = []
  readonly #inert: { readonly cid: PlacedGrant['cid']; readonly reason: InertReason }[] = []
  #root: RootState

  constructor(root: Root) {
    this.#root = { ...root, pending: undefined }
  }

  root(): RootState {
    return this.#root
  }

  isHandedOn(): boolean {
    return this.#root.pending !== undefined
  }

  begin(turn: Turn): void {
    this.#root = { owner: turn.owner, node: turn.node, pending: undefined }
    this.#segments.push({ owner: turn.owner, node: turn.node, incarnation: turn.after.incarnation, seq: turn.after.seq })
  }

  recover(node: PeerId, lastKept: Position | undefined): void {
    // the machine that died or was stolen from is no longer trusted with anything it may still say
    const { owner, node: before } = this.#root
    if (before !== node) this.#revokedNodes.set(before, lastKept)
    this.#root = { owner, node, pending: undefined }
  }

  take(placed: PlacedGrant, handover: SignedHandover | undefined): void {
    const verdict = judgeGrant(this.state(), placed.grant, handover)
    if (verdict !== 'applies') {
      this.#inert.push({ cid: placed.cid, reason: verdict })
      return
    }
    this.#apply(placed)
    const segment = this.#segments.at(-1)
    if (segment !== undefined) this.#segments[this.#segments.length - 1] = { ...segment, incarnation: placed.incarnation, seq: placed.seq }
  }

  #apply({ grant, cid }: PlacedGrant): void {
    if (grant.type === 'member') this.#applyMember(grant)
    if (grant.type === 'revoke') this.#revoke(grant)
    if (grant.type === 'name') this.#names.set(grant.agent, grant.owner)
    if (grant.type === 'root') this.#root = { owner: grant.owner, node: grant.node, pending: cid }
  }

  #applyMember(grant: MemberGrant): void {
    const before = this.#standings.get(grant.owner)
    if (before !== undefined && this.#handles.get(before.grant.handle) === grant.owner) this.#handles.delete(before.grant.handle)
    this.#standings.set(grant.owner, { grant, cuts: undefined })
    this.#handles.set(grant.handle, grant.owner)
    for (const agent of grant.agents) this.#names.set(agent, grant.owner)
    if (grant.replaces !== null) this.#moveNames(grant.replaces, grant.owner)
  }

  #revoke(grant: RevokeGrant): void {
    const { subject } = grant
    if ('node' in subject) {
      this.#revokedNodes.set(
        subject.node,
        grant.last.find(({ node }) => node === subject.node),
      )
      return
    }
    const standing = this.#standings.get(subject.owner)
    if (standing !== undefined) this.#standings.set(subject.owner, cutStanding(standing, grant))
  }

  #moveNames(from: OwnerId, to: OwnerId): void {
    for (const [agent, owner] of this.#names) {
      if (owner === from) this.#names.set(agent, to)
    }
  }

  state(): GrantsState {
    return {
      root: this.#root,
      standings: this.#standings,
      handles: this.#handles,
      names: this.#names,
      revokedNodes: this.#revokedNodes,
      segments: this.#segments,
      inert: this.#inert,
    }
  }
}
