import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import { createCid, rawCodec } from '../../lib/cid.ts'
import { openStand, streamOf } from '../testing/stand.ts'
import { addBytes } from './registry-bytes.ts'
import type { RegistryRow } from './registry-table.ts'
import { hiveOfRegistry } from './registry-table.ts'

const url = 'https://packages.example'
const row: RegistryRow = {
  id: 1,
  name: 'office',
  url,
  isPrivate: false,
  hive: hiveOfRegistry(url),
  genesis: undefined,
  addedAt: 0,
  answeredAt: undefined,
  problem: undefined,
  viewVersion: 0,
}

test('S13: an archive that unpacks to more than its release says is cut there, however small it came', async (t) => {
  const ada = await openStand('ada')
  t.after(() => ada[Symbol.asyncDispose]())
  const zeros = new Uint8Array(50_000_000)
  const bomb = zstdCompressSync(zeros)
  assert.ok(bomb.byteLength < 10_000)
  let taken = 0
  const request = { cid: createCid(rawCodec, zeros), path: 'archives/a', body: streamOf(bomb), maxBytes: 10_000, isCompressed: true }
  await assert.rejects(
    addBytes({ content: ada.content, row, signal: ada.context.signal }, { ...request, onBytes: (count) => (taken = count) }),
    { code: 'REGISTRY_INVALID', message: /more than the 10000 bytes of its release/ },
  )
  assert.ok(taken <= 10_000, `${taken} bytes were taken`)
  assert.equal(ada.blobs.usage().blocks, 0)
})
