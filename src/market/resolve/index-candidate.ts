import type { OwnerId } from '../../identity/keys.ts'
import type { Cid } from '../../lib/cid.ts'
import type { MarketHive } from '../market.ts'
import type { Candidate } from '../rules/candidates.ts'

/** A version that the index of a hive has, or that the lock pins. */
export interface IndexCandidate extends Candidate {
  /** Who signed it: of a package that was handed on, perhaps an owner before. */
  readonly owner: OwnerId
  readonly name: string
  readonly hive: MarketHive
  /** The entry that says it; undefined for what only the lock knows. */
  readonly entry: Cid | undefined
  /** Other sources of the same bytes. */
  readonly alsoAt: readonly MarketHive[]
  /** Sources that have other bytes for this version of this owner. */
  readonly disputes: readonly Dispute[]
}

/** What one source has, before others are compared with it. */
export type SourceCandidate = Omit<IndexCandidate, 'alsoAt' | 'disputes'>

/** Other bytes for the same version of the same owner. */
export interface Dispute {
  readonly source: string
  readonly digest: string
}
