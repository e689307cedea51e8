import type { RaceSize, RaceTrack } from '../harness/race.ts'
import type { Etcd } from './etcd.ts'
import { openEtcd } from './etcd.ts'
import type { RedisConnection } from './redis.ts'
import { openRedis } from './redis.ts'

/** A server of locks that is a process of its own, with a new set of tasks for each turn. */
export interface LockTracks extends AsyncDisposable {
  readonly name: string
  readonly pids: readonly number[]
  readonly layOut: (round: number) => Promise<RaceTrack>
}

export interface LockOptions {
  readonly folder: string
  readonly size: RaceSize
  readonly signal: AbortSignal
}

/** Races on etcd: a key is made by a transaction that compares its create_revision with 0; undefined where none is installed. */
export async function openEtcdTracks({ folder, size, signal }: LockOptions): Promise<LockTracks | undefined> {
  const etcd = await openEtcd({ folder, signal })
  if (etcd === undefined) return undefined
  const ask = (path: string, body: unknown): Promise<Readonly<Record<string, unknown>>> => askEtcd(etcd, { path, body, signal })
  const layOut = async (round: number): Promise<RaceTrack> => ({
    attempt: async (node, task) => {
      const key = toBase64(keyOf(round, task))
      const compare = [{ key, target: 'CREATE', result: 'EQUAL', create_revision: '0' }]
      const success = [{ request_put: { key, value: toBase64(String(node)) } }]
      const { succeeded } = await ask('txn', { compare, success })
      return { isWon: succeeded === true, swaps: 1 }
    },
    holders: () =>
      readAll(size, async (task) => {
        const { kvs } = await ask('range', { key: toBase64(keyOf(round, task)) })
        const [item] = (kvs ?? []) as readonly { readonly value: string }[]
        return item === undefined ? undefined : Buffer.from(item.value, 'base64').toString()
      }),
  })
  return { name: `etcd ${etcd.version}`, pids: [etcd.pid], layOut, [Symbol.asyncDispose]: () => etcd[Symbol.asyncDispose]() }
}

async function askEtcd(
  { port }: Etcd,
  { path, body, signal }: { readonly path: string; readonly body: unknown; readonly signal: AbortSignal },
): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(`http://127.0.0.1:${port}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body), signal })
  if (!response.ok) throw new Error(`etcd answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as Readonly<Record<string, unknown>>
}

/** Races on Redis: `SET NX`, a connection for each node; undefined where none is installed. */
export async function openRedisTracks({ folder, size, signal }: LockOptions): Promise<LockTracks | undefined> {
  const redis = await openRedis({ folder, signal })
  if (redis === undefined) return undefined
  const connections: RedisConnection[] = []
  const dispose = async (): Promise<void> => {
    for (const connection of connections) connection[Symbol.dispose]()
    await redis[Symbol.asyncDispose]()
  }
  const of = (node: number): RedisConnection => {
    const connection = connections[node]
    if (connection === undefined) throw new Error(`node ${node} has no connection`)
    return connection
  }
  try {
    for (let node = 0; node < size.nodes; node += 1) connections.push(await redis.connect())
  } catch (error) {
    await dispose()
    throw error
  }
  const layOut = async (round: number): Promise<RaceTrack> => ({
    attempt: async (node, task) => ({
      isWon: (await of(node).ask('SET', keyOf(round, task), String(node), 'NX')) === 'OK',
      swaps: 1,
    }),
    holders: () => readAll(size, (task) => of(0).ask('GET', keyOf(round, task))),
  })
  return { name: `Redis ${redis.version}`, pids: [redis.pid], layOut, [Symbol.asyncDispose]: dispose }
}

async function readAll({ tasks }: RaceSize, read: (task: number) => Promise<string | undefined>): Promise<ReadonlyMap<number, number>> {
  const holders = new Map<number, number>()
  for (let task = 0; task < tasks; task += 1) {
    const node = await read(task)
    if (node !== undefined) holders.set(task, Number(node))
  }
  return holders
}

function keyOf(round: number, task: number): string {
  return `round-${round}/task-${task}`
}

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64')
}
