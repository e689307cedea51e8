import type { CorpusRecord, QueryKind } from './corpus.ts'

/** Hits that a search shows. */
export const hitsShown = 10

/** Somebody who finds packages. */
export interface SearchEngine extends AsyncDisposable {
  readonly load: (records: Iterable<CorpusRecord>) => Promise<void>
  /** Names, best first. The kind says what an engine has to be told to understand the query at all. */
  readonly search: (kind: QueryKind, query: string) => readonly string[]
}
