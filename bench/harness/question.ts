import type { Figure } from './compare.ts'

/** One thing worth knowing about how fast or how heavy the product is. */
export interface Question {
  /** The word for it on the command line. */
  readonly name: string
  /** What is asked, in one sentence. */
  readonly asks: string
  /** Measures. Throws when anything it needs is missing: there is no figure without a run. */
  readonly ask: (context: Context) => Promise<Answer>
}

/** What a question is asked with. */
export interface Context {
  /** Small sizes and few rounds: shows that a bench works, says little about speed. */
  readonly quick: boolean
  readonly signal: AbortSignal
  /** Tells a person how far the run is. */
  readonly say: (line: string) => void
}

/** What came out. */
export interface Answer {
  readonly figures: readonly Figure[]
  /** What the figures hold for: sizes, versions and durability of the peers, what was made equal. */
  readonly conditions: readonly string[]
}
