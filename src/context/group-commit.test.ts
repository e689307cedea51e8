import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { afterEach, test } from 'node:test'
import { digestOfCid } from '../lib/cid.ts'
import { systemClock } from '../lib/clock.ts'
import { armFailpoint, disarmFailpoint } from '../lib/failpoint.ts'
import { silentLog } from '../lib/log.ts'
import type { Database } from '../store/database.ts'
import { openDatabase } from '../store/database.ts'
import { openBlobStore } from '../store/disk-blobs.ts'
import type { Stand } from './testing/stand.ts'
import { useStand } from './testing/stand.ts'

afterEach(() => disarmFailpoint())

/** A stand whose blocks lie on a disk. */
async function openOnDisk(t: TestContext, given?: Database): Promise<Stand> {
  const folder = mkdtempSync(join(tmpdir(), 'althing-context-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const database = given ?? openDatabase({ path: join(folder, 'althing.sqlite') })
  t.after(() => database[Symbol.asyncDispose]())
  const deps = { database, directory: join(folder, 'blobs'), clock: systemClock, log: silentLog }
  const blobs = await openBlobStore(deps, { maxDiskBytes: 0, compress: true })
  return useStand(t, 'ada', { database, blobs })
}

/** Commits from this one on fail, so that puts which take more do not succeed. */
function allowCommits(count: number): void {
  armFailpoint('database.commit.begin', { action: 'error', code: 'ENOSPC' }, count + 1)
}

test('sixty-four puts at once, to as many resources, share two commits: one for their content, one for their entries', async (t) => {
  const ada = await openOnDisk(t)
  allowCommits(2)
  const puts = Array.from({ length: 64 }, (_, n) => ada.put(`ucxl://ada:author@shop:cart/*^/note-${n}`, `note ${n}`))
  for (const { version } of await Promise.all(puts)) assert.equal(version, 1)
})

test('a put of what stands already is on disk when it says so: the content that came again is not left to the next commit', async (t) => {
  const real = openDatabase({ path: ':memory:' })
  t.after(() => real[Symbol.asyncDispose]())
  const commits: string[] = []
  const database: Database = {
    ...real,
    write: (work) => {
      commits.push('fsynced')
      return real.write(work)
    },
    writeSoon: (work) => {
      commits.push('soon')
      return real.writeSoon(work)
    },
    [Symbol.asyncDispose]: async () => {},
  }
  const ada = await openOnDisk(t, database)
  const address = 'ucxl://ada:author@shop:cart/*^/note'
  const { cid } = await ada.put(address, 'a note')
  await ada.blobs.remove(digestOfCid(cid ?? assert.fail()))
  commits.length = 0
  assert.equal((await ada.put(address, 'a note')).status, 'unchanged')
  assert.deepEqual(commits, ['soon', 'fsynced'])
})

test('F5: puts whose shared commit found no room are all refused, leave nothing, and succeed when there is some', async (t) => {
  const ada = await openOnDisk(t)
  allowCommits(1)
  const put = () => Promise.allSettled([1, 2, 3].map((n) => ada.put(`ucxl://ada:author@shop:cart/*^/note-${n}`, `note ${n}`)))
  for (const outcome of await put()) assert.equal(outcome.status === 'rejected' && outcome.reason.code, 'DISK_FULL')
  assert.equal(ada.context.status().versions, 0)
  disarmFailpoint()
  assert.deepEqual(
    (await put()).map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled'],
  )
})
