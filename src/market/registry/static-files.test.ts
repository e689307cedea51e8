import assert from 'node:assert/strict'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeTemporary, writeFiles } from '../testing/stand.ts'
import { findStatic } from './static-files.ts'

test('S12: a link in an exported folder is not served, wherever it leads', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), { 'config.json': '{}', secret: 'mine' })
  await symlink(join(folder, 'secret'), join(folder, 'names.jsonl'))
  assert.equal((await findStatic(folder, 'config.json'))?.size, 2)
  assert.equal(await findStatic(folder, 'names.jsonl'), undefined)
})
