import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { install } from './testing/project.ts'
import { makeTemporary, manifestOf, openStand, writeFiles } from './testing/stand.ts'
import { searchFor } from './testing/search-for.ts'

for (const damage of [
  "digest = unhex('00' || substr(hex(digest), 3))",
  'size = size + 1',
  'file_count = file_count + 64',
  "version = '1.1.8'",
  "manifest = replace(manifest, '{', '[')",
  "manifest = replace(manifest, 'demo', 'dumo')",
  "entry = replace(entry, 'a', 'b')",
]) {
  test(`F8: a release whose row in the index was damaged is not installed, and is built anew at the next start (${damage})`, async (t) => {
    const home = await makeTemporary(t)
    const folder = await writeFiles(join(await makeTemporary(t), 'demo'), { 'package.toml': manifestOf('demo'), 'a.txt': 'one' })
    const project = await makeTemporary(t)
    const first = await openStand('ada', { home })
    await first.handlers['p2p.publish']({ path: folder }, first.context)
    await first.database.write((tx) => tx.run(`update release set ${damage}`))
    await assert.rejects(install(first, 'demo', { directory: project }), { code: 'STORE_CORRUPT' })
    await first.handlers['p2p.search'](searchFor('demo'), first.context)
    await first[Symbol.asyncDispose]()
    await using second = await openStand('ada', { home })
    assert.equal((await install(second, 'demo', { directory: project })).change, 'added')
  })
}
