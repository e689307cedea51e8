import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'

/** How puts come to the disk: each by a commit of its own, or those that wait by one. */
export type Commits = 'each' | 'grouped'

/** Said beside every figure of this server. */
export const kvDurability = `node:http, node:sqlite ${process.versions['sqlite']}, WAL, synchronous=FULL`

/** A key-value server as one would write it in an hour: node:http, one table of versions, nothing else. */
export interface KvServer extends AsyncDisposable {
  readonly port: number
}

interface Item {
  readonly body: Uint8Array
  readonly type: string
  readonly etag: string
  readonly version: number
}

/** Opens the server over a new file, on a port of loopback: `GET /KEY`, `PUT /KEY`. */
export async function openKvServer(path: string, commits: Commits): Promise<KvServer> {
  const table = openTable(path)
  const keep = commits === 'each' ? async (put: Put) => table.insert([put]) : group(table.insert)
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const key = request.url ?? ''
    if (request.method === 'PUT') {
      await keep(await readPut(key, request))
      response.writeHead(200, { 'content-length': 0 }).end()
      return
    }
    const item = table.find(key)
    if (item === undefined) response.writeHead(404, { 'content-length': 0 }).end()
    else response.writeHead(200, { 'content-type': item.type, 'content-length': item.body.byteLength, etag: item.etag }).end(item.body)
  }
  const port = await listen(server)
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      table.close()
    },
  }
}

interface Put extends Omit<Item, 'version'> {
  readonly key: string
}

function openTable(path: string): {
  readonly insert: (puts: readonly Put[]) => void
  readonly find: (key: string) => Item | undefined
  readonly close: () => void
} {
  const database = new DatabaseSync(path)
  database.exec('pragma journal_mode = wal; pragma synchronous = full')
  database.exec(
    'create table item (key text, version integer, body blob not null, type text not null, etag text not null, at integer not null, primary key (key, version)) strict',
  )
  const insert = database.prepare(
    'insert into item select ?1, coalesce((select max(version) from item where key = ?1), 0) + 1, ?2, ?3, ?4, ?5',
  )
  const find = database.prepare('select body, type, etag, version from item where key = ? order by version desc limit 1')
  return {
    insert: (puts) => {
      database.exec('begin immediate')
      for (const { key, body, type, etag } of puts) insert.run(key, body, type, etag, Date.now())
      database.exec('commit')
    },
    find: (key) => find.get(key) as Item | undefined,
    close: () => database.close(),
  }
}

/** What waits when the loop comes round goes into one commit. */
function group(insert: (puts: readonly Put[]) => void): (put: Put) => Promise<void> {
  let waiting: { readonly put: Put; readonly done: PromiseWithResolvers<void> }[] = []
  const commit = (): void => {
    const batch = waiting
    waiting = []
    insert(batch.map(({ put }) => put))
    for (const { done } of batch) done.resolve()
  }
  return (put) => {
    const done = Promise.withResolvers<void>()
    if (waiting.push({ put, done }) === 1) setImmediate(commit)
    return done.promise
  }
}

async function readPut(key: string, request: IncomingMessage): Promise<Put> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const body = Buffer.concat(parts)
  return { key, body, type: request.headers['content-type'] ?? '', etag: `"${createHash('sha256').update(body).digest('hex')}"` }
}

function listen(server: Server): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.once('error', reject)
  server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  return promise
}
