/** One search engine in a process of its own, so that its memory is its own: fills it, and times queries. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createCorpus, queryKinds } from '../harness/corpus.ts'
import type { QueryKind } from '../harness/corpus.ts'
import type { Document } from '../harness/document.ts'
import type { SearchEngine } from '../harness/search-engine.ts'
import { serveParent } from '../harness/serve-parent.ts'
import { quantileOf } from '../harness/statistics.ts'

let engine: SearchEngine | undefined
const queries = new Map<QueryKind, readonly string[]>()

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
    queries.set(kindOf(input), input.texts('queries'))
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

/** Times the first `count` queries of a kind: mean and 99th percentile, in milliseconds, and how many found anything. */
function answer(input: Document): { readonly mean: number; readonly p99: number; readonly found: number } {
  const kind = kindOf(input)
  const prepared = queries.get(kind)
  if (prepared === undefined) throw new Error(`no queries of kind ${kind}`)
  const asked = prepared.slice(0, input.number('count'))
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

function kindOf(input: Document): QueryKind {
  const kind = queryKinds.find((known) => known === input.text('kind'))
  if (kind === undefined) throw new Error(`there is no kind ${input.text('kind')}`)
  return kind
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
