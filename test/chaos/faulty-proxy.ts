import { once } from 'node:events'
import { createServer, request as ask } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Chance } from '../../src/lib/chance.ts'
import type { Owner } from '../../src/tasks/testing/git-server.ts'

/** What a forge does to who asks it. `cut`: what was asked is done, and some are not told. */
export type ForgeMood = 'well' | 'down' | 'slow' | 'cut'

export interface FaultyProxy {
  /** Without a slash at its end. */
  readonly origin: string
  mood: ForgeMood
  /** Requests that came, and those that were let down. */
  /** `pushes`: requests that could change a ref, whatever came of them. */
  readonly counts: { asked: number; failed: number; pushes: number }
}

/** Longest that a slow forge waits, in milliseconds. */
const slowMs = 1_500
/** Share of answers that are cut. */
const cutShare = 0.4

/** An HTTP server before others that lets them fail as its mood is. `target` says where a path is served. */
export async function openFaultyProxy(owner: Owner, chance: Chance, target: (path: string) => URL): Promise<FaultyProxy> {
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy())
  })
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    proxy.counts.asked += 1
    if (request.method === 'POST' && request.url?.endsWith('/git-receive-pack') === true) proxy.counts.pushes += 1
    const { mood } = proxy
    if (mood === 'down') {
      proxy.counts.failed += 1
      return chance.fraction() < 0.5 ? void response.destroy() : void response.writeHead(503).end()
    }
    if (mood === 'slow') await pause(chance.fraction() * slowMs)
    const isCut = mood === 'cut' && chance.fraction() < cutShare
    const answer = await forward(request, target(request.url ?? '/'))
    if (!isCut) {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
      return
    }
    proxy.counts.failed += 1
    // all of it was done before nobody is told
    answer.resume()
    await once(answer, 'end')
    response.destroy()
  }
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  owner.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const proxy: FaultyProxy = { origin: `http://127.0.0.1:${port}`, mood: 'well', counts: { asked: 0, failed: 0, pushes: 0 } }
  return proxy
}

async function forward(from: IncomingMessage, to: URL): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const { host: _, connection: __, ...headers } = from.headers
  const request = ask(to, { method: from.method ?? 'GET', headers }, resolve)
  request.on('error', reject)
  from.pipe(request)
  return promise
}
