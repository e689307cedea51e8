import { randomBytes } from 'node:crypto'
import { rankNodes } from '../src/content/rules/rendezvous.ts'
import { createCid, rawCodec } from '../src/lib/cid.ts'
import { compare } from './harness/compare.ts'
import type { Comparison, Contestant, Figure } from './harness/compare.ts'
import { createLinks } from './harness/links.ts'
import type { RoutingNetwork } from './harness/network.ts'
import type { Context, Question } from './harness/question.ts'
import { medianOf } from './harness/statistics.ts'
import { openHosts, routingOf } from './ours/host-network.ts'
import type { HostNetwork } from './ours/host-network.ts'
import { openBenchContent } from './ours/open-content.ts'
import { stockDefaults } from './peers/stock-node.ts'
import { openStockRouting } from './peers/stock-network.ts'

/** Connections of one node, about. */
const degree = 10
/** Nobody waits longer for one lookup; far more than it takes, so that it decides nothing. */
const lookupDeadlineMs = 60_000
/**
 * Lookups a network is given to fill its routing tables, a second apart. With 100 nodes they take minutes: lookups dial
 * whom they hear of, so that nearly everybody is connected to everybody in the end, at some 40 ms of processor a connection.
 */
const maxSettlingTries = 120
/** A lookup that takes longer than this while tables fill is tried again. */
const settlingDeadlineMs = 5_000

interface Sizes {
  readonly counts: readonly number[]
  readonly keys: number
  readonly rounds: number
}

type Routing = Omit<RoutingNetwork, 'findAll' | keyof AsyncDisposable>

/** How fast content is announced and found. */
export const question: Question = {
  name: 'dht',
  asks: 'How long does it take to announce a provider and to find one, by Kademlia and by asking members, with 10, 30 and 100 nodes?',
  ask: async (context) => {
    const sizes = context.quick ? { counts: [10, 30], keys: 3, rounds: 2 } : { counts: [10, 30, 100], keys: 1, rounds: 2 }
    const figures: Figure[] = []
    for (const count of sizes.counts) figures.push(...(await askFor(context, count, sizes)))
    return {
      figures,
      conditions: [
        `all nodes in one process and on one core, over TCP on loopback with noise, about ${degree} connections each, the same links on both sides; ${sizes.keys} new keys a round, the median of them counts`,
        'provide: until the call returns; find: until the first provider, asked by another node than the one that provides (which may hold the record itself); our host gives a lookup up after its lookupTimeoutMs, the stock one has a minute',
        'members asked: the node that asks is connected to all others; one of them, the one that ranks first for the content, has it; at most 64 are asked; no DHT takes part; held against the stock DHT finding its first provider, and walking a lookup to its end, which is how it learns of all holders as we do',
        stockDefaults,
      ],
    }
  },
}

async function askFor(context: Context, count: number, { keys, rounds }: Sizes): Promise<readonly Figure[]> {
  const links = createLinks(count, degree)
  // one after the other: while its tables fill, a network leaves no time to another in the same process
  await using hosts = await openHosts(count, links, context.signal)
  const ours = routingOf(hosts)
  await untilFound(ours, context)
  await using stock = await openStockRouting(count, links, context.signal)
  await untilFound(stock, context)
  const common = { unit: 'ms', rounds, warmups: 1 }
  const provided = async (network: Routing): Promise<number> =>
    medianOf(await repeat(keys, async (n) => timed(() => network.provide(n % count, newKey(), deadline(context)))))
  const tallies = new Map<string, Tally>()
  const found = async (network: Routing): Promise<number> => medianOf(await findEach(context, network, { keys, tallies }))
  const provide = (network: Routing): Contestant => ({ name: `${network.name} provide`, measure: async () => provided(network) })
  const find = (network: Routing): Contestant => ({ name: `${network.name} find`, measure: async () => found(network) })
  const figures = [
    ...(await compare(context, { ...common, what: `provide, ${count} nodes`, ours: provide(ours), peers: [provide(stock)] })),
    ...(await compare(context, { ...common, what: `find, ${count} nodes`, ours: find(ours), peers: [find(stock)] })),
    ...(await compare(context, foundShare(count, tallyOf(tallies, ours.name), tallyOf(tallies, stock.name)))),
  ]
  // only now: it gives the one who asks more connections than its stock twin has
  await using members = await openMembers(context, hosts)
  const what = `find by asking members, ${count} nodes`
  const complete: Contestant = {
    name: `${stock.name} complete lookup`,
    measure: async () => medianOf(await repeat(keys, async (n) => timeComplete(context, stock, n))),
  }
  return [...figures, ...(await compare(context, { ...common, what, ours: members.ask(keys), peers: [find(stock), complete] }))]
}

/** Lookups of one network, and how many of them found somebody. */
interface Tally {
  readonly name: string
  lookups: number
  found: number
}

