import type { ObjectId } from '../git/objects.ts'
import type { StoredChain } from './chain-store.ts'
import { parseClaim } from './claim.ts'
import type { ClaimDocument } from './claim-document.ts'
import type { TaskSight } from './ledger.ts'

/** One link of a chain for people. */
export interface HistoryLine {
  readonly id: ObjectId
  /** Undefined for a commit that is no claim; `why` says what is wrong with it. */
  readonly document: ClaimDocument | undefined
  readonly why: string | undefined
}

/** Who held a task, why it moved and what it cost, from the first link on. Renewals in a row are one line: the last of them, unless all are asked for. */
export function listHistory(
  { commits }: Pick<StoredChain, 'commits'>,
  options: { readonly withRenewals: boolean },
): readonly HistoryLine[] {
  const lines = [...commits].map(([id, bytes]): HistoryLine => {
    const parsed = parseClaim(bytes)
    return parsed.isClaim ? { id, document: parsed.claim.document, why: undefined } : { id, document: undefined, why: parsed.why }
  })
  if (options.withRenewals) return lines
  return lines.filter(({ document }, index) => document?.kind !== 'renew' || lines[index + 1]?.document?.kind !== 'renew')
}

/** Why the holding that a chain ends with began, in the words of its first link; undefined for a first claim, and where nobody holds it. */
export function reasonOfHolding({ chain }: Pick<TaskSight, 'chain'>): string | undefined {
  const began = chain?.state.holding?.began
  const bytes = began === undefined ? undefined : chain?.commits.get(began)
  const parsed = bytes === undefined ? undefined : parseClaim(bytes)
  return parsed?.isClaim === true ? parsed.claim.document.reason : undefined
}
