import type { MarketHive } from '../market.ts'
import type { IndexedRelease } from '../package-index.ts'
import type { TrustKind } from '../rules/trust.ts'
import type { LockedPackage } from './lock.ts'
import type { LockChange } from './swap.ts'

/** What becomes of one package of a place. */
export interface PlannedPackage {
  readonly change: 'added' | 'updated' | 'downgraded' | 'kept'
  /** As the lock will have it. */
  readonly locked: LockedPackage
  /** As the lock has it. */
  readonly previous: LockedPackage | undefined
  /** Undefined for what no index here has; then what is installed may stay, and nothing else. */
  readonly release: IndexedRelease | undefined
  readonly hive: MarketHive
  /** Whether a person named it. */
  readonly isNamed: boolean
}

/** A whole set of packages, before anything is fetched. */
export interface SetPlan {
  /** By name. */
  readonly packages: readonly PlannedPackage[]
  readonly removed: readonly LockedPackage[]
  readonly change: LockChange
  readonly isLockChanged: boolean
  readonly notes: readonly TrustNote[]
}

/** What a person takes upon himself, and why. */
export interface Acceptance {
  readonly kinds: readonly TrustKind[]
  readonly reason: string
}

/** Something said of a package of a plan. */
export interface TrustNote {
  readonly package: string
  readonly version: string
  readonly kind: TrustKind
  readonly message: string
}
