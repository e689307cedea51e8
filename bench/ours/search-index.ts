import type { OwnerId } from '../../src/identity/keys.ts'
import { openSigningKey, ownerIdOfKey } from '../../src/identity/keys.ts'
import type { PackageName } from '../../src/market/rules/names.ts'
import { parseTextQuery } from '../../src/market/search/rules/query.ts'
import { searchText } from '../../src/market/search/search-text.ts'
import { openDatabase } from '../../src/store/database.ts'
import type { CorpusRecord } from '../harness/corpus.ts'
import { hitsShown } from '../harness/search-engine.ts'
import type { SearchEngine } from '../harness/search-engine.ts'
import type { BulkPackage } from './bulk-index.ts'
import { fillIndex } from './bulk-index.ts'
import { benchHive } from './open-journal.ts'

/** Time of the first release, in milliseconds; one more every ten seconds. */
const firstAt = 1_700_000_000_000

/** Of all packages. */
const owner: OwnerId = ownerIdOfKey(openSigningKey(new Uint8Array(32).fill(1)).publicKey)

/** Our index in a database of ours, filled in bulk. */
export function openSearchIndex(path: string): SearchEngine {
  const database = openDatabase({ path })
  const sql = "insert into package (id, hive, owner, name, newest, at, kind, archive) values (?, ?, ?, ?, ?, ?, 'skill', ?)"
  return {
    load: (records) =>
      fillIndex(database, mapped(records), (tx, { id, hive, at, manifest }) =>
        tx.run(sql, id, hive, owner, manifest.name, `entry ${id}`, at, Buffer.from(`archive ${id}`)),
      ),
    search: (_, query) => {
      const question = { hive: benchHive, filter: { facets: [], barred: [] }, isFuzzy: false, limit: hitsShown, usefulnessOf: undefined }
      return searchText(database, { ...question, query: parseTextQuery(query) }).hits.map(({ name }) => name)
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

function* mapped(records: Iterable<CorpusRecord>): Generator<BulkPackage> {
  for (const record of records) yield toPackage(record)
}

/** A package of the corpus as the index takes it. */
export function toPackage({ id, ...record }: CorpusRecord): BulkPackage {
  return { id, hive: benchHive, owner, at: firstAt + id * 10_000, isYanked: false, manifest: manifestOf(record) }
}

function manifestOf({ name, description, keywords, category }: Omit<CorpusRecord, 'id'>) {
  const nothing = { authors: [], licence: null, homepage: null, repository: null, dependencies: [], foreign: [], files: [], entry: null }
  const permissions = { tools: [], commands: [], hosts: [], paths: [] }
  return { ...nothing, permissions, name: name as PackageName, version: '1.0.0', kind: 'skill' as const, description, keywords, category }
}
