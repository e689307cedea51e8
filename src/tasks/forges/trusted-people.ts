import type { Clock } from '../../lib/clock.ts'

interface Waiting {
  readonly signal: AbortSignal
}

export interface TrustedPeopleDeps {
  readonly clock: Clock
  /** Asks the forge for all of them. */
  readonly read: (waiting: Waiting) => Promise<ReadonlySet<string>>
}

/** How long the forge's list counts, in milliseconds: whoever loses his rights is believed no longer than that. */
const keptMs = 30_000

/** Whose text counts, of forges that do not say it with the text: each look would ask for the same list many times. */
export class TrustedPeople {
  readonly #deps: TrustedPeopleDeps
  #kept: { readonly names: ReadonlySet<string>; readonly at: number } | undefined

  constructor(deps: TrustedPeopleDeps) {
    this.#deps = deps
  }

  /**
   * Those who are trusted, as the forge said when it was last asked; asked anew for a name that was not among them, which may have been added since,
   * and not for nobody.
   *
   * @throws the faults of a forge
   */
  async among(names: readonly string[], waiting: Waiting): Promise<ReadonlySet<string>> {
    const now = this.#deps.clock.monotonic()
    const kept = this.#kept !== undefined && now - this.#kept.at < keptMs ? this.#kept.names : new Set<string>()
    if (names.every((name) => kept.has(name))) return kept
    const read = await this.#deps.read(waiting)
    this.#kept = { names: read, at: now }
    return read
  }
}
