import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { hashBytes } from '../lib/cid.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { openDatabase } from './database.ts'
import { openBlobStore } from './disk-blobs.ts'
import { createStoreHandlers } from './handlers.ts'
import { storeOperations } from './operations.ts'
import { restoreHome } from './restore.ts'
import { makeFolder } from './scratch.fixture.ts'

const law = new Uint8Array(Buffer.from('with law shall the land be built '.repeat(1000)))

const unpackedUsage = async (): Promise<{ packages: number; bytes: number }> => ({ packages: 2, bytes: 30 })

test('each operation of a store is answered in the shape it declares', async (t) => {
  const folder = makeFolder(t)
  const home = mkdtempSync(join(folder, 'home-'))
  await using database = openDatabase({ path: join(home, 'althing.sqlite') })
  const deps = { database, directory: join(home, 'blobs'), clock: systemClock, log: silentLog }
  await using blobs = await openBlobStore(deps, { maxDiskBytes: 1_000_000, compress: true })
  await blobs.put(hashBytes(law), law)
  const handlers = createStoreHandlers({
    database,
    blobs,
    home,
    clock: systemClock,
    unpackedUsage,
    findNeeded: (blocks) => blocks,
    repair: async () => ({ repaired: [], lost: [] }),
  })
  const stages: string[] = []
  const context = {
    signal: new AbortController().signal,
    hive: undefined,
    report: ({ stage }: { readonly stage: string }) => stages.push(stage),
  }
  const target = join(folder, 'backup')
  const answers: Readonly<Record<string, unknown>> = {
    'store.stats': await handlers['store.stats']({}, context),
    'store.optimize': await handlers['store.optimize']({}, context),
    'store.verify': await handlers['store.verify']({ repair: false }, context),
    'backup.create': await handlers['backup.create']({ target, keys: false }, context),
    'backup.restore': await restoreHome({
      ...context,
      source: target,
      target: join(folder, 'restored'),
      clock: systemClock,
      onProgress: () => {},
    }),
  }
  for (const operation of storeOperations) {
    if (!(operation.name in answers)) continue
    const shape = operation.output(z)
    assert.deepEqual(shape instanceof z.ZodObject ? shape.strict().parse(answers[operation.name]) : undefined, answers[operation.name])
  }
  const { blocks, bytes, savedBytes, storedBytes, compressedBlocks } = await handlers['store.stats']({}, context)
  assert.deepEqual(
    { blocks, bytes, compressedBlocks, saved: savedBytes + storedBytes },
    { blocks: 1, bytes: 33_000, compressedBlocks: 1, saved: 33_000 },
  )
  assert.deepEqual([...new Set(stages)], ['blocks', 'database'])
})

test('F8: verify with repair hands on exactly the damaged blocks, and says what became of them', async (t) => {
  const home = makeFolder(t)
  await using database = openDatabase({ path: join(home, 'althing.sqlite') })
  const directory = join(home, 'blobs')
  await using blobs = await openBlobStore({ database, directory, clock: systemClock, log: silentLog }, { maxDiskBytes: 0, compress: false })
  await blobs.put(hashBytes(law), law)
  const asked: string[] = []
  const repair = async (damaged: readonly string[]) => {
    asked.push(...damaged)
    return { repaired: ['bafya'], lost: ['bafyb'] }
  }
  const handlers = createStoreHandlers({ database, blobs, home, clock: systemClock, unpackedUsage, findNeeded: (blocks) => blocks, repair })
  const context = { signal: t.signal, hive: undefined, report: () => {} }
  assert.deepEqual((await handlers['store.verify']({ repair: true }, context)).repaired, [])
  const [file] = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  assert.ok(file !== undefined)
  writeFileSync(join(file.parentPath, file.name), 'not what was put there')
  const report = await handlers['store.verify']({ repair: true }, context)
  assert.deepEqual(asked, [Buffer.from(hashBytes(law)).toString('hex')])
  assert.deepEqual([report.isSound, report.repaired, report.lost], [false, ['bafya'], ['bafyb']])
  await handlers['store.verify']({ repair: true }, context)
  assert.equal(asked.length, 2, 'what an earlier run set aside is asked for again')
  await blobs.put(hashBytes(law), law)
  await handlers['store.verify']({ repair: true }, context)
  assert.equal(asked.length, 2, 'what came back is not')
})

test('F8: what an earlier run set aside is said to be missing until it is back, unless nothing refers to it', async (t) => {
  const home = makeFolder(t)
  await using database = openDatabase({ path: join(home, 'althing.sqlite') })
  const directory = join(home, 'blobs')
  await using blobs = await openBlobStore({ database, directory, clock: systemClock, log: silentLog }, { maxDiskBytes: 0, compress: false })
  await blobs.put(hashBytes(law), law)
  const repair = async () => ({ repaired: [], lost: [] })
  const needed = { all: true }
  const findNeeded = (blocks: readonly string[]) => (needed.all ? blocks : [])
  const handlers = createStoreHandlers({ database, blobs, home, clock: systemClock, unpackedUsage, findNeeded, repair })
  const context = { signal: t.signal, hive: undefined, report: () => {} }
  const [file] = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  assert.ok(file !== undefined)
  writeFileSync(join(file.parentPath, file.name), 'not what was put there')
  const name = Buffer.from(hashBytes(law)).toString('hex')
  for (let run = 0; run < 2; run++) {
    const { isSound, corrupt } = await handlers['store.verify']({ repair: false }, context)
    assert.deepEqual([isSound, corrupt], [false, [name]])
  }
  needed.all = false
  assert.equal((await handlers['store.verify']({ repair: false }, context)).isSound, true)
  needed.all = true
  await blobs.put(hashBytes(law), law)
  assert.equal((await handlers['store.verify']({ repair: false }, context)).isSound, true)
})

test('every fault an operation names is in a table of this folder', async () => {
  const { storeFaults } = await import('./faults.ts')
  for (const { name, faults } of storeOperations) for (const fault of faults) assert.ok(fault in storeFaults.table, `${name}: ${fault}`)
})
