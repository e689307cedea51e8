import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createSigningKey } from '../src/identity/keys.ts'
import { systemChance } from '../src/lib/chance.ts'
import { systemClock } from '../src/lib/clock.ts'
import { formatVersion, versionKind } from '../src/context/version.ts'
import { encodeText } from '../src/lib/bytes.ts'
import { createMemoryNetwork, quietNetwork } from '../src/network/memory.ts'
import type { MemoryNetwork } from '../src/network/memory.ts'
import { formatInstant, parseAddress, parsePattern } from '../src/ucxl/ucxl.ts'
import { compare } from './harness/compare.ts'
import type { Contestant, Figure, Peer } from './harness/compare.ts'
import type { Context, Question } from './harness/question.ts'
import { openTemporaryFolder } from './harness/temporary-folder.ts'
import type { BenchContext } from './ours/open-context.ts'
import { benchAgent, openBenchContext } from './ours/open-context.ts'

const run = promisify(execFile)
const never = new AbortController().signal
/** Bytes of one piece of content that differs. */
const keyBytes = 1_024
/** One way between members, in milliseconds, where what is remote is resolved. */
const latencyMs = 1
/** Between two looks at how far a healing is, in milliseconds: each counts rows in the process that heals. */
const pollMs = 100

/** How soon context that is elsewhere is here, and what its past costs. */
export const question: Question = {
  name: 'context',
  asks: 'How soon is context that only others have read here, how fast are many differing keys healed, and what does a long past cost?',
  ask: async (context) => {
    await using folder = await openTemporaryFolder()
    const figures = [
      ...(await measureResolution(context, join(folder.path, 'resolve'))),
      ...(await measureHealing(context, join(folder.path, 'heal'))),
      ...(await measureTimeTravel(context, join(folder.path, 'travel'))),
    ]
    return {
      figures,
      conditions: [
        `resolution: ${latencyMs} ms one way, network in one process; the reader's view is empty, a connected member has the version; the peer is the same read once content and answer are here`,
        `healing: members in one process over a network without latency, ${keyBytes} bytes each, every block and entry on disk (WAL, synchronous=FULL), from the dial until the bytes of all are whole and receipts apart; rsync -r between two folders of files on the same disk, without fsync`,
        'time travel: context.get of a drawn version, instant or step back, over one resource; the peer is the same over a resource with 100 versions; reads of content are not counted',
      ],
    }
  },
}

function openNetwork(latency: number): MemoryNetwork {
  return createMemoryNetwork({ clock: systemClock, chance: systemChance }, { ...quietNetwork, latencyMs: latency })
}

function openWriterKeys(): { readonly key: ReturnType<typeof createSigningKey>; readonly owner: ReturnType<typeof createSigningKey> } {
  return { key: createSigningKey(), owner: createSigningKey() }
}

async function connect(one: BenchContext, other: BenchContext): Promise<void> {
  await one.host.dial(String(other.host.addresses()[0]), { signal: AbortSignal.timeout(10_000) })
}

async function put({ context }: BenchContext, path: string, text: string): Promise<void> {
  const address = parseAddress(`ucxl://${benchAgent}:dev@bench:keys/*^/${path}`)
  await context.put({ address, body: [encodeText(text)], mediaType: 'text/plain', metadata: {}, replicas: 1 }, { signal: never })
}

async function read({ context }: BenchContext, path: string): Promise<number> {
  const version = await context.get(parsePattern(`ucxl://${benchAgent}:dev@bench:keys/*^/${path}`), { signal: never })
  let bytes = 0
  for await (const chunk of version.open()) bytes += chunk.byteLength
  return bytes
}

