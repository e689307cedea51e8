import type { ClaimDocument } from '../claims/claim-document.ts'
import { isFailedWork, isMerged, isSentBack } from './reasons.ts'

/** What the work of one holding came to. */
export type HoldingResult =
  /** It is worked on, or nobody says otherwise yet. */
  | 'open'
  /** Its pull request waits for people. */
  | 'in-review'
  | 'merged'
  /** Given back as failed, or its pull request needed more work. */
  | 'failed'
  /** It ended by what says nothing of who worked: a closed lid, a model or a forge that is down, a lost lease, a person, a closed issue, a base that moved. */
  | 'moot'

/**
 * What the holding of an epoch came to, by the links of its chain that count.
 *
 * @see docs/protocols/claims.md §10
 */
export function judgeResult(links: readonly Pick<ClaimDocument, 'kind' | 'epoch' | 'reason'>[], epoch: number): HoldingResult {
  const result = links.filter((link) => link.epoch === epoch).reduce<HoldingResult>(resultAfter, 'open')
  const next = links.find((link) => link.epoch > epoch)
  if (next === undefined || (result !== 'open' && result !== 'in-review')) return result
  return result === 'in-review' && isSentBack(next.reason) ? 'failed' : 'moot'
}

function resultAfter(before: HoldingResult, { kind, reason }: Pick<ClaimDocument, 'kind' | 'reason'>): HoldingResult {
  // a person who makes something of what was given up does not make it the agent's
  if (before === 'failed') return before
  switch (kind) {
    case 'review':
      return 'in-review'
    case 'release':
      return isFailedWork(reason) ? 'failed' : 'moot'
    case 'break':
      return 'moot'
    case 'done':
      return isMerged(reason) ? 'merged' : 'moot'
    case 'claim':
    case 'takeover':
    case 'renew':
    case 'pause':
      return before
  }
}
