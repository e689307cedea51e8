import type { Cid } from '../../lib/cid.ts'
import type { Channel, Host } from '../../network/host.ts'
import { chunkBytes, encodeChunkList, isListCid } from '../chunks.ts'
import type { LocalContentStore } from '../content-store.ts'
import { cutPieces } from '../pieces.ts'
import type { Answer, Request } from '../protocol.ts'
import { contentProtocol, encodeAnswer, maxMessageBytes, parseRequest } from '../protocol.ts'
import { testHive } from './fleet.ts'

type Range = Extract<Request, { readonly t: 'get' }>

/** What a scripted provider does in place of the honest thing. */
export interface Script {
  readonly have?: (request: Request) => Answer | undefined
  readonly root?: (channel: Channel, request: Request) => Promise<void>
  readonly get?: (channel: Channel, request: Range, honest: (count: number) => Promise<void>) => Promise<void>
  readonly keep?: (channel: Channel, request: Request) => Promise<void>
}

/** What a scripted provider was asked for. */
export interface Heard {
  readonly requests: Request[]
}

/** A provider that has all the bytes, and does with them what a test writes down. */
export function serveScript(
  host: Host,
  content: { readonly cid: Cid; readonly bytes: Uint8Array; readonly root: Uint8Array },
  script: Script,
): Heard {
  const heard: Heard = { requests: [] }
  const block = (index: number): Uint8Array => content.bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes)
  host.handle(
    contentProtocol(testHive),
    async (channel) => {
      for (let bytes = await channel.receive(); bytes !== undefined; bytes = await channel.receive()) {
        const request = parseRequest(bytes)
        if (request === undefined) throw new Error('no request')
        heard.requests.push(request)
        await answer(channel, request)
      }
    },
    { maxMessageBytes, maxPerPeer: 64 },
  )

  async function answer(channel: Channel, request: Request): Promise<void> {
    if (request.t === 'have') {
      await channel.send(encodeAnswer(script.have?.(request) ?? { t: 'have', id: request.id, size: content.bytes.byteLength }))
    } else if (request.t === 'root') {
      await (script.root ?? sendRoot)(channel, request)
    } else if (request.t === 'get') {
      const honest = async (count: number): Promise<void> => {
        await channel.send(encodeAnswer({ t: 'get', id: request.id, count: request.count }))
        for (let index = request.from; index < request.from + count; index += 1) await sendPieces(channel, block(index))
      }
      await (script.get ?? ((_, { count }) => honest(count)))(channel, request, honest)
    } else await script.keep?.(channel, request)
  }

  async function sendRoot(channel: Channel, request: Request): Promise<void> {
    await channel.send(encodeAnswer({ t: 'root', id: request.id, size: content.root.byteLength }))
    await sendPieces(channel, content.root)
  }

  return heard
}

export async function sendPieces(channel: Channel, bytes: Uint8Array): Promise<void> {
  for (const piece of cutPieces(bytes)) await channel.send(piece)
}

/** What a scripted provider needs of content that an honest node has. */
export function contentOf(
  store: LocalContentStore,
  cid: Cid,
  bytes: Uint8Array,
): { readonly cid: Cid; readonly bytes: Uint8Array; readonly root: Uint8Array } {
  const list = store.listOf(cid)
  if (list === undefined) throw new Error('the content is not here')
  return { cid, bytes, root: isListCid(cid) ? encodeChunkList(list) : bytes }
}

/** Never settles. */
export function forEver(): Promise<void> {
  return Promise.withResolvers<void>().promise
}
