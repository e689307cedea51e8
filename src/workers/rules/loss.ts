import type { ClaimDocument, ClaimKind } from '../../tasks/claims/claim-document.ts'
import { isNotEligible, wordsOfPerson } from '../../tasks/rules/reasons.ts'

/** What of a link says how a claim was lost. */
export type LossLink = Pick<ClaimDocument, 'kind' | 'epoch' | 'reason'>

/** Links that a holder writes itself, and goes on holding. */
const ofHolder: readonly ClaimKind[] = ['claim', 'takeover', 'renew', 'review']

/** What became of a claim that this node held under `epoch`, by the link after its own; undefined where nothing came after. */
export function describeLoss(links: readonly LossLink[], epoch: number): string | undefined {
  const own = links.findLastIndex((link) => link.epoch === epoch && ofHolder.includes(link.kind))
  const next = own === -1 ? undefined : links[own + 1]
  if (next === undefined) return undefined
  const words = wordsOfPerson(next.reason)
  const said = words === undefined ? '' : `: ${words}`
  if (next.kind === 'pause') return `a person paused it${said}`
  if (next.kind === 'break' && isNotEligible(next.reason)) return 'it is no task any more'
  if (next.kind === 'break') return `a person took it away${said}`
  if (next.kind !== 'done') return 'another node has it'
  if (words !== undefined) return `a person says that it is done${said}`
  return next.reason === undefined ? 'it is done' : `it is done: ${next.reason}`
}
