import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { TestContext } from 'node:test'

/** A server on loopback that says whatever it likes, and goes with the test; its port. */
export async function listen(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
