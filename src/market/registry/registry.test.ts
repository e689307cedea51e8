import assert from 'node:assert/strict'
import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { installSet, install } from '../testing/project.ts'
import { addRegistry, openRegistryWorld } from '../testing/registry-world.ts'
import { searchFor } from '../testing/search-for.ts'
import { ownerOf, releasesOf, testMarketOptions } from '../testing/stand.ts'
import { listRegistries } from './registry-table.ts'

const search = searchFor('axum')
const registryOptions = testMarketOptions.registry

test('what a hive exports is found, installed and pinned by somebody who is not in it', async (t) => {
  const world = await openRegistryWorld(t)
  const { bob, project } = world
  const { url } = await world.serve()
  await addRegistry(world, url)
  const { packages } = await bob.handlers['marketplace.search'](search, bob.context)
  assert.deepEqual(
    packages.map(({ package: name, version, source }) => ({ name, version, source })),
    [{ name: '@ada/axum', version: '1.0.0', source: `registry:${url}` }],
  )
  const installed = await install(bob, 'axum', { directory: project })
  assert.equal(installed.owner, ownerOf('ada'))
  assert.deepEqual(
    installed.providers.map(({ peer }) => peer),
    [`registry:${url}`],
  )
  assert.equal(await readFile(join(installed.path, 'a.txt'), 'utf8'), '1.0.0')
  const lock = await readFile(join(project, 'althing.lock'), 'utf8')
  assert.match(lock, new RegExp(`^source = "registry:${url}"$`, 'm'))
})

test('an export writes nothing that is there as it has to be, and the same bytes into another folder', async (t) => {
  const world = await openRegistryWorld(t)
  assert.equal((await world.export()).written, 0)
  const before = await readTree(world.folder)
  const other = join(world.root, 'other')
  await world.ada.handlers['registry.export']({ folder: other, packages: [] }, world.ada.context)
  assert.deepEqual(await readTree(other), before)
  await world.publish('axum', '1.1.0')
  // its archive, its list of files, its lines, and the list of names
  assert.equal((await world.export()).written, 4)
  assert.deepEqual(
    (await readdir(world.folder)).filter((name) => name.startsWith('.')),
    [],
  )
})

test('an export refuses a folder that holds something else', async (t) => {
  const world = await openRegistryWorld(t)
  await writeFile(join(world.root, 'diary.txt'), 'dear diary')
  await assert.rejects(world.ada.handlers['registry.export']({ folder: world.root, packages: [] }, world.ada.context), {
    code: 'EXPORT_REFUSED',
  })
})

test('an update, an outdated package and what its owner said since come through the registry', async (t) => {
  const world = await openRegistryWorld(t)
  const { ada, bob, project } = world
  await addRegistry(world, (await world.serve()).url)
  await install(bob, 'axum', { directory: project })
  await world.publish('axum', '1.1.0')
  await ada.handlers['marketplace.deprecate']({ package: 'axum@1.0.0', message: 'use 1.1', undo: false }, ada.context)
  await world.export()
  const outdated = await bob.handlers['marketplace.outdated']({ directory: project, global: false }, bob.context)
  assert.deepEqual(
    outdated.packages.map(({ current, latest }) => [current, latest]),
    [['1.0.0', '1.1.0']],
  )
  const update = { directory: project, global: false, packages: [], check: false, dryRun: false, offline: false, accept: [] }
  const { packages } = await bob.handlers['marketplace.update'](update, bob.context)
  assert.deepEqual(
    packages.map(({ version, change }) => [version, change]),
    [['1.1.0', 'updated']],
  )
  const { versions } = await bob.handlers['marketplace.versions']({ package: '@ada/axum' }, bob.context)
  assert.deepEqual(
    versions.map(({ version, deprecated }) => [version, deprecated]),
    [
      ['1.1.0', null],
      ['1.0.0', 'use 1.1'],
    ],
  )
})

