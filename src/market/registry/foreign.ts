import type { Reader, Transaction } from '../../store/database.ts'
import type { RegistryBook } from '../market.ts'
import type { TextQuery } from '../search/rules/query.ts'

/** What an index of another maker says of one version of a package. Nobody signed it. */
export interface ForeignPackage {
  readonly name: string
  readonly version: string
  readonly description: string
  /** sha2-256 in hex, as that index has it. */
  readonly checksum: string | null
  readonly category: string | null
  readonly author: string | null
  readonly licence: string | null
  readonly keywords: readonly string[]
}

/** Keeps what such an index says, in place of what it said of the same versions before. */
export function putForeign(tx: Transaction, registry: number, found: ForeignPackage): void {
  tx.run(
    'insert or replace into registry_foreign (registry, name, version, description, checksum, category, author, licence, keywords) values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    registry,
    found.name,
    found.version,
    found.description,
    found.checksum,
    found.category,
    found.author,
    found.licence,
    found.keywords.join(' '),
  )
}

/** A foreign package that was found. */
export interface ForeignHit {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly checksum: string | null
  /** The registry it was imported into. */
  readonly registry: string
}

export interface ForeignQuestion {
  readonly query: TextQuery | undefined
  readonly isFiltered: boolean
  readonly limit: number
}

/** What imported indexes have that has every word of a query, by name; what is filtered by what only a signature can say finds none. */
export function findForeign(
  reader: Reader,
  { registries }: { readonly registries?: Pick<RegistryBook, 'showsForeign'> },
  { query, isFiltered, limit }: ForeignQuestion,
): ForeignHit[] {
  if (query === undefined || isFiltered || limit <= 0 || registries?.showsForeign !== true) return []
  const conditions = query.words.map((_, index) => `instr(lower(f.name || ' ' || f.description || ' ' || f.keywords), ?${index + 2}) > 0`)
  const rows = reader.all<ForeignHit>(
    `select f.name, f.version, f.description, f.checksum, r.name as registry from registry_foreign f join registry r on r.id = f.registry
     where ${conditions.join(' and ')} order by f.name, f.version limit ?1`,
    limit,
    ...query.words,
  )
  return rows.map((row) => ({ ...row }))
}
