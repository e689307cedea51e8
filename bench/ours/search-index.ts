import type { OwnerId } from '../../src/identity/keys.ts'
import { createSigningKey, ownerIdOfKey } from '../../src/identity/keys.ts'
import type { PackageName } from '../../src/market/rules/names.ts'
import { parseTextQuery } from '../../src/market/search/rules/query.ts'
import { searchText } from '../../src/market/search/search-text.ts'
import { putText } from '../../src/market/search/text-index.ts'
import { openDatabase } from '../../src/store/database.ts'
import type { CorpusRecord } from '../harness/corpus.ts'
import { hitsShown } from '../harness/search-engine.ts'
import type { SearchEngine } from '../harness/search-engine.ts'
import { benchHive } from './open-journal.ts'

/** Packages put in one transaction. */
const groupSize = 512
/** Time of the first release, in milliseconds; one more every ten seconds. */
const firstAt = 1_700_000_000_000

/** Our index in a database of ours, filled by what the index view calls. */
export function openSearchIndex(path: string): SearchEngine {
  const database = openDatabase({ path })
  const owner: OwnerId = ownerIdOfKey(createSigningKey().publicKey)
  return {
    load: async (records) => {
      let group: CorpusRecord[] = []
      const flush = async (): Promise<void> => {
        const rows = group
        group = []
        await database.write((tx) => {
          for (const { id, name, description, keywords, category } of rows) {
            const at = firstAt + id * 10_000
            tx.run(
              "insert into package (id, hive, owner, name, newest, at, kind, archive) values (?, ?, ?, ?, ?, ?, 'skill', ?)",
              ...[id, benchHive, owner, name, `entry ${id}`, at, Buffer.from(`archive ${id}`)],
            )
            putText(tx, id, {
              hive: benchHive,
              owner,
              at,
              isYanked: false,
              manifest: manifestOf({ name, description, keywords, category }),
            })
          }
        })
      }
      for (const record of records) if (group.push(record) === groupSize) await flush()
      await flush()
    },
    search: (_, query) => {
      const question = { hive: benchHive, filter: { facets: [], barred: [] }, isFuzzy: false, limit: hitsShown, usefulnessOf: undefined }
      return searchText(database, { ...question, query: parseTextQuery(query) }).hits.map(({ name }) => name)
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

function manifestOf({ name, description, keywords, category }: Omit<CorpusRecord, 'id'>) {
  const nothing = { authors: [], licence: null, homepage: null, repository: null, dependencies: [], foreign: [], files: [], entry: null }
  const permissions = { tools: [], commands: [], hosts: [], paths: [] }
  return { ...nothing, permissions, name: name as PackageName, version: '1.0.0', kind: 'skill' as const, description, keywords, category }
}
