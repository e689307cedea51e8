import type { PeerId } from '../../identity/keys.ts'
import type { Cid } from '../../lib/cid.ts'
import type { ScarceCopy } from '../context-status.ts'
import type { LiveContent } from './live-content.ts'

export interface CopyReport {
  /** Pieces of content, of those this node looks after, with fewer copies than they should have. */
  readonly below: number
  /** Some of them. */
  readonly scarce: readonly ScarceCopy[]
}

/** Content remembered as scarce; of more only their number would be known. */
const maxRemembered = 10_000
/** Content named in one report. */
const maxReported = 20

/** Remembers what has too few copies. */
export class ScarceCopies {
  readonly #scarce = new Map<Cid, ScarceCopy>()

  /** Takes what was found out about some content: who was to have it, and who has it. */
  note({ cid, size }: LiveContent, { wanted, held }: { readonly wanted: readonly PeerId[]; readonly held: readonly PeerId[] }): void {
    this.#scarce.delete(cid)
    if (held.length >= wanted.length || this.#scarce.size >= maxRemembered) return
    this.#scarce.set(cid, { cid, size, wanted: wanted.length, holders: held })
  }

  /** Whether some content was found to lack copies. */
  has(cid: Cid): boolean {
    return this.#scarce.has(cid)
  }

  /** Those that were noted longest ago. */
  next(limit: number): readonly Cid[] {
    return [...this.#scarce.keys().take(limit)]
  }

  /** Content that no version has any more lacks nothing. */
  forget(cid: Cid): readonly [] {
    this.#scarce.delete(cid)
    return []
  }

  report(): CopyReport {
    return { below: this.#scarce.size, scarce: [...this.#scarce.values()].slice(0, maxReported) }
  }
}
