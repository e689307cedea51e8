import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { hashBytes } from '../lib/cid.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { openDatabase } from './database.ts'
import { openBlobStore } from './disk-blobs.ts'
import { makeFolder, runProgram } from './scratch.fixture.ts'

const ada = new Uint8Array(Buffer.from('acknowledged before '.repeat(3000)))
const bob = new Uint8Array(Buffer.from('under way when it ends '.repeat(3000)))

const url = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href)

/** Puts ada, says so, arms the failpoint, then does the work named, which the failpoint ends as `kill -9` does. */
const program = `
  import { openDatabase } from ${url('database.ts')}
  import { openBlobStore } from ${url('disk-blobs.ts')}
  import { hashBytes } from ${url('../lib/cid.ts')}
  import { systemClock } from ${url('../lib/clock.ts')}
  import { silentLog } from ${url('../lib/log.ts')}
  import { armFailpoint } from ${url('../lib/failpoint.ts')}
  import { writeSync } from 'node:fs'
  const [folder, failpoint, work] = process.argv.slice(1)
  const database = openDatabase({ path: folder + '/althing.sqlite' })
  const deps = { database, directory: folder + '/blobs', clock: systemClock, log: silentLog }
  const blobs = await openBlobStore(deps, { maxDiskBytes: 0, compress: work !== 'repack' })
  const ada = new Uint8Array(Buffer.from('acknowledged before '.repeat(3000)))
  const bob = new Uint8Array(Buffer.from('under way when it ends '.repeat(3000)))
  await blobs.put(hashBytes(ada), ada)
  if (work !== 'put') await blobs.put(hashBytes(bob), bob)
  writeSync(1, 'acknowledged')
  armFailpoint(failpoint, { action: 'exit' })
  await blobs[work](hashBytes(bob), bob)
  writeSync(1, ' and done')
`

/** Every place at which a put, a removal, or a packing anew can be cut; `isThere` where only one outcome is right. */
const cuts: readonly { readonly work: 'put' | 'remove' | 'repack'; readonly at: string; readonly isThere: boolean | undefined }[] = [
  { work: 'put', at: 'blob.put.begin', isThere: false },
  { work: 'put', at: 'blob.put.written', isThere: false },
  { work: 'put', at: 'blob.put.synced', isThere: false },
  { work: 'put', at: 'blob.put.renamed', isThere: true },
  { work: 'put', at: 'blob.put.directory-synced', isThere: true },
  { work: 'put', at: 'database.commit.begin', isThere: true },
  { work: 'put', at: 'database.commit.done', isThere: true },
  { work: 'put', at: 'blob.put.recorded', isThere: true },
  { work: 'remove', at: 'database.commit.begin', isThere: true },
  { work: 'remove', at: 'blob.remove.forgotten', isThere: undefined },
  { work: 'repack', at: 'blob.put.written', isThere: true },
  { work: 'repack', at: 'blob.put.renamed', isThere: true },
  { work: 'repack', at: 'database.commit.begin', isThere: true },
  { work: 'repack', at: 'blob.repack.recorded', isThere: true },
]

for (const { work, at, isThere } of cuts) {
  test(`F1: after kill -9 in a ${work} at ${at} everything acknowledged is there, the rest whole or absent, and a retry succeeds`, async (t) => {
    const folder = makeFolder(t)
    const ended = runProgram(program, folder, at, work)
    assert.equal(ended.signal, 'SIGKILL', ended.stderr)
    assert.equal(ended.stdout, 'acknowledged')
    await using database = openDatabase({ path: join(folder, 'althing.sqlite') })
    const deps = { database, directory: join(folder, 'blobs'), clock: systemClock, log: silentLog }
    await using blobs = await openBlobStore(deps, { maxDiskBytes: 0, compress: true })
    assert.deepEqual(await blobs.get(hashBytes(ada)), ada)
    const found = await blobs.get(hashBytes(bob))
    assert.deepEqual(found ?? bob, bob)
    if (isThere !== undefined) assert.equal(found !== undefined, isThere)
    assertRowsAreFiles(folder, [...blobs.list()])
    await blobs.put(hashBytes(bob), bob)
    assert.deepEqual(await blobs.get(hashBytes(bob)), bob)
    assertRowsAreFiles(folder, [...blobs.list()])
  })
}

