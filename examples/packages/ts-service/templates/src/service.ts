import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { routes } from './routes.ts'
import type { Answer } from './routes.ts'

export interface ServiceOptions {
  /** 0 takes a free one. */
  readonly port: number
  readonly host: string
  readonly maxBodyBytes: number
  readonly requestTimeoutMs: number
}

/** A running service; disposing it answers what is under way and ends. */
export interface Service extends AsyncDisposable {
  readonly port: number
}

export async function openService(options: ServiceOptions): Promise<Service> {
  const server = createServer({ requestTimeout: options.requestTimeoutMs }, (request, response) => {
    void serve(request, options).then((answer) => send(response, answer))
  })
  server.listen(options.port, options.host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeIdleConnections()
      await once(server, 'close')
    },
  }
}

async function serve(request: IncomingMessage, options: ServiceOptions): Promise<Answer> {
  try {
    const url = new URL(request.url ?? '/', 'http://service')
    const route = routes.get(`${request.method} ${url.pathname}`)
    if (route === undefined) return { status: 404, body: { error: 'there is nothing here' } }
    const body = await readBody(request, options.maxBodyBytes)
    return body === undefined ? { status: 413, body: { error: 'the body is too large' } } : await route({ url, body })
  } catch (error) {
    console.error(error)
    return { status: 500, body: { error: 'something went wrong' } }
  }
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Uint8Array>) {
    size += part.byteLength
    if (size > maxBytes) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, body === undefined ? {} : { 'content-type': 'application/json' })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}
