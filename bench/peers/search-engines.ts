import { DatabaseSync } from 'node:sqlite'
import type { SearchEngine } from '../harness/search-engine.ts'
import { hitsShown } from '../harness/search-engine.ts'

/** Rows in one transaction. */
const groupSize = 8_192

/** A plain FTS5 table in a file, with nothing of ours around it: bm25 with weights, prefixes of two and three letters. It corrects no spelling. */
export function openRawFts5(path: string): SearchEngine {
  const database = new DatabaseSync(path)
  database.exec('pragma journal_mode = wal; pragma synchronous = full')
  database.exec(
    "create virtual table if not exists record using fts5 (name, keywords, description, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3')",
  )
  const insert = database.prepare('insert into record (rowid, name, keywords, description) values (?, ?, ?, ?)')
  const select = database.prepare(`select name from record where record match ? order by bm25(record, 10.0, 4.0, 1.0) limit ${hitsShown}`)
  return {
    load: async (records) => {
      let count = 0
      database.exec('begin immediate')
      for (const { id, name, description, keywords, category } of records) {
        insert.run(id, name, [...keywords, category].join(' '), description)
        count += 1
        if (count % groupSize === 0) database.exec('commit; begin immediate')
      }
      database.exec('commit')
    },
    search: (kind, query) => {
      const words = query.split(' ').map((word) => `"${word}"${kind === 'prefix' ? '*' : ''}`)
      return select.all(words.join(' AND ')).map(({ name }) => String(name))
    },
    [Symbol.asyncDispose]: async () => database.close(),
  }
}

/** What MiniSearch is asked with here. */
interface MiniSearchLike {
  readonly addAll: (documents: readonly object[]) => void
  readonly search: (query: string, options: object) => readonly { readonly name: string }[]
}

/** MiniSearch, all of it in memory: prefixes and near spellings only where the query needs them. */
export async function openMiniSearch(): Promise<SearchEngine> {
  const path = new URL('../rivals/node_modules/minisearch/dist/es/index.js', import.meta.url)
  const module = (await import(path.href)) as { readonly default: new (options: object) => MiniSearchLike }
  const engine = new module.default({ fields: ['name', 'keywords', 'description'], storeFields: ['name'] })
  const boost = { name: 10, keywords: 4, description: 1 }
  return {
    load: async (records) => {
      for (const group of groupsOf(records)) engine.addAll(group)
    },
    search: (kind, query) => {
      const options = { boost, combineWith: 'AND', prefix: kind === 'prefix', fuzzy: kind === 'misspelt' ? 0.2 : false }
      return engine
        .search(query, options)
        .slice(0, hitsShown)
        .map(({ name }) => name)
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

function* groupsOf(records: Parameters<SearchEngine['load']>[0]): Generator<readonly object[]> {
  let group: object[] = []
  for (const { keywords, category, ...record } of records) {
    group.push({ ...record, keywords: [...keywords, category].join(' ') })
    if (group.length < groupSize) continue
    yield group
    group = []
  }
  yield group
}