/** Puts blocks and writes rows for them without end, eight at a time, and says which are acknowledged. A row names its block, as a record does. */
const busyProgram = `
  import { openDatabase } from ${url('database.ts')}
  import { openBlobStore } from ${url('disk-blobs.ts')}
  import { hashBytes } from ${url('../lib/cid.ts')}
  import { systemClock } from ${url('../lib/clock.ts')}
  import { silentLog } from ${url('../lib/log.ts')}
  import { writeSync } from 'node:fs'
  const [folder] = process.argv.slice(1)
  const database = openDatabase({ path: folder + '/althing.sqlite' })
  const blobs = await openBlobStore({ database, directory: folder + '/blobs', clock: systemClock, log: silentLog }, { maxDiskBytes: 0, compress: true })
  let next = 0
  const work = async () => {
    for (;;) {
      const name = 'n' + next++
      const bytes = new Uint8Array(Buffer.from(name.repeat(500)))
      await blobs.put(hashBytes(bytes), bytes)
      await database.write((tx) => tx.run('insert into setting values (?, ?)', name, Buffer.from(hashBytes(bytes)).toString('hex')))
      writeSync(1, name + '\\n')
    }
  }
  await Promise.all(Array.from({ length: 8 }, work))
`

for (const acknowledged of [1, 40, 150]) {
  test(`F1: kill -9 under load, after ${acknowledged} acknowledgements, loses none of them, and no row is without its bytes`, async (t) => {
    const folder = makeFolder(t)
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', busyProgram, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => child.kill('SIGKILL'))
    let said = ''
    for await (const chunk of child.stdout) {
      said += String(chunk)
      if (said.split('\n').length > acknowledged) child.kill('SIGKILL')
    }
    const names = said.split('\n').slice(0, -1)
    await using database = openDatabase({ path: join(folder, 'althing.sqlite') })
    const deps = { database, directory: join(folder, 'blobs'), clock: systemClock, log: silentLog }
    await using blobs = await openBlobStore(deps, { maxDiskBytes: 0, compress: true })
    const rows = new Map(
      database
        .all<{ readonly name: string; readonly value: string }>('select name, value from setting')
        .map((row) => [row.name, row.value]),
    )
    assert.ok(names.length >= acknowledged)
    for (const name of names) assert.ok(rows.has(name), `${name} was acknowledged`)
    for (const [name, digest] of rows) {
      const bytes = await blobs.get(Buffer.from(digest, 'hex'))
      assert.equal(Buffer.from(bytes ?? 'absent').toString(), name.repeat(500))
    }
    assertRowsAreFiles(folder, [...blobs.list()])
    assert.deepEqual(database.checkIntegrity(), [])
  })
}

/** A file of the right length for each row, and no other file. */
function assertRowsAreFiles(
  folder: string,
  rows: readonly { readonly digest: Uint8Array; readonly stored: number; readonly encoding: string }[],
): void {
  const files = readdirSync(join(folder, 'blobs'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  assert.equal(files.length, rows.length)
  for (const row of rows) {
    const name = Buffer.from(row.digest).toString('hex') + (row.encoding === 'zstd' ? '.zst' : '')
    const path = join(folder, 'blobs', name.slice(0, 2), name)
    assert.ok(existsSync(path), name)
    assert.equal(readFileSync(path).byteLength, row.stored)
  }
}

test('every failpoint of this folder is in the table of docs/protocols/store.md, and no other', () => {
  const folder = new URL('.', import.meta.url)
  const sources = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.includes('.test.'))
  const used = sources.flatMap((name) => {
    const calls = readFileSync(new URL(name, folder), 'utf8').matchAll(/failpoint(?:Async)?\('([^']+)'\)/g)
    return Array.from(calls, (call) => call[1] ?? '')
  })
  const table = readFileSync(new URL('../../docs/protocols/store.md', import.meta.url), 'utf8').matchAll(/^\| `([a-z.-]+)` \|/gm)
  const documented = Array.from(table, (row) => row[1] ?? '')
  assert.ok(used.length > 5)
  assert.deepEqual([...new Set(used)].toSorted(), documented.toSorted())
})