/** Milliseconds of one work. */
async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** The reader has heard nothing: no journal came, for its view is emptied, and no content, for it is no holder. */
async function measureResolution(context: Context, folder: string): Promise<readonly Figure[]> {
  const count = context.quick ? 20 : 200
  const writer = openWriterKeys()
  const network = openNetwork(latencyMs)
  // nobody fetches by itself what is to be resolved
  const options = { replicas: 1 }
  await using ada = await openBenchContext({ network, folder: join(folder, 'ada'), writer, isWriter: true, options })
  await using bob = await openBenchContext({ network, folder: join(folder, 'bob'), writer, isWriter: false, options })
  const rounds = context.quick ? 2 : 5
  for (let index = 0; index < count * (rounds + 1); index += 1)
    await put(ada, `r${index}`, 'x'.repeat(keyBytes - 8) + String(index).padStart(8, '0'))
  await connect(bob, ada)
  await untilKnown(bob, count * (rounds + 1))
  await bob.database.write((tx) => {
    for (const table of ['context_version', 'context_word', 'context_resource']) tx.run(`delete from ${table}`)
  })
  const readAll = async (round: number): Promise<number> => {
    const first = (round < 0 ? rounds : round) * count
    const startedAt = performance.now()
    for (let index = first; index < first + count; index += 1) await read(bob, `r${index}`)
    return (performance.now() - startedAt) / count
  }
  const first: Contestant = { name: 'first read', measure: readAll }
  const again: Peer = { name: 'the same again', measure: readAll }
  const figures: Figure[] = []
  figures.push(...(await compareInOrder(context, { what: 'one address that a member knows', unit: 'ms', first, again, rounds })))
  return figures
}

/** First, then again, in this order in each round: the second is what the first left. */
async function compareInOrder(
  context: Context,
  {
    what,
    unit,
    first,
    again,
    rounds,
  }: { readonly what: string; readonly unit: string; readonly first: Contestant; readonly again: Peer; readonly rounds: number },
): Promise<readonly Figure[]> {
  const taken = new Map<number, number>()
  const measure = async (round: number): Promise<number> => {
    const value = await first.measure(round)
    taken.set(round, await again.measure(round))
    return value
  }
  const fresh = await compare(context, { what: `${what}, first`, unit, ours: { ...first, measure }, peers: [], rounds, warmups: 1 })
  const cached: Contestant = { name: again.name, measure: async (round) => taken.get(round) ?? 0 }
  return [...fresh, ...(await compare(context, { what: `${what}, again`, unit, ours: cached, peers: [], rounds, warmups: 1 }))]
}

async function untilKnown({ database }: BenchContext, count: number): Promise<void> {
  const known = (): number => database.get<{ readonly total: number }>('select count(*) as total from context_version')?.total ?? 0
  while (known() < count) await systemClock.sleep(pollMs, { signal: AbortSignal.timeout(600_000) })
}

/** Two members that were apart: one wrote so many keys, the other has none of them. */
async function measureHealing(context: Context, folder: string): Promise<readonly Figure[]> {
  const count = context.quick ? 500 : 10_000
  const rounds = context.quick ? 1 : 2
  const writer = openWriterKeys()
  const network = openNetwork(0)
  await using ada = await openBenchContext({ network, folder: join(folder, 'ada'), writer, isWriter: true })
  const texts = Array.from(
    { length: count },
    (_, index) =>
      Buffer.from(systemChance.bytes((keyBytes * 3) / 4))
        .toString('base64')
        .slice(0, keyBytes - 8) + String(index).padStart(8, '0'),
  )
  for (let from = 0; from < count; from += 64)
    await Promise.all(texts.slice(from, from + 64).map(async (text, index) => put(ada, `k${from + index}`, text)))
  const heal = async (round: number): Promise<number> => {
    const options = { stewardSettleMs: 50, stewardIntervalMs: 1_000, healBytesPerSecond: 0 }
    await using bob = await openBenchContext({ network, folder: join(folder, `bob${round}`), writer, isWriter: false, options })
    return await time(async () => {
      await connect(bob, ada)
      await untilKnown(bob, count)
      const whole = (): number => bob.database.get<{ readonly total: number }>('select count(*) as total from block')?.total ?? 0
      while (whole() < count) await systemClock.sleep(pollMs, { signal: AbortSignal.timeout(600_000) })
    })
  }
  const peers: Peer[] = (await hasRsync()) ? [{ name: 'rsync -r', measure: await openRsync(folder, texts) }] : []
  if (peers.length === 0) context.say('rsync is not installed: healing is held against nothing')
  const name = 'replication and steward'
  return await compare(context, {
    what: `healing of ${count} differing keys`,
    unit: 'ms',
    ours: { name, measure: heal },
    peers,
    rounds,
    warmups: 0,
  })
}