test('F33: without the registry what it said is installed from the disk and searched, with its age; with it again, it is asked', async (t) => {
  const world = await openRegistryWorld(t)
  const { bob, project } = world
  const server = await world.serve()
  await addRegistry(world, server.url)
  await install(bob, 'axum', { directory: project })
  await server[Symbol.asyncDispose]()
  const { packages } = await bob.handlers['marketplace.search'](search, bob.context)
  assert.equal(packages.length, 1)
  await rm(join(project, '.althing'), { recursive: true })
  const again = await installSet(bob, [], { directory: project })
  assert.equal(again.packages[0]?.change, 'restored')
  const [row] = (await bob.handlers['registry.list']({}, bob.context)).registries
  assert.match(row?.problem ?? '', /ECONNREFUSED/)
  assert.equal(typeof row?.ageMs, 'number')
  await world.publish('axum', '1.1.0')
  await world.export()
  await world.serve(Number(new URL(server.url).port))
  assert.equal((await install(bob, 'axum@latest', { directory: project })).version, '1.1.0')
  assert.equal(listRegistries(bob.database)[0]?.problem, undefined)
})

test('in p2p mode no registry is asked; in central mode the hive is not', async (t) => {
  const quiet = await openRegistryWorld(t, { options: { registry: { ...registryOptions, mode: 'p2p' } } })
  const server = await quiet.serve()
  await addRegistry(quiet, server.url)
  const before = server.requests()
  assert.equal((await quiet.bob.handlers['marketplace.search'](search, quiet.bob.context)).packages.length, 0)
  await assert.rejects(install(quiet.bob, 'axum', { directory: quiet.project }), { code: 'PACKAGE_UNKNOWN' })
  assert.equal(server.requests(), before)

  const central = await openRegistryWorld(t, { options: { registry: { ...registryOptions, mode: 'central' } } })
  await assert.rejects(central.bob.handlers['marketplace.search'](search, central.bob.context), { code: 'REGISTRY_NONE' })
  await addRegistry(central, (await central.serve()).url)
  assert.equal((await install(central.bob, 'axum', { directory: central.project })).version, '1.0.0')
})

test('what did not change is not sent again', async (t) => {
  const world = await openRegistryWorld(t)
  const { bob } = world
  await addRegistry(world, (await world.serve()).url)
  await bob.handlers['marketplace.info']({ package: 'axum', mcp: false, directory: world.project }, bob.context)
  const before = bob.database.all('select * from registry_file order by path')
  await bob.handlers['marketplace.info']({ package: 'axum', mcp: false, directory: world.project }, bob.context)
  const after = bob.database.all('select * from registry_file order by path')
  assert.equal(before.length, 2)
  assert.deepEqual(
    after.map(({ etag, digest }) => ({ etag, digest })),
    before.map(({ etag, digest }) => ({ etag, digest })),
  )
  assert.equal(releasesOf(bob, 'axum').length, 0)
})

test('a registry that is removed is asked no more, and nothing of it is left in the index', async (t) => {
  const world = await openRegistryWorld(t)
  const { bob } = world
  await addRegistry(world, (await world.serve()).url)
  await bob.handlers['marketplace.search'](search, bob.context)
  await bob.handlers['registry.remove']({ name: 'office' }, bob.context)
  assert.equal((await bob.handlers['marketplace.search'](search, bob.context)).packages.length, 0)
  for (const table of ['release', 'package', 'registry', 'registry_entry', 'registry_file', 'registry_certificate', 'reference'])
    assert.deepEqual(bob.database.all(`select * from ${table}`), [], table)
  assert.deepEqual(bob.database.all(`select * from setting where name like 'registry.private%'`), [])
})

test('a folder is imported without a server: its packages are installed from it, each checked', async (t) => {
  const world = await openRegistryWorld(t)
  const { bob, folder, project } = world
  const report = await bob.handlers['registry.import']({ path: folder, name: 'stick' }, bob.context)
  assert.deepEqual(report, { name: 'stick', kind: 'signed', shape: null, packages: 1, versions: 1, refused: 0, archives: 1 })
  const installed = await install(bob, 'axum', { directory: project })
  assert.deepEqual(installed.providers, [])
  assert.match(await readFile(join(project, 'althing.lock'), 'utf8'), /^source = "registry:import:stick"$/m)
  assert.equal((await installSet(bob, [], { directory: project, frozen: true })).status, 'present')
})

async function readTree(folder: string): Promise<Readonly<Record<string, string>>> {
  const tree: Record<string, string> = {}
  for (const path of (await readdir(folder, { recursive: true })).toSorted()) {
    const file = join(folder, path)
    if ((await stat(file)).isFile()) tree[path] = (await readFile(file)).toString('base64')
  }
  return tree
}
