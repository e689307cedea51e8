import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { canRecordSyncs, recordSyncs } from '../lib/record-syncs.fixture.ts'
import { writeKeyFile } from './key-files.ts'

test('F1: the bytes of a key are synced to the disk under another name before it takes its own, which is synced then', async (t) => {
  if (!canRecordSyncs) return t.skip('needs /proc to tell which file is synced')
  const folder = await mkdtemp(join(tmpdir(), 'althing-key-files-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const synced = await recordSyncs(t, folder)
  await writeKeyFile(join(folder, 'node.key'), Uint8Array.of(1, 2, 3))
  // a file that was renamed already would be called by its own name
  assert.deepEqual(synced, ['node.key.new', ''])
  assert.deepEqual([...(await readFile(join(folder, 'node.key')))], [1, 2, 3])
  return undefined
})
