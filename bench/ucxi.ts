import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openChild } from './harness/child.ts'
import { compare } from './harness/compare.ts'
import type { Aim, Contestant, Figure, Peer } from './harness/compare.ts'
import { measureLoad } from './harness/http-load.ts'
import type { Answer, Context, Question } from './harness/question.ts'
import { openTemporaryFolder } from './harness/temporary-folder.ts'
import { openInstalled } from './ours/installed.ts'
import { openRunningNode } from './ours/running-node.ts'
import { openEtcd } from './peers/etcd.ts'
import type { Commits } from './peers/kv-server.ts'
import { kvDurability } from './peers/kv-server.ts'

const bodyBytes = 1_024
const connections = 64
/** Resources that are written and read. */
const keys = 64
const readAim: Aim = { atLeast: 0.7 }
const writeAim: Aim = { atLeast: 0.5 }

interface Sizes {
  readonly gets: number
  readonly puts: number
  readonly rounds: number
}

/** How fast context is read and written over HTTP. */
export const question: Question = {
  name: 'ucxi',
  asks: 'How many GETs and PUTs of 1 KiB a second does UCXI answer, over 64 connections?',
  ask: async (context): Promise<Answer> => {
    const sizes = context.quick ? { gets: 500, puts: 200, rounds: 1 } : { gets: 10_000, puts: 3_000, rounds: 7 }
    await using stack = new AsyncDisposableStack()
    const folder = stack.use(await openTemporaryFolder())
    const { launcher } = stack.use(await openInstalled(context))
    const ours = await openOurs(stack, { launcher, home: join(folder.path, 'home'), context })
    const plain: Side[] = []
    for (const commits of ['each', 'grouped'] as const) plain.push(await openPlain(stack, { folder: folder.path, commits, context }))
    const etcd = await openEtcdSide(stack, folder.path, context)
    const peers = [...plain, ...(etcd === undefined ? [] : [etcd])]
    for (const side of [ours, ...peers]) await load(side, { count: keys, next: () => side.put(), context })
    return { figures: await askBoth(context, { ours, peers, sizes }), conditions: conditionsOf(sizes, etcd) }
  },
}

/** Who is asked, and how. */
interface Side {
  readonly name: string
  readonly port: number
  readonly get: () => Uint8Array
  readonly put: () => Uint8Array
  readonly aims: { readonly get?: Aim; readonly put?: Aim }
}

async function askBoth(
  context: Context,
  { ours, peers, sizes }: { readonly ours: Side; readonly peers: readonly Side[]; readonly sizes: Sizes },
): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const method of ['get', 'put'] as const) {
    const count = method === 'get' ? sizes.gets : sizes.puts
    const contest = (side: Side): Contestant => ({
      name: side.name,
      measure: () => load(side, { count, next: side[method], context }),
    })
    const others = peers.map((side): Peer => {
      const aim = side.aims[method]
      return { ...contest(side), ...(aim === undefined ? {} : { aim }) }
    })
    const what = `${method.toUpperCase()} of 1 KiB, ${connections} connections`
    figures.push(...(await compare(context, { what, unit: '/s', ours: contest(ours), peers: others, rounds: sizes.rounds, warmups: 1 })))
  }
  return figures
}

function load(
  { port }: Side,
  { count, next, context }: { readonly count: number; readonly next: () => Uint8Array; readonly context: Context },
): Promise<number> {
  return measureLoad({ host: '127.0.0.1', port, connections, count, next, signal: context.signal })
}

interface Opening {
  readonly launcher: string
  readonly home: string
  readonly context: Context
}

