import type { PeerId } from '../../identity/keys.ts'
import { parseCommit } from '../git/commit.ts'
import type { ObjectId } from '../git/objects.ts'
import type { ChainLink, ChainPlace, ChainState } from '../rules/chain.ts'
import { extendChain } from '../rules/chain.ts'
import type { StoredChain } from './chain-store.ts'
import { parseClaim } from './claim.ts'

export interface ReadDeps {
  /** Whether the hive admits a node now. */
  readonly isAdmitted: (peer: PeerId) => boolean
  readonly place: ChainPlace
}

/** A chain as it stands at one value, and whether it goes on from the one that was known. */
export interface ReadChain extends StoredChain {
  readonly descends: boolean
  readonly added: ReadonlyMap<ObjectId, Uint8Array>
}

/** Longest chain that is followed from a value to what is known, in links: a month of renewals each minute. */
const maxLinks = 50_000

/**
 * Verifies the chain that ends at `value`, from the last head that was verified.
 *
 * What cannot be followed (a commit that is missing, a merge) is one link that does not count.
 */
export function readChain(
  deps: ReadDeps,
  value: ObjectId,
  { fetched, known }: { readonly fetched: ReadonlyMap<ObjectId, Uint8Array>; readonly known: StoredChain | undefined },
): ReadChain {
  const path: { readonly id: ObjectId; readonly bytes: Uint8Array | undefined }[] = []
  let at: ObjectId | undefined = value
  while (at !== undefined && at !== known?.state.head && path.length < maxLinks) {
    const bytes: Uint8Array | undefined = fetched.get(at) ?? known?.commits.get(at)
    path.push({ id: at, bytes })
    const parents: readonly ObjectId[] = bytes === undefined ? [] : (parseCommit(bytes)?.parents ?? [])
    at = parents.length === 1 ? parents[0] : undefined
  }
  const descends = known === undefined || at === known.state.head
  const isContinued = known !== undefined && at === known.state.head
  let state: ChainState | undefined = isContinued ? known.state : undefined
  const commits = new Map(isContinued ? known.commits : [])
  const added = new Map<ObjectId, Uint8Array>()
  for (const { id, bytes } of path.toReversed()) {
    state = extendChain(state, toLink(deps, id, bytes), deps.place)
    if (bytes !== undefined) added.set(id, bytes)
  }
  for (const [id, bytes] of added) commits.set(id, bytes)
  if (state === undefined) throw new Error(`no link was read of ${value}`)
  return { state, commits, descends, added }
}

function toLink({ isAdmitted }: ReadDeps, id: ObjectId, bytes: Uint8Array | undefined): ChainLink {
  const parsed = bytes === undefined ? undefined : parseClaim(bytes)
  const isGood = parsed?.isClaim === true && parsed.claim.id === id && isAdmitted(parsed.claim.document.holder)
  return { id, document: isGood ? parsed.claim.document : undefined }
}
