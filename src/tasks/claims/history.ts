import type { PeerId } from '../../identity/keys.ts'
import type { ObjectId } from '../git/objects.ts'
import type { ChainPlace, ChainState } from '../rules/chain.ts'
import { extendChain } from '../rules/chain.ts'
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

/** A link of a chain that counts. */
export interface CountingLink {
  readonly id: ObjectId
  readonly document: ClaimDocument
}

/**
 * Links of a chain that count, behind the state that was seen before; all of them where the chain does not go on from there.
 *
 * What somebody pushed whom the hive does not admit, or what may not stand where it does, is none.
 */
export function listCounting(
  { commits }: Pick<StoredChain, 'commits'>,
  before: ChainState | undefined,
  { isAdmitted, ...place }: Omit<ChainPlace, 'closedEpoch'> & { readonly isAdmitted: (peer: PeerId) => boolean },
): readonly CountingLink[] {
  const ids = [...commits.keys()]
  // -1, and so the whole chain, where it does not go on from there
  const at = before === undefined ? -1 : ids.indexOf(before.head)
  let state = at < 0 ? undefined : before
  const found: CountingLink[] = []
  for (const id of ids.slice(at + 1)) {
    const bytes = commits.get(id)
    const parsed = bytes === undefined ? undefined : parseClaim(bytes)
    const document = parsed?.isClaim === true && isAdmitted(parsed.claim.document.holder) ? parsed.claim.document : undefined
    // where a chain begins was judged by whoever read it
    const closedEpoch = state === undefined ? (document?.epoch ?? 1) - 1 : 0
    state = extendChain(state, { id, document }, { ...place, closedEpoch })
    if (document !== undefined && state.unknownLinks === 0) found.push({ id, document })
  }
  return found
}

/** Why the holding that a chain ends with began, in the words of its first link; undefined for a first claim, and where nobody holds it. */
export function reasonOfHolding({ chain }: Pick<TaskSight, 'chain'>): string | undefined {
  return readLink(chain, chain?.state.holding?.began)?.reason
}

/** When a chain came to say what it says, in ISO 8601 by the clock of whoever wrote it; renewals change nothing. Undefined where its end does not count. */
export function timeOfStanding({ chain }: Pick<TaskSight, 'chain'>): string | undefined {
  const { holding, head, unknownLinks } = chain?.state ?? {}
  if (holding === undefined || unknownLinks !== 0) return undefined
  return readLink(chain, holding.kind === 'renew' ? holding.began : head)?.at
}

function readLink(chain: Pick<StoredChain, 'commits'> | undefined, id: ObjectId | undefined): ClaimDocument | undefined {
  const bytes = id === undefined ? undefined : chain?.commits.get(id)
  const parsed = bytes === undefined ? undefined : parseClaim(bytes)
  return parsed?.isClaim === true ? parsed.claim.document : undefined
}
