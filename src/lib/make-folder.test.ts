import assert from 'node:assert/strict'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from './make-folder.ts'

test('folders that are missing are made, and those that are there stay', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'althing-make-folder-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  const path = join(root, 'a', 'b', 'c')
  await makeFolder(path, { mode: 0o700 })
  assert.equal((await stat(path)).isDirectory(), true)
  assert.equal((await stat(path)).mode & 0o777, 0o700)
  await makeFolder(path, { mode: 0o700 })
  await writeFile(join(root, 'file'), '')
  await assert.rejects(makeFolder(join(root, 'file'), { mode: 0o700 }), { code: 'EEXIST' })
  await assert.rejects(makeFolder(join(root, 'file', 'below'), { mode: 0o700 }), { code: 'ENOTDIR' })
})

test('many may make the same folders at once', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'althing-make-folder-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  for (let round = 0; round < 50; round++) {
    const path = join(root, String(round), 'a', 'b', 'c', 'd', 'e')
    // those who come later find more of it made by the others
    const makers = Array.from({ length: 8 }, async (_, later) => {
      for (let turn = 0; turn < later; turn++) await stat(root)
      await makeFolder(path, { mode: 0o700 })
    })
    await Promise.all(makers)
    assert.equal((await stat(path)).isDirectory(), true)
  }
})

test('where nothing can be made it fails at once instead of never', { skip: process.platform !== 'linux' }, async () => {
  await assert.rejects(makeFolder('/proc/althing/below', { mode: 0o700 }), { code: 'ENOENT' })
})
