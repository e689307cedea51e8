import { join } from 'node:path'
import { createSigningKey } from '../src/identity/keys.ts'
import type { ReplicatedJournal } from '../src/journal/journal.ts'
import { compare } from './harness/compare.ts'
import type { Contestant, Figure, Peer } from './harness/compare.ts'
import { describeMachine } from './harness/machine.ts'
import type { Answer, Context, Question } from './harness/question.ts'
import { openTemporaryFolder } from './harness/temporary-folder.ts'
import { openBenchJournal } from './ours/open-journal.ts'
import { createRawEntries, createRawKey, openRawTable, rawDurability, signRaw } from './peers/raw-journal.ts'
import type { RawEntry, RawKey, RawTable } from './peers/raw-journal.ts'

/** Bytes of a body: a small record. */
const bodyBytes = 300
/** Works of ours that share one commit at most; the peer commits as many rows at once. */
const groupSize = 512

interface Sizes {
  readonly alone: number
  readonly loaded: number
  readonly rounds: number
}

/** How fast facts are written down. */
export const question: Question = {
  name: 'journal',
  asks: 'How many records a second does a node append durably, one after the other and under load?',
  ask: async (context): Promise<Answer> => {
    const sizes = context.quick ? { alone: 50, loaded: 2 * groupSize, rounds: 2 } : { alone: 500, loaded: 16 * groupSize, rounds: 7 }
    const figures = [...(await appendAlone(context, sizes)), ...(await appendLoaded(context, sizes))]
    return {
      figures,
      conditions: [
        `bodies of about ${bodyBytes} bytes; each append resolves after its commit is fsynced (WAL, synchronous=FULL), ours as the raw table (${rawDurability})`,
        `one after the other: ${sizes.alone} appends a round; under load: ${sizes.loaded} handed in at once, ${groupSize} to a commit on both sides`,
        'ours also encodes, hashes, chains and signs each record, and hands it to the views; raw Ed25519 is node:crypto without a disk',
        `node:crypto of ${describeMachine().node}`,
      ],
    }
  },
}

async function appendAlone(context: Context, { alone, rounds }: Sizes): Promise<readonly Figure[]> {
  await using contest = await openContest(alone)
  const { journal, table, key } = contest
  const ours: Contestant = {
    name: 'journal.append',
    measure: async () =>
      perSecond(alone, async () => {
        for (let n = 0; n < alone; n += 1) await journal.append('bench', bodyOf(n))
      }),
  }
  const peers: readonly Peer[] = [
    { name: `raw SQLite insert (${rawDurability})`, measure: contest.withRows((rows) => rows.forEach((row) => table.insert([row]))) },
    {
      name: 'raw Ed25519 sign + raw SQLite insert',
      measure: contest.withRows((rows) => rows.forEach((row) => table.insert([signed(key, row)]))),
    },
  ]
  return await compare(context, { what: 'durable appends, one after the other', unit: '/s', ours, peers, rounds, warmups: 1 })
}

async function appendLoaded(context: Context, { loaded, rounds }: Sizes): Promise<readonly Figure[]> {
  await using contest = await openContest(loaded)
  const { journal, table, key } = contest
  const ours: Contestant = {
    name: 'journal.append, all at once',
    measure: async () =>
      perSecond(loaded, async () => {
        await Promise.all(Array.from({ length: loaded }, (_, n) => journal.append('bench', bodyOf(n))))
      }),
  }
  const insertGroups = (rows: readonly RawEntry[]): void => {
    for (let at = 0; at < rows.length; at += groupSize) table.insert(rows.slice(at, at + groupSize))
  }
  const sign = (rows: readonly RawEntry[]): readonly RawEntry[] => rows.map((row) => signed(key, row))
  const peers: readonly Peer[] = [
    { name: 'raw Ed25519 sign', measure: contest.withRows((rows) => void sign(rows)) },
    { name: `raw SQLite insert, ${groupSize} to a commit`, measure: contest.withRows(insertGroups) },
    { name: `raw Ed25519 sign + SQLite insert, ${groupSize} to a commit`, measure: contest.withRows((rows) => insertGroups(sign(rows))) },
  ]
  return await compare(context, { what: 'durable appends under load', unit: '/s', ours, peers, rounds, warmups: 1 })
}

/** Our journal and a raw table, each in a file of its own on one disk. */
interface Contest extends AsyncDisposable {
  readonly journal: ReplicatedJournal
  readonly table: RawTable
  readonly key: RawKey
  /** Times work on rows that were made before. */
  readonly withRows: (work: (rows: readonly RawEntry[]) => void) => () => Promise<number>
}

async function openContest(count: number): Promise<Contest> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await openTemporaryFolder())
  const { journal } = stack.use(await openBenchJournal(join(folder.path, 'ours.sqlite'), createSigningKey()))
  const table = stack.use(openRawTable(join(folder.path, 'raw.sqlite')))
  const key = createRawKey()
  await journal.append('certificate', {})
  const owned = stack.move()
  return {
    journal,
    table,
    key,
    withRows: (work) => async () => {
      const rows = createRawEntries(key, count, bodyBytes)
      return perSecond(count, () => work(rows))
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function signed(key: RawKey, row: RawEntry): RawEntry {
  return { ...row, signature: signRaw(key, row.header) }
}

function bodyOf(n: number): { readonly n: number; readonly bytes: Uint8Array } {
  return { n, bytes: new Uint8Array(bodyBytes - 16).fill(n) }
}

async function perSecond(count: number, work: () => void | Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (count / (performance.now() - startedAt)) * 1000
}
