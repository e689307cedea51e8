import type { PeerId } from '../../identity/keys.ts'
import type { Cid } from '../../lib/cid.ts'

/** What a provider said of one resource. */
export interface ProviderClaim {
  readonly resource: string
  readonly provider: PeerId
  readonly version: number
  readonly entry: Cid
  readonly cid: Cid
  /** By the provider's clock: compared with its own earlier claims alone. */
  readonly at: number
  /** How long it is good from when it is heard, in milliseconds. */
  readonly ttlMs: number
}

export interface KnownClaim extends ProviderClaim {
  /** The moment of our monotonic clock until which it is good, in milliseconds. */
  readonly until: number
}

export interface ProviderBookOptions {
  /** Resources one provider may claim at once. */
  readonly maxPerProvider: number
  /** Claims in all; the one that ends first goes first. */
  readonly maxClaims: number
}

/** `told`: says something new. `refreshed`: the same again, for longer. `stale`: heard before, or older. `full`: too much of one provider. */
export type ClaimVerdict = 'told' | 'refreshed' | 'stale' | 'full'

/** Who says that it provides what, and for how long. Moments come in as values. */
export class ProviderBook {
  readonly #options: ProviderBookOptions
  /** By resource, then by provider. */
  readonly #claims = new Map<string, Map<PeerId, KnownClaim>>()
  readonly #counts = new Map<PeerId, number>()
  #total = 0

  constructor(options: ProviderBookOptions) {
    this.#options = options
  }

  /** Whether a claim was heard already, or is older than one that was. */
  isStale({ resource, provider, at }: ProviderClaim): boolean {
    const known = this.#claims.get(resource)?.get(provider)
    return known !== undefined && at <= known.at
  }

  take(claim: ProviderClaim, now: number): ClaimVerdict {
    if (this.isStale(claim)) return 'stale'
    const { resource, provider } = claim
    const known = this.#claims.get(resource)?.get(provider)
    const isGone = known === undefined || known.until <= now
    if (known === undefined) {
      if ((this.#counts.get(provider) ?? 0) >= this.#options.maxPerProvider) this.#dropEnded(now)
      if ((this.#counts.get(provider) ?? 0) >= this.#options.maxPerProvider) return 'full'
      if (this.#total >= this.#options.maxClaims) this.#dropEnded(now)
      if (this.#total >= this.#options.maxClaims) this.#dropOldest()
      this.#count(provider, 1)
    }
    const ofResource = this.#claims.get(resource) ?? new Map<PeerId, KnownClaim>()
    // in the order in which they were heard, so that the first is the one to let go
    ofResource.delete(provider)
    ofResource.set(provider, { ...claim, until: now + claim.ttlMs })
    this.#claims.delete(resource)
    this.#claims.set(resource, ofResource)
    return !isGone && known.entry === claim.entry ? 'refreshed' : 'told'
  }

  /** Claims that are good, of a resource. */
  of(resource: string, now: number): readonly KnownClaim[] {
    return [...(this.#claims.get(resource)?.values() ?? [])].filter(({ until }) => until > now)
  }

  count(now: number): number {
    let count = 0
    for (const claims of this.#claims.values()) for (const { until } of claims.values()) if (until > now) count += 1
    return count
  }

  /** Ends what a provider said of a resource, if it said anything. */
  drop(resource: string, provider: PeerId): void {
    const claims = this.#claims.get(resource)
    if (claims?.delete(provider) !== true) return
    this.#count(provider, -1)
    if (claims.size === 0) this.#claims.delete(resource)
  }

  #count(provider: PeerId, change: 1 | -1): void {
    this.#total += change
    const count = (this.#counts.get(provider) ?? 0) + change
    if (count === 0) this.#counts.delete(provider)
    else this.#counts.set(provider, count)
  }

  #dropEnded(now: number): void {
    for (const [resource, claims] of this.#claims) {
      for (const { provider, until } of claims.values()) if (until <= now) this.drop(resource, provider)
    }
  }

  #dropOldest(): void {
    const [resource, claims] = this.#claims.entries().next().value ?? []
    const provider = claims?.keys().next().value
    if (resource !== undefined && provider !== undefined) this.drop(resource, provider)
  }
}
