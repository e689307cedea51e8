import type { ClaimKind } from '../claims/claim-document.ts'
import type { ObjectId } from '../git/objects.ts'
import { isNotEligible } from './reasons.ts'

/** One link of a chain that counts, as far as it says how a holding went. */
interface SettlingLink {
  readonly id: ObjectId
  readonly kind: ClaimKind
  readonly reason: string | undefined
}

/**
 * Holdings of a chain whose work may be merged without the chain saying so: who held it may have gone between opening the pull request and saying that
 * it waits for people. Each by the commit that began it.
 *
 * What was `done`, broken by a person, or given back as no task any more settles every holding before: whoever wants the task again after that
 * wants new work, whatever was merged.
 *
 * @see docs/protocols/claims.md §3
 */
export function listUnsettled(links: readonly SettlingLink[]): readonly ObjectId[] {
  const settled = links.findLastIndex(settles)
  return links.slice(settled + 1).flatMap(({ id, kind }) => (kind === 'claim' || kind === 'takeover' ? [id] : []))
}

function settles({ kind, reason }: SettlingLink): boolean {
  return kind === 'done' || kind === 'break' || (kind === 'release' && isNotEligible(reason))
}
