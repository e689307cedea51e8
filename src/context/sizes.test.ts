import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Exchange } from '../content/content.ts'
import { chunkBytes, encodeChunkList } from '../content/chunks.ts'
import type { Cid } from '../lib/cid.ts'
import { createCid, dagCborCodec } from '../lib/cid.ts'
import { encodeText } from '../lib/bytes.ts'
import { parseAddress } from '../ucxl/ucxl.ts'
import { readSmall } from './bodies.ts'
import type { Stand } from './testing/stand.ts'
import { useStand } from './testing/stand.ts'
import { formatVersion, parseVersion, versionKind } from './version.ts'

const why = 'ucxl://ada:dev@shop:cart/*^/why.md'
const { signal } = new AbortController()

/** Says a first version as a writer does that may lie about its length. */
async function claim({ journal }: Stand, cid: Cid, size: number): Promise<void> {
  const said = { version: 1, cid, mediaType: 'text/plain', size, metadata: {}, previous: null, keeps: 1 }
  await journal.append(versionKind, formatVersion({ ...said, resource: parseAddress(why) }))
}

test('S30: content that is longer or shorter than its writer says is not given', async (t) => {
  for (const size of [10, 5_000_000]) {
    const ada = await useStand(t, 'ada')
    const { cid } = await ada.content.add([encodeText('twenty bytes of text')], { signal })
    await claim(ada, cid, size)
    await assert.rejects(ada.read(why), {
      code: 'SIZE_DIFFERS',
      kind: 'invalid',
      data: { resource: why.replace('/*^', ''), version: 1, size, found: 20 },
    })
  }
})

test('S30: no more is fetched of content than its writer says it has', async (t) => {
  const asked: number[] = []
  const exchange: Exchange = {
    fetch: async (_cid, { maxBytes }) => {
      asked.push(maxBytes)
      throw new Error('it is longer')
    },
    findHolders: async () => [],
    announce: async () => {},
    replicate: async () => [],
    [Symbol.asyncDispose]: async () => {},
  }
  const ada = await useStand(t, 'ada', { exchange })
  const list = encodeChunkList({ size: 2 * chunkBytes, digests: new Uint8Array(64) })
  await claim(ada, createCid(dagCborCodec, list), 10)
  await assert.rejects(ada.read(why), { code: 'CONTENT_MISSING' })
  assert.deepEqual(asked, [10])
})

test('S30: an answer is no longer than its bound, whatever length was said', async () => {
  let given = 0
  async function* flood(): AsyncGenerator<Uint8Array> {
    for (;;) {
      given += 1
      yield new Uint8Array(65_536)
    }
  }
  assert.equal(await readSmall({ size: 10, open: flood }), undefined)
  assert.equal(given, 17)
})

test('S30: a version longer than content can be is no version', () => {
  const cid = createCid(dagCborCodec, encodeText('x'))
  const said = { version: 1, cid, mediaType: 'text/plain', metadata: {}, previous: null, keeps: 1, resource: parseAddress(why) }
  assert.equal(parseVersion(formatVersion({ ...said, size: 25_769_803_776 }))?.size, 25_769_803_776)
  assert.equal(parseVersion(formatVersion({ ...said, size: 25_769_803_777 })), undefined)
})
