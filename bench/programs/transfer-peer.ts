/** A node of ours that provides or fetches content, as sender or receiver of `transfer.ts`. */
import { createReadStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createSigningKey, parsePeerId } from '../../src/identity/keys.ts'
import type { PeerId } from '../../src/identity/keys.ts'
import { parseCid } from '../../src/lib/cid.ts'
import type { Host } from '../../src/network/host.ts'
import type { Document } from '../harness/document.ts'
import { serveParent } from '../harness/serve-parent.ts'
import { fetchChannel, serveChannel } from '../ours/bulk-channel.ts'
import { openBenchContent } from '../ours/open-content.ts'
import type { BenchContent } from '../ours/open-content.ts'
import { openBenchHost } from '../ours/open-host.ts'

const signal = new AbortController().signal
const key = createSigningKey()
let opened: { readonly host: Host; readonly content: BenchContent } | undefined

serveParent({
  open: async (input) => {
    const folder = input.text('folder')
    await mkdir(folder, { recursive: true })
    const host = await openBenchHost(key)
    serveChannel(host)
    opened = { host, content: await openBenchContent(host, key, { folder, uploadBytesPerSecond: input.number('uploadBytesPerSecond') }) }
    return { peer: host.peerId, address: String(host.addresses()[0]) }
  },
  add: async (input) => {
    const { content } = node()
    const { cid, size } = await content.content.add(createReadStream(input.text('file'), { highWaterMark: 2 ** 20 }), { signal })
    await content.reference(cid)
    return { cid, size }
  },
  admit: async (input) => {
    node().host.admit(peerOf(input))
    return {}
  },
  dial: async (input) => {
    await node().host.dial(input.text('address'), { signal })
    return {}
  },
  fetch: async (input) => {
    const cid = parseCid(input.text('cid'))
    if (cid === undefined) throw new Error(`${input.text('cid')} is no CID`)
    const startedAt = performance.now()
    const report = await node().content.exchange.fetch(cid, { signal, maxBytes: input.number('bytes') })
    const ms = performance.now() - startedAt
    const received = report.providers.reduce((sum, provider) => sum + provider.bytes, 0)
    return { ms, size: report.size, received, providers: report.providers.length }
  },
  fetchChannel: async (input) => ({ ms: await fetchChannel(node().host, peerOf(input), input.number('bytes')) }),
})

function node(): NonNullable<typeof opened> {
  if (opened === undefined) throw new Error('ask for "open" first')
  return opened
}

function peerOf(input: Document): PeerId {
  const peer = parsePeerId(input.text('peer'))
  if (peer === undefined) throw new Error(`${input.text('peer')} is no peer id`)
  return peer
}
