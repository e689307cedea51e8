import assert from 'node:assert/strict'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import { install } from '../testing/project.ts'
import type { RegistryWorld } from '../testing/registry-world.ts'
import { addRegistry, openRegistryWorld } from '../testing/registry-world.ts'
import { testMarketOptions } from '../testing/stand.ts'
import { importPath } from './import.ts'
import { Registries } from './registries.ts'

const kept = ['registry', 'registry_entry', 'registry_certificate', 'registry_file', 'registry_foreign', 'release', 'package', 'reference']

function assertNothingKept({ bob }: RegistryWorld): void {
  for (const table of kept) assert.deepEqual(bob.database.all(`select * from ${table}`), [], table)
}

/** The only archive in a folder. */
async function archiveIn(folder: string): Promise<string> {
  const found = (await readdir(join(folder, 'archives'), { recursive: true })).find((path) => path.endsWith('.zst'))
  return join(folder, 'archives', found ?? assert.fail('there is no archive'))
}

function importFrom({ bob, folder }: RegistryWorld, name = 'stick') {
  return bob.handlers['registry.import']({ path: folder, name }, bob.context)
}

test('S8: of a folder that is refused nothing is kept, whatever of it was good', async (t) => {
  const spoilt: readonly (readonly [RegExp, (folder: string) => Promise<void>])[] = [
    [/other bytes than its owner signed/, async (folder) => writeFile(await archiveIn(folder), zstdCompressSync('other bytes'))],
    [/it is no zstd/, async (folder) => writeFile(await archiveIn(folder), 'no zstd at all')],
    [
      /more than the \d+ bytes of its release/,
      async (folder) => writeFile(await archiveIn(folder), zstdCompressSync(Buffer.alloc(50_000_000))),
    ],
    [/index\/ax\/um\/axum was not imported: it is not there/, (folder) => rm(join(folder, 'index/ax/um/axum'))],
    [/names\.jsonl was not imported: it is not there/, (folder) => rm(join(folder, 'names.jsonl'))],
    [
      /members\.jsonl was not imported: it has more than 262144 bytes/,
      (folder) => writeFile(join(folder, 'members.jsonl'), Buffer.alloc(262_145)),
    ],
    [/its config\.json is not one of `althing registry export`/, (folder) => writeFile(join(folder, 'config.json'), '{}')],
    [/no plain file/, (folder) => rm(join(folder, 'names.jsonl')).then(() => mkdir(join(folder, 'names.jsonl')))],
  ]
  for (const [message, spoil] of spoilt) {
    const world = await openRegistryWorld(t)
    await spoil(world.folder)
    await assert.rejects(importFrom(world), { code: 'REGISTRY_INVALID', message })
    assertNothingKept(world)
  }
})

test('S8: a folder that is refused the second time leaves what came with the first', async (t) => {
  const world = await openRegistryWorld(t)
  await importFrom(world)
  const before = world.bob.database.all('select name, wire from registry_entry order by cid')
  await world.publish('axum', '1.1.0')
  await world.export()
  for (const path of await readdir(join(world.folder, 'archives'), { recursive: true }))
    if (path.endsWith('.zst')) await writeFile(join(world.folder, 'archives', path), 'no zstd at all')
  await assert.rejects(importFrom(world), { code: 'REGISTRY_INVALID' })
  assert.deepEqual(world.bob.database.all('select name, wire from registry_entry order by cid'), before)
  assert.equal((await install(world.bob, 'axum', { directory: world.project })).version, '1.0.0')
})

test('F5: a disk that is full while a folder is taken in leaves nothing of it', async (t) => {
  const world = await openRegistryWorld(t)
  const { bob, folder } = world
  const registries = new Registries(bob.deps, testMarketOptions.registry)
  const content = Object.assign(Object.create(bob.content), { add: () => Promise.reject(new Error('the disk is full')) })
  const deps = { ...bob.deps, content, registries, options: testMarketOptions }
  await assert.rejects(importPath(deps, { path: folder, name: 'stick', signal: bob.context.signal }), /the disk is full/)
  assertNothingKept(world)
})

test('an archive that is not in a folder stops no import: it is fetched elsewhere when it is wanted', async (t) => {
  const world = await openRegistryWorld(t)
  await rm(await archiveIn(world.folder))
  assert.deepEqual(await importFrom(world), {
    name: 'stick',
    kind: 'signed',
    shape: null,
    packages: 1,
    versions: 1,
    refused: 0,
    archives: 0,
  })
})

test('an archive that is whole on this disk is not looked at again, and one longer than this node takes is left where it is', async (t) => {
  const world = await openRegistryWorld(t)
  await importFrom(world)
  await writeFile(await archiveIn(world.folder), 'no zstd at all')
  assert.equal((await importFrom(world)).archives, 0)
  const small = await openRegistryWorld(t, { options: { maxPackageBytes: 1, maxPackageFiles: 0 } })
  assert.equal((await importFrom(small)).archives, 0)
})

test('what is neither there nor an export, nor an index, is not imported; a name is made of that of the file', async (t) => {
  const { bob, root } = await openRegistryWorld(t)
  const take = (path: string, name?: string) => bob.handlers['registry.import']({ path: join(root, path), name }, bob.context)
  await assert.rejects(take('nowhere'), { code: 'REGISTRY_INVALID', message: /nowhere was not imported: it is not there/ })
  await assert.rejects(take('project'), { code: 'REGISTRY_INVALID', message: /config\.json was not imported: it is not there/ })
  await writeFile(join(root, 'Old_Index (2).json'), '[]')
  assert.equal((await take('Old_Index (2).json')).name, 'old-index-2')
  await writeFile(join(root, '___.json'), '[]')
  assert.equal((await take('___.json')).name, 'imported')
  await writeFile(join(root, 'prose.json'), 'once upon a time')
  await assert.rejects(take('prose.json'), { code: 'REGISTRY_INVALID', message: /it is no index\.json/ })
  await assert.rejects(take('___.json', '../up'), { code: 'REGISTRY_NAME_INVALID' })
  // the name of an index means no folder of packages later
  await assert.rejects(take('public', 'imported'), { code: 'REGISTRY_EXISTS' })
})

test('S8: a registry whose word of its members is refused is not added, and nothing of it is kept', async (t) => {
  const world = await openRegistryWorld(t)
  const { url } = await world.serve()
  const members = join(world.folder, 'members.jsonl')
  const good = await readFile(members)
  await writeFile(members, Buffer.alloc(262_145))
  await assert.rejects(addRegistry(world, url), { code: 'REGISTRY_INVALID', message: /members\.jsonl is longer than 262144 bytes/ })
  assertNothingKept(world)
  await writeFile(members, good)
  await addRegistry(world, url)
  assert.equal((await install(world.bob, 'axum', { directory: world.project })).version, '1.0.0')
})
