import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join, normalize } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** Any web server: the files of a folder on loopback, until it is disposed. */
export interface StaticServer extends AsyncDisposable {
  readonly url: string
}

/** Serves a folder, as it is at each request. */
export async function openStaticServer(folder: string): Promise<StaticServer> {
  const server = createServer((request, reply) => {
    const path = join(folder, normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://server').pathname)))
    const send = async (): Promise<void> => {
      const { size } = await stat(path)
      reply.writeHead(200, { 'content-length': size })
      await pipeline(createReadStream(path), reply)
    }
    send().catch(() => {
      if (reply.headersSent) reply.destroy()
      else reply.writeHead(404).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a server that listens has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
