import { join } from 'node:path'
import { mapBounded } from '../src/lib/map-bounded.ts'
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

interface Size {
  readonly records: number
  readonly rounds: number
  /** For all rounds of all engines together; how many queries are asked follows from it. */
  readonly budgetMs: number
  /** Filled at the same time, each on a core of its own; one after the other where filling is a figure. */
  readonly filledAtOnce: number
  /** MiniSearch holds a million in several GiB, and filling it alone takes longer than a bench may. */
  readonly hasMiniSearch: boolean
}

/** Queries of a kind: so many even where they take long, and no more where they are fast. */
const [fewestQueries, mostQueries] = [20, 200]
/** What MiniSearch may take: an index that needs more is left out, and that is said. */
const maxHeapMiB = 8_192

const quickSize: Size = { records: 5_000, rounds: 2, budgetMs: 2_000, filledAtOnce: 1, hasMiniSearch: true }

/** How long it takes to find a package, and how much memory. */
export const question: Question = {
  name: 'search',
  asks: 'How long does a search of many packages take, and how much memory does it hold?',
  ask: (context) => askOf(context, { records: 100_000, rounds: 5, budgetMs: 30_000, filledAtOnce: 1, hasMiniSearch: true }),
}

/** The same of a million: filling alone takes minutes, so that it is asked only by its name. */
export const ofMillion: Question = {
  name: 'search-million',
  asks: 'How long does a search of a million packages take?',
  ask: (context) => askOf(context, { records: 1_000_000, rounds: 3, budgetMs: 45_000, filledAtOnce: 2, hasMiniSearch: false }),
}

async function askOf(context: Context, full: Size): ReturnType<Question['ask']> {
  const { figures, conditions: said } = await measureSize(context, context.quick ? quickSize : full)
  return {
    figures,
    conditions: [
      `packages from a seed (${seed}): names of two or three words out of 40,000, more frequent words first, descriptions of 8 to 39 words, up to 5 keywords`,
      `the mix is a fifth of each kind, the same queries for all: one word of a name, two words of one package, its beginning of 3 to 5 letters, one of 20 common words, one mistyped; ${hitsShown} hits, names only`,
      ...said,
      'each engine in a process of its own, which has answered all queries before; databases were filled by another process, in bulk: transactions of 8,192, and ours counts words in memory and writes them once',
      'raw FTS5: unicode61, prefix 2 and 3, bm25 with weights 10, 4, 1; prefixes only where the query is one; it corrects nothing, and finds nothing for what is mistyped',
      'MiniSearch 7.2.0: boosts 10, 4, 1, AND, prefix and fuzzy 0.2 only where the query needs it; all in memory, filled in its process',
      'memory: what the process holds more than before it opened its index, after the queries and after collecting garbage',
    ],
  }
}

/** An engine with its index, ready in a process of its own. */
interface Ready {
  readonly name: string
  readonly child: Child
  /** Held before the index was opened, in MiB. */
  readonly before: number
  readonly loadMs: number
}

interface SizeAnswer {
  readonly figures: readonly Figure[]
  readonly conditions: readonly string[]
}

async function measureSize(context: Context, size: Size): Promise<SizeAnswer> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await openTemporaryFolder())
  const of = size.records.toLocaleString('en-US')
  const queries = prepareQueries(size.records)
  const open = async ([engine, name]: readonly [string, string]): Promise<Ready | undefined> => {
    const opening = { engine, name, path: join(folder.path, `${engine}.sqlite`), records: size.records, queries }
    if (engine === 'minisearch' && !size.hasMiniSearch) return undefined
    try {
      return stack.use(await openEngine(context, opening))
    } catch (error) {
      context.signal.throwIfAborted()
      if (engine !== 'minisearch') throw error
      context.say(`  ${name} did not come up: ${String(error)}`)
      return undefined
    }
  }
  const engines = [['minisearch', 'MiniSearch'] as const, ['ours', 'searchText'] as const, ['fts5', 'raw FTS5'] as const]
  const [mini, ours, fts5] = await mapBounded(engines, open, { concurrency: size.filledAtOnce, signal: context.signal })
  if (ours === undefined || fts5 === undefined) throw new Error('an engine that cannot be left out is not there')
  const counts = await calibrate([ours, fts5, ...(mini === undefined ? [] : [mini])], size)
  const stage: Stage = { context, size, of, ours, fts5, mini, counts }
  const asked = queryKinds.map((kind) => `${counts.get(kind)} ${kind}`).join(', ')
  return {
    figures: [...(await measureTimes(stage)), ...(await measureRest(stage))],
    conditions: [
      `of ${of}: ${asked} in each of ${size.rounds} rounds and a warm-up, as many as ${size.budgetMs / 1000} s for all engines allow, ${fewestQueries} at least`,
      ...(mini === undefined
        ? [
            `of ${of}: MiniSearch is left out: ${size.hasMiniSearch ? `its index does not fit a heap of ${maxHeapMiB} MiB` : 'filling it takes longer than all the rest'}`,
          ]
        : []),
    ],
  }
}

interface Stage {
  readonly context: Context
  readonly size: Size
  readonly of: string
  readonly ours: Ready
  readonly fts5: Ready
  /** Undefined where it does not fit. */
  readonly mini: Ready | undefined
  readonly counts: ReadonlyMap<QueryKind, number>
}

