/** Raw TCP and a plain libp2p stream, as sender or receiver of `transfer.ts`. */
import type { Document } from '../harness/document.ts'
import { serveParent } from '../harness/serve-parent.ts'
import { fetchStream, fetchTcp, serveStream, serveTcp } from '../peers/bulk.ts'
import type { Supply } from '../peers/bulk.ts'
import { openPlainNode } from '../peers/stock-node.ts'
import type { Encrypter } from '../peers/stock-node.ts'

serveParent({
  serve: async (input) => {
    const transport = parseTransport(input)
    if (transport === 'tcp') return { address: String(await serveTcp(supplyOf(input))) }
    return { address: await serveStream(await openPlainNode(transport), supplyOf(input)) }
  },
  fetch: async (input) => {
    const transport = parseTransport(input)
    if (transport === 'tcp') return { ms: await fetchTcp(Number(input.text('address')), supplyOf(input)) }
    return { ms: await fetchStream(await openPlainNode(transport), input.text('address'), supplyOf(input)) }
  },
})

function supplyOf(input: Document): Supply {
  return { bytes: input.number('bytes'), file: input.has('file') ? input.text('file') : undefined }
}

function parseTransport(input: Document): 'tcp' | Encrypter {
  const transport = input.text('transport')
  if (transport === 'tcp' || transport === 'noise' || transport === 'tls') return transport
  throw new Error(`no such transport: ${transport}`)
}
