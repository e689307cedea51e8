import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import type { BeginDeps } from './begin-work.ts'
import { beginWork } from './begin-work.ts'
import { workersFaults } from './faults.ts'
import { findFullDisk } from './trees/disk-room.ts'

const { signal } = new AbortController()
const author = { name: 'ada', email: 'ada@althing.invalid', at: 1 }

test('rule 15: a fetch that fails on a disk that is full says so of the disk, and else of the server', async () => {
  const gone = workersFaults.create('GIT_FAILED', { message: 'could not fetch branches', data: { step: 'fetch branches', reason: '' } })
  // nothing is asked of the rest before the branches are here
  const deps = { mirror: { path: tmpdir(), fetch: () => Promise.reject(gone) }, findFullDisk } as unknown as BeginDeps
  const begin = (maxPackBytes: number): Promise<unknown> =>
    beginWork(
      deps,
      { base: 'main', branch: 'althing/issue-7' },
      {
        ...{ folder: tmpdir(), snapshotTimeoutMs: 1_000, author, isMergeWanted: false, signal, maxPackBytes },
      },
    )
  await assert.rejects(begin(Number.MAX_SAFE_INTEGER), { code: 'DISK_FULL', cause: gone })
  await assert.rejects(begin(0), { code: 'GIT_FAILED' })
})