async function hasRsync(): Promise<boolean> {
  return await run('rsync', ['--version']).then(
    () => true,
    () => false,
  )
}

async function openRsync(folder: string, texts: readonly string[]): Promise<Contestant['measure']> {
  const from = join(folder, 'files')
  await mkdir(from, { recursive: true })
  for (const [index, text] of texts.entries()) await writeFile(join(from, `k${index}`), text)
  return async (round) => {
    const to = join(folder, `copy${round}`)
    const took = await time(() => run('rsync', ['-r', `${from}/`, `${to}/`]))
    await rm(to, { recursive: true })
    return took
  }
}

/** Versions appended many at once, as a put by itself would wait for a disk each time. Two contents in turns: what is measured is finding the version. */
async function fillPast(member: BenchContext, path: string, count: number): Promise<void> {
  const resource = parseAddress(`ucxl://${benchAgent}:dev@bench:keys/*^/${path}`)
  const stored = [
    await member.content.add([encodeText('even')], { signal: never }),
    await member.content.add([encodeText('odd')], { signal: never }),
  ]
  for (let from = 1; from <= count; from += 512) {
    const group = Array.from({ length: Math.min(512, count + 1 - from) }, async (_, index) => {
      const [version, content] = [from + index, stored[index % 2]]
      if (content === undefined) throw new Error('nothing was stored')
      // the view does not follow the entry before: numbers are enough
      const previous = version === 1 ? null : content.cid
      const said = { resource, version, cid: content.cid, size: content.size, mediaType: 'text/plain', metadata: {}, previous, keeps: 1 }
      await member.journal.append(versionKind, formatVersion(said))
    })
    await Promise.all(group)
  }
}

/** The past of one resource, written through the journal as its writer would. */
async function measureTimeTravel(context: Context, folder: string): Promise<readonly Figure[]> {
  const versions = context.quick ? 2_000 : 100_000
  const reads = context.quick ? 200 : 2_000
  const rounds = context.quick ? 2 : 5
  const writer = openWriterKeys()
  const options = { stewardIntervalMs: 3_600_000, stewardSettleMs: 3_600_000 }
  await using ada = await openBenchContext({ network: openNetwork(0), folder, writer, isWriter: true, options })
  await fillPast(ada, 'short', 100)
  await fillPast(ada, 'long', versions)
  const travel = (path: string, count: number) => async (): Promise<number> => {
    const at = (temporal: string) =>
      ada.context.get(parsePattern(`ucxl://${benchAgent}:dev@bench:keys/${temporal}/${path}`), { signal: never })
    const [oldest, newest] = [(await at('*~1')).at, (await at('*^')).at]
    const startedAt = performance.now()
    for (let index = 0; index < reads; index += 1) {
      const drawn = systemChance.fraction()
      const instant = formatInstant(Math.ceil(oldest + drawn * (newest - oldest)))
      await at([`*~${1 + Math.floor(drawn * count)}`, `~~${Math.floor(drawn * count)}`, instant][index % 3] ?? '*^')
    }
    return reads / ((performance.now() - startedAt) / 1_000)
  }
  const ours = { name: `${versions} versions`, measure: travel('long', versions) }
  const peers: Peer[] = [{ name: '100 versions', measure: travel('short', 100), aim: { atLeast: 0.5 } }]
  return await compare(context, { what: 'moments, numbers and steps back', unit: '/s', ours, peers, rounds, warmups: 1 })
}
