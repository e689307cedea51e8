import type { ClaimDocument, ClaimKind } from '../../claims/claim-document.ts'
import type { ObjectId } from '../../git/objects.ts'
import type { ChainState } from '../../rules/chain.ts'
import { extendChain } from '../../rules/chain.ts'
import type { LeaseTimes } from '../../rules/lease.ts'
import { timesOfLease } from '../../rules/lease.ts'
import type { Line } from '../../rules/request.ts'
import { testHiveId, testProject, testTask } from '../test-names.ts'

/** Upper-case letters, so that they can be renamed in a state's text: nodes are alike. */
export type NodeName = 'A' | 'B' | 'C'
export const nodeNames: readonly NodeName[] = ['A', 'B', 'C']

/** A lease of two ticks with a margin of one. */
export const tickMs = 3_000
export const times: LeaseTimes = timesOfLease(2 * tickMs)
/** Ages beyond this make no difference to any rule, in ticks. */
export const oldest = 3

/** A commit under the claim ref. */
export interface Commit {
  readonly id: string
  readonly kind: ClaimKind
  readonly epoch: number
  readonly by: NodeName
  readonly process: number
  readonly previous: string | null
  /** A takeover because what is in the pull request is not enough. */
  readonly isRework: boolean
}

/** A push, as it may be on its way more than once. */
export interface Request {
  readonly by: NodeName
  /** Of the holding it belongs to. */
  readonly epoch: number
  /** Undefined only where the fence is taken out: work without a renewal. */
  readonly commit: Commit | undefined
  readonly old: string | null
  readonly isWork: boolean
  readonly branchOld: number
}

/** What a node believes of a holding of its own. */
export interface Belief {
  readonly epoch: number
  /** Ticks since the last confirmed renewal was sent. */
  readonly age: number
  /** Ticks of these that passed on the wall clock only, while the node was stopped. */
  readonly slept: number
  readonly hasLooked: boolean
  readonly hasWorked: boolean
  readonly hasPull: boolean
  readonly renewals: number
}

/** What a node sent and did not hear of yet. */
interface Pending {
  readonly request: Request
  /** Ticks since it was sent, and those of the wall clock only, as of a belief. */
  readonly age: number
  readonly slept: number
  /** Nobody will answer: what was sent may be on its way. */
  readonly isUnanswered: boolean
  /** What the forge did while the node was stopped, and will be told when it goes on. */
  readonly wasTaken: boolean | undefined
}

export interface NodeState {
  readonly name: NodeName
  readonly process: number
  readonly isSuspended: boolean
  /** Commits made, so that no two have one name. */
  readonly made: number
  readonly line: Line
  /** A request on its way. */
  readonly pending: Pending | undefined
  readonly belief: Belief | undefined
  /** The newest chain that it verified, on its disk. */
  readonly known: readonly Commit[]
  readonly watch: { readonly value: string | null; readonly age: number }
}

/** Everything: the forge, what is on its way to it, and three nodes. */
export interface World {
  /** The ref's value is the last; none: there is no ref. */
  readonly chain: readonly Commit[]
  /** Ticks since the value was set. */
  readonly valueAge: number
  readonly closedEpoch: number
  /** Epochs of all holdings the forge ever took. */
  readonly given: readonly number[]
  readonly branch: number
  readonly openPulls: number
  readonly isIssueOpen: boolean
  /** Whether a person asked for a change of the pull request: once. */
  readonly change: 'none' | 'asked' | 'made'
  /** Epochs that a backup took away; they may come again. Undefined while there was none. */
  readonly takenEpochs: readonly number[] | undefined
  /** How often a chain was put in the place of another. */
  readonly putBacks: number
  /** What was sent and did not come to the forge. */
  readonly wire: readonly Request[]
  readonly nodes: readonly NodeState[]
  readonly trouble: Trouble
  /** Of one holding, beside those that work goes with. */
  readonly maxRenewals: number
  /** Crashes, stops, lost answers, backups that are put in place, and chains that do not come, that may still happen. */
  readonly faultsLeft: number
}

/**
 * What may go wrong in a search: with nodes and what is on its way, where whatever may happen between a push and its answer happens in some order; or with
 * the forge, which takes back what it took or does not give what it has, where pushes are answered at once.
 */
export type Trouble = 'nodes' | 'forge'

/** A check that can be taken out, to see that the search finds why it is there. */
export type Check = 'fence' | 'look' | 'timer' | 'closed' | 'lid' | 'order' | 'bytes'

export function startWorld({ trouble, faults, maxRenewals }: Pick<World, 'trouble' | 'maxRenewals'> & { readonly faults: number }): World {
  const nodes = nodeNames.map((name): NodeState => ({
    ...{ name, process: 0, isSuspended: false, made: 0, pending: undefined, belief: undefined, known: [] },
    line: { known: undefined, pending: undefined, own: [] },
    watch: { value: null, age: 0 },
  }))
  return {
    ...{ chain: [], valueAge: 0, closedEpoch: 0, given: [], branch: 0, openPulls: 0, isIssueOpen: true, wire: [], nodes },
    trouble,
    maxRenewals,
    change: 'none',
    takenEpochs: undefined,
    putBacks: 0,
    faultsLeft: faults,
  }
}

export function valueOf({ chain }: World): string | null {
  return chain.at(-1)?.id ?? null
}

/** Names of the model are not those of git; the rules only compare them. */
export function toId(id: string | null): ObjectId | undefined {
  return id === null ? undefined : (id as ObjectId)
}

const folds = new Map<string, ChainState>()
/** Of the same chain the same answer: worlds share theirs. */
const folded = new WeakMap<readonly Commit[], Map<number, ChainState>>()

/** What the real rules say of a chain. */
export function foldChain(chain: readonly Commit[], closedEpoch: number): ChainState | undefined {
  const last = chain.at(-1)
  if (last === undefined) return undefined
  const states = folded.get(chain) ?? new Map<number, ChainState>()
  folded.set(chain, states)
  const state = states.get(closedEpoch) ?? foldNew(chain, last, closedEpoch)
  states.set(closedEpoch, state)
  return state
}

function foldNew(chain: readonly Commit[], last: Commit, closedEpoch: number): ChainState {
  const key = `${closedEpoch} ${chain.map(({ id, kind, epoch, process }) => `${id}${kind}${epoch}.${process}`).join()}`
  const known = folds.get(key)
  if (known !== undefined) return known
  const place = { hive: testHiveId, project: testProject, task: testTask, closedEpoch }
  const link = { id: last.id as ObjectId, document: toDocument(last) }
  const state = extendChain(foldChain(chain.slice(0, -1), closedEpoch), link, place)
  folds.set(key, state)
  return state
}

function toDocument({ kind, epoch, by, process, previous }: Commit): ClaimDocument {
  return {
    ...{ v: 1, kind, hive: testHiveId, project: testProject, task: testTask, epoch, ttlSeconds: times.ttlMs / 1000 },
    // a letter, as in `judge`: nothing is signed in the search
    ...{ holder: by as unknown as ClaimDocument['holder'], process: String(process), previous: previous as ObjectId | null },
    ...{ base: 'main', branch: 'althing/issue-7', issueHash: '', nonce: '', at: '' },
  }
}
