import type { PeerId } from '../../identity/keys.ts'
import { parseParents } from '../git/commit.ts'
import type { ObjectId } from '../git/objects.ts'
import type { FetchedCommits } from '../git/remote.ts'
import type { ChainLink, ChainPlace, ChainState } from '../rules/chain.ts'
import { extendChain } from '../rules/chain.ts'
import type { StoredChain } from './chain-store.ts'
import { parseClaim } from './claim.ts'

export interface ReadDeps {
  /** Whether the hive admits a node now. */
  readonly isAdmitted: (peer: PeerId) => boolean
  readonly place: ChainPlace
  /** Head of the chain of the task that was collected last: one that has it is that very chain, brought back by a restored backup. */
  readonly collected: ObjectId | undefined
}

/** A chain as it stands at one value. */
export interface ReadChain extends StoredChain {
  /** What was read beyond the chain that was known. */
  readonly added: ReadonlyMap<ObjectId, Uint8Array>
  /** What of that is no commit, or one that is not kept. */
  readonly others: FetchedCommits['others']
}

/** Longest chain that is followed from a value to what is known, in links: a month of renewals each minute. */
const maxLinks = 50_000

/**
 * Verifies the chain that ends at `value`, from the last head that was verified.
 *
 * Undefined where it could not be followed to a root, to a commit that no claim stands upon (a merge), or to what is known: what the server did not give
 * says nothing.
 */
export function readChain(
  deps: ReadDeps,
  value: ObjectId,
  { fetched, known }: { readonly fetched: FetchedCommits; readonly known: StoredChain | undefined },
): ReadChain | undefined {
  const path: { readonly id: ObjectId; readonly bytes: Uint8Array | undefined }[] = []
  let at: ObjectId | undefined = value
  while (at !== undefined && at !== known?.state.head) {
    const bytes: Uint8Array | undefined = fetched.commits.get(at) ?? known?.commits.get(at)
    const parents: readonly ObjectId[] | 'no commit' | undefined = bytes === undefined ? fetched.others.get(at) : parseParents(bytes)
    if (parents === undefined || path.length === maxLinks) return undefined
    path.push({ id: at, bytes })
    at = parents !== 'no commit' && parents.length === 1 ? parents[0] : undefined
  }
  let state: ChainState | undefined = at === undefined ? undefined : known?.state
  const commits = new Map(at === undefined ? [] : known?.commits)
  const added = new Map<ObjectId, Uint8Array>()
  const others = new Map<ObjectId, readonly ObjectId[] | 'no commit'>()
  const links = path.toReversed()
  const place = placeOf(deps, links)
  for (const { id, bytes } of links) {
    state = extendChain(state, toLink(deps, id, bytes), place)
    if (bytes === undefined) others.set(id, fetched.others.get(id) ?? 'no commit')
    else added.set(id, bytes)
  }
  for (const [id, bytes] of added) commits.set(id, bytes)
  if (state === undefined) throw new Error(`no link was read of ${value}`)
  return { state, commits, added, others }
}

/** Where the epoch began of a chain that is back was judged before it was collected. */
function placeOf(deps: ReadDeps, links: readonly { readonly id: ObjectId; readonly bytes: Uint8Array | undefined }[]): ChainPlace {
  const [first] = links
  const isBack = links.some(({ id }) => id === deps.collected)
  const began = first === undefined || !isBack ? undefined : toLink(deps, first.id, first.bytes).document
  return began === undefined ? deps.place : { ...deps.place, closedEpoch: began.epoch - 1 }
}

function toLink({ isAdmitted }: ReadDeps, id: ObjectId, bytes: Uint8Array | undefined): ChainLink {
  const parsed = bytes === undefined ? undefined : parseClaim(bytes)
  const isGood = parsed?.isClaim === true && parsed.claim.id === id && isAdmitted(parsed.claim.document.holder)
  return { id, document: isGood ? parsed.claim.document : undefined }
}