async function openOurs(stack: AsyncDisposableStack, { launcher, home, context: { signal } }: Opening): Promise<Side> {
  const node = stack.use(await openRunningNode({ launcher, home, signal }))
  const [self] = (await node.command(['hive', 'members'])).documents('members')
  // an owner's agents are named after its handle
  const agent = `${self?.text('handle')}-bench`
  await node.command(['node', 'certify', '--agent', agent])
  const url = new URL((await node.command(['p2p', 'status'])).text('http'))
  const token = (await readFile(join(home, 'http.token'), 'utf8')).trim()
  const head = (method: string, path: string, more: string): string =>
    `${method} /ucxi/v1/${path}?address=ucxl://${agent}:tester@bench:speed/*^/k${next(method) % keys} HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Bearer ${token}\r\n${more}\r\n`
  const next = createCounters()
  return {
    name: 'UCXI of a node',
    port: Number(url.port),
    get: () => Buffer.from(head('GET', 'get', '')),
    put: () => withBody(head('PUT', 'put', `Content-Type: text/plain\r\nContent-Length: ${bodyBytes}\r\n`)),
    aims: {},
  }
}

async function openPlain(
  stack: AsyncDisposableStack,
  { folder, commits, context }: { readonly folder: string; readonly commits: Commits; readonly context: Context },
): Promise<Side> {
  const child = stack.use(openChild('kv-peer', context))
  const port = (await child.ask('open', { path: join(folder, `${commits}.sqlite`), commits })).number('port')
  const next = createCounters()
  const head = (method: string, more: string): string =>
    `${method} /k${next(method) % keys} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${more}\r\n`
  return {
    name: commits === 'each' ? 'node:http + SQLite' : 'node:http + SQLite, puts in groups',
    port,
    get: () => Buffer.from(head('GET', '')),
    put: () => withBody(head('PUT', `Content-Type: text/plain\r\nContent-Length: ${bodyBytes}\r\n`)),
    aims: commits === 'each' ? { get: readAim, put: writeAim } : {},
  }
}

async function openEtcdSide(stack: AsyncDisposableStack, folder: string, { signal }: Context): Promise<Side | undefined> {
  const etcd = await openEtcd({ folder: join(folder, 'etcd'), signal })
  if (etcd === undefined) return undefined
  stack.use(etcd)
  const next = createCounters()
  const ask = (path: string, body: Readonly<Record<string, string>>): Uint8Array => {
    const text = JSON.stringify(body)
    return Buffer.from(
      `POST /v3/kv/${path} HTTP/1.1\r\nHost: 127.0.0.1:${etcd.port}\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
    )
  }
  const keyOf = (method: string): string => Buffer.from(`k${next(method) % keys}`).toString('base64')
  return {
    name: `etcd ${etcd.version}, JSON over HTTP`,
    port: etcd.port,
    get: () => ask('range', { key: keyOf('get') }),
    put: () => ask('put', { key: keyOf('put'), value: nextBody().toString('base64') }),
    aims: {},
  }
}

function createCounters(): (name: string) => number {
  const counts = new Map<string, number>()
  return (name) => {
    const count = counts.get(name) ?? 0
    counts.set(name, count + 1)
    return count
  }
}

let bodies = 0

/** Text that is another each time: the same again would change nothing. */
function nextBody(): Buffer {
  bodies += 1
  return Buffer.from(`${bodies} `.padEnd(bodyBytes, 'carts keep their prices. '))
}

function withBody(head: string): Buffer {
  return Buffer.concat([Buffer.from(head), nextBody()])
}

function conditionsOf({ gets, puts }: Sizes, etcd: Side | undefined): readonly string[] {
  return [
    `${gets} GETs and ${puts} PUTs a round over ${keys} resources, text of ${bodyBytes} bytes that differs each time; the asker shares the machine's cores with each side in turn`,
    'ours: the published bundle, one hive, alone in it; a PUT signs an entry, chains it, indexes its text, and is fsynced before it is answered; a GET asks for the token, checks the hash of the content and says the version, its writer and its time',
    `plain: ${kvDurability}; one table, no token, no signature; each put by a commit of its own, or those that wait by one`,
    etcd === undefined
      ? 'etcd: not installed here, so not asked'
      : 'etcd: alone, fsync on, values in base64; its own protocol, gRPC, takes less than JSON',
  ]
}
