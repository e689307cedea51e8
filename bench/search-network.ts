import type { Clock } from '../src/lib/clock.ts'
import { systemClock } from '../src/lib/clock.ts'
import { nodeOf } from '../src/journal/testing/bench-of-peers.ts'
import type { PackageName } from '../src/market/rules/names.ts'
import type { Release } from '../src/market/release.ts'
import { openMarket } from '../src/market/testing/open-market.ts'
import type { MarketMember, OpenMarket } from '../src/market/testing/open-market.ts'
import { releaseOf } from '../src/market/testing/records.ts'
import { searchFor } from '../src/market/testing/search-for.ts'
import { openStand, ownerOf } from '../src/market/testing/stand.ts'
import type { Stand } from '../src/market/testing/stand.ts'
import type { CorpusRecord } from './harness/corpus.ts'
import { createCorpus, createQueries, queryKinds } from './harness/corpus.ts'
import type { Figure } from './harness/compare.ts'
import { medianOf } from './harness/statistics.ts'
import type { Context, Question } from './harness/question.ts'

/** One way, in milliseconds of virtual time. */
const latencyMs = 40
const hits = 20
/** Of the corpus; the queries have another. */
const seed = 1
/** Wall time before the first release, in milliseconds. */
const firstAt = 1_700_000_000_000

interface Sizes {
  readonly nodes: readonly number[]
  readonly records: number
  readonly queries: number
}

/** How much of an index that nobody has whole is found by asking those who have parts of it. */
export const question: Question = {
  name: 'search-network',
  asks: 'Where every member of an open hive holds a part, how much does `search --remote` find of what one central index would, and how long does it take?',
  ask: async (context) => {
    const sizes: Sizes = context.quick ? { nodes: [10], records: 300, queries: 2 } : { nodes: [30, 100], records: 3_000, queries: 10 }
    const figures: Figure[] = []
    for (const nodes of sizes.nodes) figures.push(...(await measure(context, nodes, sizes)))
    return {
      figures,
      conditions: [
        `${sizes.records} packages from a seed (${seed}), each at one of the nodes and nowhere else, no two published in the same minute; ${sizes.queries} queries of each kind: ${queryKinds.join(', ')}`,
        `recall: of the first ${hits} hits of one index with everything, those among the first ${hits} of a node that has nothing of its own and asks the others; each query by a node that asked nothing before`,
        `nodes in one process on the network in memory, ${latencyMs} ms one way, in virtual time: round trips are counted, work is not; channels are open, as after a first search`,
        'work: what the asking node does with the answers and its own search of what came, and what one node does to answer, by the clock of this machine',
      ],
    }
  },
}

interface Asked {
  /** Of hits that have every word, and of all that are shown. */
  readonly recall: number
  readonly recallOfAll: number
  readonly roundTrips: number
  readonly workMs: number
  readonly answerMs: number
}

async function measure(context: Context, nodes: number, { records, queries }: Sizes): Promise<readonly Figure[]> {
  await using market = openMarket({ latencyMs })
  const corpus = [...createCorpus(records, seed)]
  await using central = await openCentral(nodes)
  const members = await fill(market, central, { corpus, nodes })
  const asked: Asked[] = []
  for (const kind of queryKinds) {
    for (const [index, query] of createQueries(kind, corpus, { count: queries, seed: 7 }).entries()) {
      context.signal.throwIfAborted()
      asked.push(await askOnce(market, { central, members, query, name: `asker ${kind} ${index}` }))
    }
    const recalls = asked.slice(-queries).map(({ recall }) => recall)
    const all = asked.slice(-queries).map(({ recallOfAll }) => recallOfAll)
    context.say(`  ${nodes} nodes · ${kind}: recall ${meanOf(recalls).toFixed(4)}, of all shown ${meanOf(all).toFixed(4)}`)
  }
  const of = `${nodes} nodes`
  const ours = 'search --remote'
  const recall = meanOf(asked.map((each) => each.recall))
  const roundTrips = medianOf(asked.map((each) => each.roundTrips))
  return [
    {
      what: `recall at ${hits} of hits with every word, ${of}`,
      unit: 'of the hits',
      ours: { name: ours, value: recall },
      peer: { name: 'one central index', value: 1 },
      ratio: { median: recall, lowest: Math.min(...asked.map((each) => each.recall)), highest: 1 },
      aim: { atLeast: 0.99 },
    },
    {
      what: `recall at ${hits} of all that is shown, ${of}`,
      unit: 'of the hits',
      ours: { name: ours, value: meanOf(asked.map((each) => each.recallOfAll)) },
    },
    {
      what: `time, ${of}`,
      unit: 'ms, virtual',
      ours: { name: ours, value: roundTrips * 2 * latencyMs },
      peer: { name: 'one round trip', value: 2 * latencyMs },
      ratio: { median: roundTrips, lowest: roundTrips, highest: Math.max(...asked.map((each) => each.roundTrips)) },
      aim: { atMost: 1.5 },
    },
    { what: `work of the asking node, ${of}`, unit: 'ms', ours: { name: ours, value: medianOf(asked.map((each) => each.workMs)) } },
    { what: `work of an answering node, ${of}`, unit: 'ms', ours: { name: ours, value: medianOf(asked.map((each) => each.answerMs)) } },
  ]
}

