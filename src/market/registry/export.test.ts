import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createGenesis } from '../../hive/genesis.ts'
import { formatRelease, releaseKind } from '../release.ts'
import { releaseOf } from '../testing/records.ts'
import { adasHive, openRegistryWorld } from '../testing/registry-world.ts'
import { openStand } from '../testing/stand.ts'

test('an export of some names has those alone, and takes away the lines of others that it had', async (t) => {
  const { ada, folder, publish, export: exportAll } = await openRegistryWorld(t)
  await publish('tokio', '1.0.0')
  await exportAll()
  const report = await ada.handlers['registry.export']({ folder, packages: ['tokio', 'nobody'] }, ada.context)
  assert.deepEqual([report.packages, report.releases], [1, 1])
  assert.match(await readFile(join(folder, 'names.jsonl'), 'utf8'), /^\{"name":"tokio".*\}\n$/)
  assert.deepEqual([existsSync(join(folder, 'index/ax/um/axum')), existsSync(join(folder, 'index/to/ki/tokio'))], [false, true])
})

test('S12: a list of names that names a path takes nothing away out of the folder', async (t) => {
  const { folder, root, export: exportAll } = await openRegistryWorld(t)
  await writeFile(join(root, 'diary'), 'dear diary')
  const digest = '0'.repeat(64)
  await writeFile(join(folder, 'names.jsonl'), `${JSON.stringify({ name: '../../../diary', digest, size: 1 })}\nno json\n`)
  await exportAll()
  assert.equal(await readFile(join(root, 'diary'), 'utf8'), 'dear diary')
})

test('F1: an export that was interrupted is taken up again; a folder of another hive, or that is no folder, is refused', async (t) => {
  const { ada, folder, root, export: exportAll } = await openRegistryWorld(t)
  await rm(join(folder, 'config.json'))
  await rm(join(folder, 'names.jsonl'))
  await writeFile(join(folder, '.althing-0123456789ab'), 'half')
  assert.equal((await exportAll()).written, 2)
  const genesis = createGenesis({ ...adasHive.genesis, nonce: new Uint8Array(16).fill(8) })
  const other = await openStand('ada', { genesis })
  t.after(() => other[Symbol.asyncDispose]())
  const refused = { code: 'EXPORT_REFUSED', message: /holds the packages of another hive, "workbench"/ }
  await assert.rejects(other.handlers['registry.export']({ folder, packages: [] }, other.context), refused)
  await writeFile(join(root, 'file'), '')
  const into = (path: string) => ada.handlers['registry.export']({ folder: join(root, path), packages: [] }, ada.context)
  await assert.rejects(into('file'), { code: 'EXPORT_REFUSED', message: /cannot be read/ })
  await mkdir(join(root, 'mine'))
  await writeFile(join(root, 'mine/index.html'), 'mine')
  await assert.rejects(into('mine'), { code: 'EXPORT_REFUSED', message: /holds something else/ })
  assert.deepEqual(await readdir(join(root, 'mine')), ['index.html'])
})

test('a release whose bytes nobody in reach has is exported by its lines, and named', async (t) => {
  const { ada, folder } = await openRegistryWorld(t)
  await ada.journal.append(releaseKind, formatRelease(releaseOf('ghost', '1.0.0')))
  const { missing, packages } = await ada.handlers['registry.export']({ folder, packages: [] }, ada.context)
  assert.deepEqual([missing, packages], [['ghost 1.0.0'], 2])
})

test('a hive whose genesis is not here cannot be exported, and nothing is written by who gave up', async (t) => {
  const { ada, root } = await openRegistryWorld(t)
  const bob = await openStand('bob')
  t.after(() => bob[Symbol.asyncDispose]())
  const folder = join(root, 'other')
  await assert.rejects(bob.handlers['registry.export']({ folder, packages: [] }, bob.context), {
    code: 'REGISTRY_INVALID',
    message: /its genesis is not here/,
  })
  const signal = AbortSignal.abort(new Error('enough'))
  await assert.rejects(ada.handlers['registry.export']({ folder, packages: [] }, { ...ada.context, signal }), /enough/)
  assert.equal(existsSync(folder), false)
})
