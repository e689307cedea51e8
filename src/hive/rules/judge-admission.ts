import type { Certificate } from '../../identity/certificate.ts'
import type { OwnerId, PeerId } from '../../identity/keys.ts'
import type { Position } from '../../journal/entry.ts'
import type { AdmissionVerdict } from '../../journal/journal.ts'
import type { GrantsState } from './grants-state.ts'
import { comparePositions } from './grants-state.ts'
import { isActive } from './judge-grant.ts'

/** What is known about one node. */
export interface NodeEvidence {
  readonly node: PeerId
  /** Its certificates, at most one of each owner. */
  readonly certificates: readonly Certificate[]
  /** Where owners that certified it said it ends; an entry of somebody else has no place here. */
  readonly ownRevocations: readonly { readonly owner: OwnerId; readonly last: Position | undefined }[]
}

/**
 * Whose word a node speaks: the owner of its newest certificate by a member, or else of its newest certificate at all.
 *
 * Of equal serials by two owners the lower owner id counts, so that everybody says the same.
 */
export function chooseCertificate(
  policy: 'closed' | 'open',
  state: GrantsState,
  certificates: readonly Certificate[],
): Certificate | undefined {
  const newestFirst = certificates.toSorted((one, other) => other.serial - one.serial || (one.owner < other.owner ? -1 : 1))
  return newestFirst.find(({ owner }) => policy === 'open' || isActive(state, owner)) ?? newestFirst[0]
}

/** Whether entries of a node are taken: owner → member grant → not revoked. The clock has no say. */
export function judgeAdmission(policy: 'closed' | 'open', state: GrantsState, evidence: NodeEvidence): AdmissionVerdict {
  if (state.revokedNodes.has(evidence.node)) return { verdict: 'cut', after: state.revokedNodes.get(evidence.node) }
  const own = lowestCut(evidence.ownRevocations)
  if (own !== undefined) return { verdict: 'cut', after: own.last }
  const chosen = chooseCertificate(policy, state, evidence.certificates)
  if (chosen === undefined) return { verdict: 'unknown' }
  if (policy === 'open' || isActive(state, chosen.owner)) return { verdict: 'admitted' }
  const standing = state.standings.get(chosen.owner)
  return standing === undefined ? { verdict: 'unknown' } : { verdict: 'cut', after: standing.cuts?.get(evidence.node) }
}

/** Two revocations of one node agree on the earlier end, whichever came first. */
function lowestCut(cuts: NodeEvidence['ownRevocations']): { readonly last: Position | undefined } | undefined {
  return cuts.reduce<{ readonly last: Position | undefined } | undefined>((lowest, cut) => {
    if (lowest === undefined || cut.last === undefined) return cut
    return lowest.last !== undefined && comparePositions(cut.last, lowest.last) < 0 ? cut : lowest
  }, undefined)
}
