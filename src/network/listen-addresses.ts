import { createServer } from 'node:net'
import type { Log } from '../lib/log.ts'
import { parseAddress } from './address.ts'

/**
 * The addresses to listen on that this machine has: a taken port becomes an ephemeral one, a family or an address it has not is left out and said.
 *
 * @throws Fault ADDRESS_INVALID
 */
export async function findListenAddresses(wanted: readonly string[], deps: { readonly log: Log }): Promise<readonly string[]> {
  const found: string[] = []
  for (const text of wanted) {
    const { port } = parseAddress(text)
    const [, family = '', host = ''] = text.split('/')
    if (port === undefined || (family !== 'ip4' && family !== 'ip6')) {
      found.push(text)
      continue
    }
    const trouble = await probe(host, port, family === 'ip6')
    if (trouble === undefined) found.push(text)
    else if (trouble === 'EADDRINUSE' || trouble === 'EACCES') {
      deps.log.info('port is taken, listening on another', { address: text, trouble })
      found.push(text.replace(`/tcp/${port}`, '/tcp/0'))
    } else deps.log.warn('cannot listen on this address, going on without it', { address: text, trouble })
  }
  return found
}

/** Tries the port for a moment; gives the code of what is in the way. */
function probe(host: string, port: number, isIp6: boolean): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const server = createServer()
  server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'UNKNOWN'))
  server.listen({ host, port, ipv6Only: isIp6, exclusive: true }, () => server.close(() => resolve(undefined)))
  return promise
}