/** How many queries of each kind fit the time, the same for all engines. */
async function calibrate(engines: readonly Ready[], { rounds, budgetMs }: Size): Promise<ReadonlyMap<QueryKind, number>> {
  const counts = new Map<QueryKind, number>()
  for (const kind of queryKinds) {
    let eachMs = 0
    for (const { child } of engines) eachMs += (await child.ask('measure', { kind, count: 5 })).number('mean')
    const fitting = Math.floor(budgetMs / (rounds + 1) / queryKinds.length / eachMs)
    counts.set(kind, Math.min(mostQueries, Math.max(fewestQueries, fitting)))
  }
  return counts
}

/** Mean of each kind, and the 99th percentile, in milliseconds. */
type Times = ReadonlyMap<QueryKind, { readonly mean: number; readonly p99: number }>

/** Every row of times is read from the same rounds. */
async function measureTimes({ context, size, of, ours, fts5, mini, counts }: Stage): Promise<readonly Figure[]> {
  const rounds = new Map<string, Promise<Times>>()
  const timesOf = ({ name, child }: Ready, round: number): Promise<Times> => {
    const known = rounds.get(`${name} ${round}`) ?? measureKinds(child, counts)
    rounds.set(`${name} ${round}`, known)
    return known
  }
  const row = (what: string, read: (times: Times) => number, aim?: Aim): Promise<readonly Figure[]> => {
    const turn = (ready: Ready): Contestant => ({ name: ready.name, measure: async (round) => read(await timesOf(ready, round)) })
    const peers: readonly Peer[] = [{ ...turn(fts5), ...(aim === undefined ? {} : { aim }) }, ...(mini === undefined ? [] : [turn(mini)])]
    return compare(context, { what: `${what} of ${of}`, unit: 'ms', ours: turn(ours), peers, rounds: size.rounds, warmups: 1 })
  }
  const meanOf = (times: Times, kind: QueryKind): number => times.get(kind)?.mean ?? Number.NaN
  const figures = [
    ...(await row('mix', (times) => queryKinds.reduce((sum, kind) => sum + meanOf(times, kind), 0) / queryKinds.length, { atMost: 1.3 })),
  ]
  for (const kind of queryKinds) figures.push(...(await row(kind, (times) => meanOf(times, kind))))
  figures.push(...(await row('common words, 99th percentile', (times) => times.get('common')?.p99 ?? Number.NaN, { atMost: 0.1 })))
  return figures
}

async function measureKinds(child: Child, counts: ReadonlyMap<QueryKind, number>): Promise<Times> {
  const times = new Map<QueryKind, { readonly mean: number; readonly p99: number }>()
  for (const [kind, count] of counts) {
    const answer = await child.ask('measure', { kind, count })
    times.set(kind, { mean: answer.number('mean'), p99: answer.number('p99') })
  }
  return times
}

/** Memory; and filling, where the engines were filled one after the other. */
async function measureRest({ context, size, of, ours, fts5, mini }: Stage): Promise<readonly Figure[]> {
  const once = { rounds: 1, warmups: 0 }
  const turn = (ready: Ready, measure: (ready: Ready) => Promise<number>): Contestant => ({
    name: ready.name,
    measure: () => measure(ready),
  })
  const minis = (measure: (ready: Ready) => Promise<number>): readonly Contestant[] => (mini === undefined ? [] : [turn(mini, measure)])
  const memory: readonly Peer[] = [turn(fts5, held), ...minis(held).map((peer) => ({ ...peer, aim: { atMost: 0.3 } }))]
  const rows = await compare(context, { what: `memory for ${of}`, unit: 'MiB', ours: turn(ours, held), peers: memory, ...once })
  if (size.filledAtOnce > 1) return rows
  const load = async (ready: Ready): Promise<number> => (ready.loadMs / size.records) * 1000
  const filling = {
    what: `filling with ${of}`,
    unit: 'µs each',
    ours: turn(ours, load),
    peers: [turn(fts5, load), ...minis(load)],
    ...once,
  }
  return [...rows, ...(await compare(context, filling))]
}

interface Opening {
  readonly engine: string
  readonly name: string
  readonly path: string
  readonly records: number
  readonly queries: ReadonlyMap<QueryKind, readonly string[]>
}

/** Made here, so that the memory it takes is no engine's. */
function prepareQueries(records: number): ReadonlyMap<QueryKind, readonly string[]> {
  const sample: CorpusRecord[] = []
  for (const record of createCorpus(records, seed)) if (record.id % sampledEach === 0) sample.push(record)
  return new Map(queryKinds.map((kind, index) => [kind, createQueries(kind, sample, { count: mostQueries, seed: index + 1 })]))
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
  const heap = isFile ? {} : { maxHeapMiB }
  const child = stack.use(openChild('search-peer', { signal: context.signal, ...heap }))
  for (const [kind, texts] of queries) await child.ask('prepare', { kind, queries: texts })
  await child.ask('settle')
  const before = (await usageOf(child.pid)).rssMiB
  await child.ask('open', { engine, path })
  if (!isFile) loadMs = (await child.ask('load', { records, seed })).number('ms')
  context.say(`  ${name}: ${records} packages in ${Math.round(loadMs)} ms`)
  const owned = stack.move()
  return { name, child, before, loadMs, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

async function held({ child, before }: Ready): Promise<number> {
  await child.ask('settle')
  return (await usageOf(child.pid)).rssMiB - before
}
