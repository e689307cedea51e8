import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { equalBytes } from '../lib/bytes.ts'
import { hashBytes } from '../lib/cid.ts'
import { systemClock } from '../lib/clock.ts'
import { Fault } from '../lib/fault.ts'
import { silentLog } from '../lib/log.ts'
import { makeNoise } from './blobs.suite.ts'
import { openDatabase } from './database.ts'
import { openBlobStore } from './disk-blobs.ts'

const folder = mkdtempSync(join(tmpdir(), 'althing-model-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const blocks = [makeNoise(3000, 1), makeNoise(10, 2), new Uint8Array(Buffer.from('law '.repeat(500))), new Uint8Array(0)]
interface Step {
  readonly what: 'put' | 'get' | 'remove' | 'repack' | 'cut' | 'garbage' | 'reopen'
  readonly which: number
  readonly compress: boolean
}

const steps = fc.array(
  fc.record<Step>({
    what: fc.constantFrom('put', 'get', 'remove', 'repack', 'cut', 'garbage', 'reopen'),
    which: fc.nat(blocks.length - 1),
    compress: fc.boolean(),
  }),
  { maxLength: 25 },
)

async function open(compress: boolean) {
  const database = openDatabase({ path: join(folder, 'althing.sqlite') })
  const deps = { database, directory: join(folder, 'blobs'), clock: systemClock, log: silentLog }
  return { database, blobs: await openBlobStore(deps, { maxDiskBytes: 0, compress }) }
}

async function perform(sequence: readonly Step[]): Promise<void> {
  let opened = await open(true)
  for (const block of opened.blobs.list()) await opened.blobs.remove(block.digest)
  const expected = new Map<number, 'sound' | 'damaged'>()
  for (const { what, which, compress } of sequence) {
    const bytes = blocks[which] ?? new Uint8Array(0)
    const digest = hashBytes(bytes)
    const row = [...opened.blobs.list()].find((block) => equalBytes(block.digest, digest))
    const name = Buffer.from(digest).toString('hex') + (row?.encoding === 'zstd' ? '.zst' : '')
    const path = join(folder, 'blobs', name.slice(0, 2), name)
    if (what === 'put') {
      await opened.blobs.put(digest, bytes)
      expected.set(which, 'sound')
    } else if (what === 'remove') {
      await opened.blobs.remove(digest)
      expected.delete(which)
    } else if (what === 'cut' && row !== undefined && row.stored > 0) {
      truncateSync(path, row.stored - 1)
      expected.set(which, 'damaged')
    } else if (what === 'garbage' && row !== undefined && row.stored > 0) {
      writeFileSync(path, makeNoise(row.stored, 77))
      expected.set(which, 'damaged')
    } else if (what === 'reopen') {
      await opened.blobs[Symbol.asyncDispose]()
      await opened.database[Symbol.asyncDispose]()
      opened = await open(compress)
    } else if (what === 'get' || what === 'repack') {
      const found = await (what === 'get' ? opened.blobs.get(digest) : opened.blobs.repack(digest)).catch((error: unknown) => {
        assert.ok(error instanceof Fault && error.code === 'BLOCK_CORRUPT', String(error))
      })
      if (found instanceof Uint8Array) assert.ok(equalBytes(found, bytes))
    }
    const { total } = opened.database.get<{ readonly total: number }>('select coalesce(sum(stored), 0) as total from block') ?? {
      total: -1,
    }
    assert.equal(opened.blobs.usage().storedBytes, total, what)
    for (const [at, state] of expected) {
      const isThere = opened.blobs.has(hashBytes(blocks[at] ?? bytes))
      if (state === 'sound') assert.ok(isThere, `block ${at} after ${what}`)
      else if (!isThere) expected.delete(at)
    }
  }
  for (const [index, bytes] of blocks.entries()) {
    const found = await opened.blobs.get(hashBytes(bytes)).catch(() => undefined)
    assert.ok(found === undefined || equalBytes(found, bytes))
    if (expected.get(index) === 'sound') assert.ok(found, `block ${index} at the end`)
  }
  await opened.blobs[Symbol.asyncDispose]()
  await opened.database[Symbol.asyncDispose]()
}

/** Whatever is done, and whatever somebody does to the files meanwhile. */
test('F7, F8: after any sequence of puts, removals, compressions, damage and restarts what is given out is right, and what was not damaged is there', async () => {
  await fc.assert(fc.asyncProperty(steps, perform), { numRuns: 25, seed: 930 })
})
