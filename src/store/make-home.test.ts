import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeHome } from './make-home.ts'
import { makeFolder } from './scratch.fixture.ts'

test('a home that is a file is refused with what to do', async (t) => {
  const path = join(makeFolder(t), 'file')
  await writeFile(path, '')
  await assert.rejects(makeHome(path), { code: 'DISK_ERROR', message: /cannot be made .*--home/ })
})
