import assert from 'node:assert/strict'
import { mkdir, readdir, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ArchiveEntry } from '../archive/entry.ts'
import { makeTemporary, streamOf, writeFiles } from '../testing/stand.ts'
import { writeFolder } from './write-folder.ts'

async function* entriesOf(...paths: readonly string[]): AsyncGenerator<ArchiveEntry> {
  for (const path of paths) yield { path, size: 1, isExecutable: path.endsWith('.sh'), body: streamOf('x') }
}

test('S12: files are written into a folder that is new, and over none that is there', async (t) => {
  const root = await makeTemporary(t)
  const outside = await writeFiles(join(root, 'outside'), { keep: '' })
  await mkdir(join(root, 'there'))
  await symlink(outside, join(root, 'link'))
  for (const name of ['there', 'link'])
    await assert.rejects(
      writeFolder(join(root, name), entriesOf('a'), () => {}),
      { code: 'EEXIST' },
    )
  await assert.rejects(
    writeFolder(join(root, 'twice'), entriesOf('a', 'a'), () => {}),
    { code: 'EEXIST' },
  )
  assert.deepEqual(await readdir(outside), ['keep'])
  assert.deepEqual(await readdir(join(root, 'there')), [])
})

test('what its owner may run may be run, and nothing else', async (t) => {
  const folder = join(await makeTemporary(t), 'new')
  await writeFolder(folder, entriesOf('a', 'b.sh'), () => {})
  const mayRun = await Promise.all(['a', 'b.sh'].map(async (name) => ((await stat(join(folder, name))).mode & 0o111) !== 0))
  assert.deepEqual(mayRun, [false, true])
})
