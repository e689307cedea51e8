import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCid, rawCodec } from '../lib/cid.ts'
import { encodeText } from '../lib/bytes.ts'
import { systemClock } from '../lib/clock.ts'
import { createMemoryBlobStore } from '../store/memory-blobs.ts'
import { SmallBodies } from './small-bodies.ts'
import { textOf, useStand } from './testing/stand.ts'

/** Content of versions that counts how often it is opened. */
function openBodies(cacheBytes: number) {
  const bodies = new SmallBodies({ cacheBytes })
  const opened: string[] = []
  async function* source(text: string): AsyncGenerator<Uint8Array> {
    opened.push(text.slice(0, 10))
    yield encodeText(text.slice(0, 3))
    yield encodeText(text.slice(3))
  }
  const read = async (text: string, range?: { readonly start?: number; readonly end?: number }): Promise<string> => {
    const entry = createCid(rawCodec, encodeText(text))
    const parts = await Array.fromAsync(bodies.read({ entry, size: text.length }, range, () => source(text)))
    return Buffer.concat(parts).toString()
  }
  return { bodies, opened, read, source }
}

test('short content is opened once, and given whole or in part from then on', async () => {
  const { opened, read } = openBodies(100)
  assert.equal(await read('carts keep'), 'carts keep')
  assert.equal(await read('carts keep'), 'carts keep')
  assert.equal(await read('carts keep', { start: 6, end: 8 }), 'ke')
  assert.equal(await read('carts keep', { start: 6 }), 'keep')
  assert.deepEqual(opened, ['carts keep'])
})

test('what is remembered never comes to more than its bound; what was unused for longest goes first', async () => {
  const { opened, read } = openBodies(20)
  for (const text of ['ada ada ad', 'bob bob bo', 'ada ada ad', 'eve eve ev', 'ada ada ad', 'bob bob bo']) await read(text)
  assert.deepEqual(opened, ['ada ada ad', 'bob bob bo', 'eve eve ev', 'bob bob bo'])
})

test('long content, a part, and what was not read to its end are not remembered', async () => {
  const { bodies, opened, read, source } = openBodies(1_000_000)
  const long = 'x'.repeat(65_537)
  const entry = createCid(rawCodec, encodeText('left'))
  for await (const _ of bodies.read({ entry, size: 10 }, undefined, () => source('left early'))) break
  for (let times = 0; times < 2; times += 1) {
    await read(long)
    await read('in parts', { start: 0, end: 2 })
  }
  await Array.fromAsync(bodies.read({ entry, size: 10 }, undefined, () => source('left early')))
  assert.deepEqual(opened, ['left early', 'xxxxxxxxxx', 'in parts', 'xxxxxxxxxx', 'in parts', 'left early'])
})

test('who writes into what was read changes nothing for the next reader', async () => {
  const { bodies, source } = openBodies(100)
  const entry = createCid(rawCodec, encodeText('own'))
  for (let times = 0; times < 3; times += 1) {
    for await (const bytes of bodies.read({ entry, size: 8 }, undefined, () => source('own text'))) bytes.fill(0)
  }
  assert.equal(
    Buffer.concat(await Array.fromAsync(bodies.read({ entry, size: 8 }, undefined, () => source('never')))).toString(),
    'own text',
  )
})

test('a version that was read is read again when its block is gone from the disk', async (t) => {
  const blobs = createMemoryBlobStore({ clock: systemClock }, { maxDiskBytes: 0 })
  const ada = await useStand(t, 'ada', { blobs })
  await ada.put('ucxl://ada:author@shop:cart/*^/why', 'Carts keep their prices.')
  assert.equal(await ada.read('ucxl://ada:author@shop:cart/*^/why'), 'Carts keep their prices.')
  const again = await ada.get('ucxl://ada:author@shop:cart/*^/why')
  await blobs.remove([...blobs.list()][0]?.digest ?? assert.fail())
  assert.equal(await textOf(again), 'Carts keep their prices.')
})
