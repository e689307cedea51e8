/** One search engine in a process of its own, so that its memory is its own: fills it, and times queries. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createCorpus, createQueries, queryKinds } from '../harness/corpus.ts'
import type { CorpusRecord, QueryKind } from '../harness/corpus.ts'
import type { Document } from '../harness/document.ts'
import type { SearchEngine } from '../harness/search-engine.ts'
import { serveParent } from '../harness/serve-parent.ts'
import { quantileOf } from '../harness/statistics.ts'

/** Every so many-th package is one that queries ask about. */
const sampledEach = 50

let engine: SearchEngine | undefined
let queries: ReadonlyMap<QueryKind, readonly string[]> = new Map()

serveParent({
  open: async (input) => {
    engine = await openEngine(input.text('engine'), input.text('path'))
    return {}
  },
  load: async (input) => {
    const startedAt = performance.now()
    await opened().load(createCorpus(input.number('records'), input.number('seed')))
    return { ms: performance.now() - startedAt }
  },
  prepare: async (input) => {
    const sample: CorpusRecord[] = []
    for (const record of createCorpus(input.number('records'), input.number('seed'))) if (record.id % sampledEach === 0) sample.push(record)
    const count = input.number('count')
    queries = new Map(queryKinds.map((kind, index) => [kind, createQueries(kind, sample, { count, seed: index + 1 })]))
    return {}
  },
  settle: async () => {
    setFlagsFromString('--expose-gc')
    const collect: unknown = runInNewContext('gc')
    if (typeof collect === 'function') for (let turn = 0; turn < 3; turn += 1) collect()
    return {}
  },
  measure: async (input) => answer(input),
})

/** Times every query of a kind: mean and 99th percentile, in milliseconds, and how many found anything. */
function answer(input: Document): { readonly mean: number; readonly p99: number; readonly found: number } {
  const kind = queryKinds.find((known) => known === input.text('kind'))
  const asked = kind === undefined ? undefined : queries.get(kind)
  if (kind === undefined || asked === undefined) throw new Error(`no queries of kind ${input.text('kind')}`)
  let found = 0
  const times = asked.map((query) => {
    const startedAt = performance.now()
    const hits = opened().search(kind, query)
    const ms = performance.now() - startedAt
    if (hits.length > 0) found += 1
    return ms
  })
  return { mean: times.reduce((sum, ms) => sum + ms, 0) / times.length, p99: quantileOf(times, 0.99), found: found / times.length }
}

async function openEngine(name: string, path: string): Promise<SearchEngine> {
  if (name === 'ours') return (await import('../ours/search-index.ts')).openSearchIndex(path)
  const peers = await import('../peers/search-engines.ts')
  return name === 'fts5' ? peers.openRawFts5(path) : await peers.openMiniSearch()
}

function opened(): SearchEngine {
  if (engine === undefined) throw new Error('ask for "open" first')
  return engine
}