/** Provides keys on one node and times another one finding them. A lookup that finds nobody has no time, and is told of in a row of its own. */
async function findEach(
  context: Context,
  network: Routing,
  { keys, tallies }: { readonly keys: number; readonly tallies: Map<string, Tally> },
): Promise<readonly number[]> {
  const tally = tallyOf(tallies, network.name)
  const times = await repeat(keys, async (n) => {
    const key = newKey()
    const [provider, asker] = [n % network.size, (n + Math.ceil(network.size / 2)) % network.size]
    await network.provide(provider, key, deadline(context))
    let isFound = false
    const ms = await timed(async () => {
      isFound = await network.findFirst(asker, key, deadline(context))
    })
    tally.lookups += 1
    if (isFound) tally.found += 1
    return isFound ? ms : Number.POSITIVE_INFINITY
  })
  const measured = times.filter(Number.isFinite)
  if (measured.length === 0) throw new Error(`${network.name} found nobody in ${keys} lookups among ${network.size} nodes`)
  return measured
}

function tallyOf(tallies: Map<string, Tally>, name: string): Tally {
  const tally = tallies.get(name) ?? { name, lookups: 0, found: 0 }
  tallies.set(name, tally)
  return tally
}

function foundShare(count: number, ours: Tally, stock: Tally): Comparison {
  const share = (tally: Tally): Contestant => ({ name: `${tally.name} find`, measure: async () => (100 * tally.found) / tally.lookups })
  return { what: `lookups that found somebody, ${count} nodes`, unit: '%', ours: share(ours), peers: [share(stock)], rounds: 1, warmups: 0 }
}

/** Provides a key and times a lookup that is walked to its end. */
async function timeComplete(context: Context, network: RoutingNetwork, n: number): Promise<number> {
  const key = newKey()
  const [provider, asker] = [n % network.size, (n + Math.ceil(network.size / 2)) % network.size]
  await network.provide(provider, key, deadline(context))
  return timed(async () => {
    if ((await network.findAll(asker, key, deadline(context))) !== 1) throw new Error(`${network.name} found not the one provider`)
  })
}

interface Members extends AsyncDisposable {
  /** The first host asks all others who has a file of one of them. */
  readonly ask: (keys: number) => Contestant
}

async function openMembers(context: Context, network: HostNetwork): Promise<Members> {
  await using stack = new AsyncDisposableStack()
  const count = network.hosts.length
  await network.link(
    Array.from({ length: count - 1 }, (_, place) => [0, place + 1] as const),
    context,
  )
  const contents = await Promise.all(
    network.hosts.map(async ({ host, key }) => [host.peerId, stack.use(await openBenchContent(host, key, {}))] as const),
  )
  const asker = contents[0]?.[1]
  const others = new Map(contents.slice(1))
  const findOne = async (): Promise<number> => {
    const bytes = newKey()
    // copies of what is published lie with the members that rank first for it, who are asked first
    const [first] = rankNodes(createCid(rawCodec, bytes), [...others.keys()])
    const holder = first === undefined ? undefined : others.get(first)
    if (holder === undefined || asker === undefined) throw new Error('a hive of one has nobody to ask')
    const { cid } = await holder.content.add([bytes], context)
    await holder.reference(cid)
    return timed(async () => {
      const holders = await asker.exchange.findHolders(cid, { ...deadline(context), deep: false })
      if (holders.length !== 1) throw new Error(`${holders.length} of ${count - 1} members say that they have what one of them has`)
    })
  }
  const owned = stack.move()
  return {
    ask: (keys) => ({ name: 'Exchange.findHolders', measure: async () => medianOf(await repeat(keys, findOne)) }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Routing tables fill in the background after the connections are made, which keeps the nodes busy meanwhile. */
async function untilFound(network: Routing, context: Context): Promise<void> {
  let failure: unknown = `${network.name} finds nothing among ${network.size} nodes`
  let foundInARow = 0
  for (let attempt = 0; attempt < maxSettlingTries && foundInARow < 3; attempt += 1) {
    context.signal.throwIfAborted()
    const key = newKey()
    const asker = (attempt + 1 + Math.floor(network.size / 3)) % network.size
    const isFound = await network
      .provide(attempt % network.size, key, settling(context))
      .then(() => network.findFirst(asker, key, settling(context)))
      .catch((error: unknown) => {
        failure = error
        return false
      })
    foundInARow = isFound ? foundInARow + 1 : 0
    context.say(`  ${network.name}, ${network.size} nodes · settling · ${isFound ? 'found' : 'not found'}`)
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
  if (foundInARow < 3) throw new Error(`the routing tables of ${network.size} nodes did not settle (${network.name})`, { cause: failure })
}

function settling({ signal }: Context): { readonly signal: AbortSignal } {
  return { signal: AbortSignal.any([signal, AbortSignal.timeout(settlingDeadlineMs)]) }
}

function deadline({ signal }: Context): { readonly signal: AbortSignal } {
  return { signal: AbortSignal.any([signal, AbortSignal.timeout(lookupDeadlineMs)]) }
}

function newKey(): Uint8Array {
  return new Uint8Array(randomBytes(32))
}

async function repeat(times: number, each: (n: number) => Promise<number>): Promise<readonly number[]> {
  const results: number[] = []
  for (let n = 0; n < times; n += 1) results.push(await each(n))
  return results
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
