import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { digestOfCid } from '../lib/cid.ts'
import { install } from './testing/project.ts'
import { getRelease } from './package-index.ts'
import { requireSigned } from './signed-release.ts'
import { makeTemporary, manifestOf, openStand, ownerOf, releasesOf, writeFiles } from './testing/stand.ts'
import { searchFor } from './testing/search-for.ts'

for (const damage of [
  "digest = unhex('00' || substr(hex(digest), 3))",
  'size = size + 1',
  'file_count = file_count + 64',
  "version = '1.1.8'",
  "manifest = replace(manifest, '{', '[')",
  "manifest = replace(manifest, 'demo', 'dumo')",
  "entry = replace(entry, 'a', 'b')",
  "node = replace(node, 'a', 'b')",
  'archive = files',
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

for (const [what, damage] of [
  ['another owner', `update release set owner = '${ownerOf('bob')}'`],
  ['another name', "update release set name = 'dumo'"],
  ['a header that is none', "update entry set header = unhex(hex(substr(header, 1, length(header) - 1)) || '00')"],
  ['a body that is none', "update entry set body = unhex(hex(substr(body, 1, length(body) - 1)) || '00')"],
  [
    'another list of files',
    'update entry set body = unhex(replace(hex(body), substr(hex(?1), 3), substr(hex(?1), 5) || substr(hex(?1), 3, 2)))',
  ],
] as const) {
  test(`F8: what an index says under another name, or an entry that was damaged, is not taken for a release (${what})`, async (t) => {
    const folder = await writeFiles(join(await makeTemporary(t), 'demo'), { 'package.toml': manifestOf('demo') })
    await using ada = await openStand('ada')
    await ada.handlers['p2p.publish']({ path: folder }, ada.context)
    const release = releasesOf(ada, 'demo')[0] ?? assert.fail()
    await ada.database.write((tx) => tx.run(damage, ...(damage.includes('?1') ? [digestOfCid(release.files)] : [])))
    const row = getRelease(ada.database, release.entry)
    await assert.rejects(requireSigned(ada, ada.deps.findHive(undefined), { release: row, reference: 'demo' }), { code: 'STORE_CORRUPT' })
  })
}
