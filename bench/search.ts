import { join } from 'node:path'
import { createCorpus, createQueries, queryKinds } from './harness/corpus.ts'
import type { CorpusRecord, QueryKind } from './harness/corpus.ts'
import { openChild } from './harness/child.ts'
import type { Child } from './harness/child.ts'
import { compare } from './harness/compare.ts'
import type { Aim, Contestant, Figure, Peer } from './harness/compare.ts'
import { usageOf } from './harness/process-usage.ts'
import type { Context, Question } from './harness/question.ts'
import { hitsShown } from './harness/search-engine.ts'
import { openTemporaryFolder } from './harness/temporary-folder.ts'

/** Of the corpus; the queries have others. */
const seed = 1
/** Every so many-th package is one that queries ask about. */
const sampledEach = 50

interface Sizes {
  readonly records: readonly number[]
  readonly queries: number
  readonly rounds: number
}

/** How long it takes to find a package, and how much memory. */
export const question: Question = {
  name: 'search',
  asks: 'How long does a search of many packages take, and how much memory does it hold?',
  ask: async (context) => {
    const sizes: Sizes = context.quick
      ? { records: [5_000], queries: 20, rounds: 2 }
      : { records: [100_000, 1_000_000], queries: 200, rounds: 5 }
    const figures: Figure[] = []
    for (const records of sizes.records) figures.push(...(await measureSize(context, records, sizes)))
    return {
      figures,
      conditions: [
        `packages from a seed (${seed}): names of two or three words out of 40,000, more frequent words first, descriptions of 8 to 39 words, up to 5 keywords`,
        `the mix is ${sizes.queries} queries of each kind, the same for all: one word of a name, two words of one package, its beginning of 3 to 5 letters, one of 20 common words, one mistyped; ${hitsShown} hits, names only`,
        'each engine in a process of its own, which has answered all queries before; the database was filled by another process, in transactions of 512, and is in a file',
        'raw FTS5: unicode61, prefix 2 and 3, bm25 with weights 10, 4, 1; prefixes only where the query is one; it corrects nothing, and finds nothing for what is mistyped',
        'MiniSearch 7.2.0: boosts 10, 4, 1, AND, prefix and fuzzy 0.2 only where the query needs it; all in memory, filled in its process',
        'memory: what the process holds more than before it opened its index, after the queries and after collecting garbage',
      ],
    }
  },
}

/** An engine with its index, ready in a process of its own. */
interface Ready {
  readonly name: string
  readonly child: Child
  /** Held before the index was opened, in MiB. */
  readonly before: number
  readonly loadMs: number
}

async function measureSize(context: Context, records: number, { queries, rounds }: Sizes): Promise<readonly Figure[]> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await openTemporaryFolder())
  const asked = prepareQueries(records, queries)
  const open = async (engine: string, name: string): Promise<Ready> =>
    stack.use(await openEngine(context, { engine, name, path: join(folder.path, `${engine}.sqlite`), records, queries: asked }))
  const ours = await open('ours', 'searchText')
  const fts5 = await open('fts5', 'raw FTS5')
  const mini = await open('minisearch', 'MiniSearch')
  const of = records.toLocaleString('en-US')
  const times = async (what: string, measure: (ready: Ready) => Promise<number>, aim?: Aim): Promise<readonly Figure[]> => {
    const peers: readonly Peer[] = [{ ...contestant(fts5, measure), ...(aim === undefined ? {} : { aim }) }, contestant(mini, measure)]
    return await compare(context, { what: `${what} of ${of}`, unit: 'ms', ours: contestant(ours, measure), peers, rounds, warmups: 1 })
  }
  const figures = [...(await times('mix', (ready) => mean(ready, queryKinds), { atMost: 1.3 }))]
  for (const kind of queryKinds) figures.push(...(await times(kind, (ready) => mean(ready, [kind]))))
  figures.push(
    ...(await times('common words, 99th percentile', async ({ child }) => (await child.ask('measure', { kind: 'common' })).number('p99'), {
      atMost: 0.1,
    })),
  )
  const memory: Peer[] = [contestant(fts5, held), { ...contestant(mini, held), aim: { atMost: 0.3 } }]
  figures.push(
    ...(await compare(context, {
      what: `memory for ${of}`,
      unit: 'MiB',
      ours: contestant(ours, held),
      peers: memory,
      rounds: 1,
      warmups: 0,
    })),
  )
  const load = (ready: Ready): Promise<number> => Promise.resolve((ready.loadMs / records) * 1000)
  figures.push(
    ...(await compare(context, {
      what: `filling with ${of}`,
      unit: 'µs each',
      ours: contestant(ours, load),
      peers: [contestant(fts5, load), contestant(mini, load)],
      rounds: 1,
      warmups: 0,
    })),
  )
  return figures
}

interface Opening {
  readonly engine: string
  readonly name: string
  readonly path: string
  readonly records: number
  readonly queries: ReadonlyMap<QueryKind, readonly string[]>
}

/** Made here, so that the memory it takes is no engine's. */
function prepareQueries(records: number, count: number): ReadonlyMap<QueryKind, readonly string[]> {
  const sample: CorpusRecord[] = []
  for (const record of createCorpus(records, seed)) if (record.id % sampledEach === 0) sample.push(record)
  return new Map(queryKinds.map((kind, index) => [kind, createQueries(kind, sample, { count, seed: index + 1 })]))
}

/** What is in a file is filled by a process that ends before, so that its memory does not count. */
async function openEngine(context: Context, { engine, name, path, records, queries }: Opening): Promise<Ready & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const isFile = engine !== 'minisearch'
  let loadMs = 0
  if (isFile) {
    await using filler = openChild('search-peer', context)
    await filler.ask('open', { engine, path })
    loadMs = (await filler.ask('load', { records, seed })).number('ms')
  }
  const child = stack.use(openChild('search-peer', context))
  for (const [kind, texts] of queries) await child.ask('prepare', { kind, queries: texts })
  await child.ask('settle')
  const before = (await usageOf(child.pid)).rssMiB
  await child.ask('open', { engine, path })
  if (!isFile) loadMs = (await child.ask('load', { records, seed })).number('ms')
  context.say(`  ${name}: ${records} packages in ${Math.round(loadMs)} ms`)
  const owned = stack.move()
  return { name, child, before, loadMs, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

function contestant(ready: Ready, measure: (ready: Ready) => Promise<number>): Contestant {
  return { name: ready.name, measure: () => measure(ready) }
}

async function mean({ child }: Ready, kinds: readonly QueryKind[]): Promise<number> {
  let sum = 0
  for (const kind of kinds) sum += (await child.ask('measure', { kind })).number('mean')
  return sum / kinds.length
}

async function held({ child, before }: Ready): Promise<number> {
  await child.ask('settle')
  return (await usageOf(child.pid)).rssMiB - before
}