function openCentral(nodes: number): Promise<Stand> {
  const owners = new Map(Array.from({ length: nodes }, (_, index) => [nodeOf(`node ${index}`), ownerOf(`node ${index}`)] as const))
  return openStand('central', { policy: 'open', owners })
}

async function fill(
  market: OpenMarket,
  central: Stand,
  { corpus, nodes }: { readonly corpus: readonly CorpusRecord[]; readonly nodes: number },
): Promise<readonly MarketMember[]> {
  const members: MarketMember[] = []
  const clock = openPublishingClock()
  for (let index = 0; index < nodes; index += 1) {
    const name = `node ${index}`
    const member = await market.open(name, { search: { questionsPerSecond: 0, allQuestionsPerSecond: 0 }, stand: { clock } })
    await member.publish(...corpus.filter(({ id }) => id % nodes === index).map((record) => toRelease(record, name)))
    await central.journal.receive([...member.journal.range(member.node, 1, 1, corpus.length)], member.node)
    members.push(member)
  }
  return members
}

/** Says another minute each time. Of packages that answer as well the newest come first, and an index orders those of one minute as they came to it. */
function openPublishingClock(): Clock {
  let minutes = 0
  return { ...systemClock, now: () => firstAt + (minutes += 1) * 60_000 }
}

function toRelease({ name, description, keywords, category }: CorpusRecord, owner: string): Release {
  const manifest = { name: name.slice(0, 64) as PackageName, description, keywords: [...new Set(keywords)], category }
  return releaseOf(manifest.name, '1.0.0', { owner: ownerOf(owner), manifest })
}

interface Asking {
  readonly central: Stand
  readonly members: readonly MarketMember[]
  readonly query: string
  readonly name: string
}

async function askOnce(market: OpenMarket, { central, members, query, name }: Asking): Promise<Asked> {
  const asker = await market.open(name)
  await market.connect(asker, ...members)
  const signal = new AbortController().signal
  const bare = { kind: undefined, category: undefined, keyword: [], author: undefined, license: undefined, limit: hits + 10 }
  const ask = (text: string): Promise<unknown> =>
    market.clock.run(asker.remote.ask({ ...bare, query: text }, { signal, peers: asker.remote.members() }))
  // opens the channels
  await ask('qqqqqqqq')
  const [virtual, began] = [market.clock.monotonic(), performance.now()]
  await ask(query)
  const roundTrips = (market.clock.monotonic() - virtual) / (2 * latencyMs)
  const allMs = performance.now() - began
  const answering = performance.now()
  const [one] = members
  if (one !== undefined) await namesOf(one, query)
  const answerMs = performance.now() - answering
  const searching = performance.now()
  const found = new Set((await namesOf(asker, query, market)).all)
  const searchMs = performance.now() - searching
  const wanted = await namesOf(central, query)
  const recallOf = (names: readonly string[]): number =>
    names.length === 0 ? 1 : names.filter((each) => found.has(each)).length / names.length
  // all nodes of this process share one thread: what they did is taken off
  return {
    recall: recallOf(wanted.full),
    recallOfAll: recallOf(wanted.all),
    roundTrips,
    workMs: Math.max(0, allMs - answerMs * members.length) + searchMs,
    answerMs,
  }
}

/** The hits shown: all of them, and those that have every word. */
interface Found {
  readonly all: readonly string[]
  readonly full: readonly string[]
}

async function namesOf(stand: Stand, query: string, market?: OpenMarket): Promise<Found> {
  const remote = market === undefined ? {} : { remote: true, accept: ['remote'] }
  const asked = stand.handlers['marketplace.search'](searchFor(query, { limit: hits, ...remote }), stand.context)
  const answer = market === undefined ? await asked : await market.clock.run(asked)
  const names = (rows: typeof answer.packages): readonly string[] => rows.map((row) => row.package)
  return { all: names(answer.packages), full: names(answer.packages.filter(({ isFullMatch }) => isFullMatch)) }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}
