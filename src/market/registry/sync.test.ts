import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { addRegistry, openRegistryWorld } from '../testing/registry-world.ts'
import type { RegistryWorld } from '../testing/registry-world.ts'
import { searchFor } from '../testing/search-for.ts'
import { testMarketOptions } from '../testing/stand.ts'
import type { RegistryOptions } from './options.ts'
import { listRegistries } from './registry-table.ts'

const freshMs = 30_000
const options: RegistryOptions = { ...testMarketOptions.registry, freshMs }

/** Bob's registries, as his clock goes; he knows the one of the world. */
async function openFresh(t: TestContext, changed: Partial<RegistryOptions> = {}) {
  const world = await openRegistryWorld(t, { options: { registry: { ...options, ...changed } } })
  const server = await world.serve()
  await addRegistry(world, server.url)
  const asked = async (work: () => Promise<unknown>): Promise<number> => {
    const before = server.requests()
    await work()
    return server.requests() - before
  }
  return { world, server, asked, sync: () => sync(world), find: (name: string) => find(world, name) }
}

function sync({ bob }: RegistryWorld) {
  return bob.handlers['registry.sync']({ names: [] }, bob.context)
}

async function find({ bob }: RegistryWorld, name: string): Promise<readonly string[]> {
  return (await bob.handlers['marketplace.search'](searchFor(name), bob.context)).packages.map(({ version }) => version)
}

test('a search does not ask again for what is young; an explicit sync does, and is told what changed since', async (t) => {
  const { world, asked, sync: syncAll, find: findHere } = await openFresh(t)
  assert.equal(await asked(() => findHere('axum')), 2)
  assert.equal(await asked(() => findHere('axum')), 0)
  assert.equal(await asked(syncAll), 2)
  await world.publish('axum', '1.1.0')
  await world.export()
  assert.deepEqual(await findHere('axum'), ['1.0.0'])
  assert.equal((await syncAll()).isStale, false)
  assert.deepEqual(await findHere('axum'), ['1.1.0'])
})

test('an answer that nothing changed is one: it renews when the registry answered, and ends what it did wrong before', async (t) => {
  const { world, server, sync: syncAll } = await openFresh(t)
  await syncAll()
  const { database } = world.bob
  await database.write((tx) => {
    tx.run(`update registry set answered_at = 1, problem = 'it was down'`)
    tx.run('update registry_file set fetched_at = 1')
  })
  const files = 'select path, etag, digest from registry_file order by path'
  const before = database.all(files)
  await syncAll()
  const [row] = listRegistries(database)
  assert.ok((row?.answeredAt ?? 0) > 1, `${row?.answeredAt}`)
  assert.equal(row?.problem, undefined)
  assert.deepEqual(database.all(files), before)
  const old = database.all<{ readonly path: string }>('select path from registry_file where fetched_at = 1')
  assert.deepEqual(
    old.map(({ path }) => path),
    ['index/ax/um/axum'],
  )
  await server[Symbol.asyncDispose]()
  const { isStale, registries } = await syncAll()
  assert.equal(isStale, true)
  assert.match(registries[0]?.problem ?? '', /ECONNREFUSED/)
  assert.equal(listRegistries(database)[0]?.answeredAt, row?.answeredAt)
})

test('the same content under another date is no news: nothing is indexed anew, and the answer counts', async (t) => {
  const { world, sync: syncAll } = await openFresh(t)
  await syncAll()
  const path = join(world.folder, 'names.jsonl')
  const text = await readFile(path)
  await rm(path)
  await writeFile(path, text)
  await world.bob.database.write((tx) => tx.run('update registry set answered_at = 1'))
  await syncAll()
  assert.ok((listRegistries(world.bob.database)[0]?.answeredAt ?? 0) > 1)
})

test('what is young is not asked for, and so says nothing of when the registry answered', async (t) => {
  const { world } = await openFresh(t)
  const { database } = world.bob
  const info = (): Promise<unknown> =>
    world.bob.handlers['marketplace.info']({ package: 'axum', mcp: false, directory: world.project }, world.bob.context)
  await info()
  await database.write((tx) => tx.run('update registry set answered_at = 1'))
  await info()
  assert.equal(listRegistries(database)[0]?.answeredAt, 1)
})

test('an explicit sync brings every name, however many one command may ask for', async (t) => {
  const { world, sync: syncAll } = await openFresh(t, { maxNames: 2 })
  for (const name of ['tokio', 'tower', 'tracing']) await world.publish(name, '1.0.0')
  await world.export()
  assert.equal((await syncAll()).registries[0]?.packages, 4)
})

test('a registry without a list of names is said to have none', async (t) => {
  const { world, sync: syncAll } = await openFresh(t)
  await rm(join(world.folder, 'names.jsonl'))
  const { registries } = await syncAll()
  assert.match(registries[0]?.problem ?? '', /the registry "office" has no names\.jsonl/)
})

test('F33: where only registries are asked and none answers, what is kept of them is found, and with nothing kept that is said', async (t) => {
  const { world, server, find: findHere } = await openFresh(t, { mode: 'central', freshMs: 0 })
  const down = {
    code: 'REGISTRY_UNREACHABLE',
    message:
      /^no registry answered, and nothing is kept of them: office \(.*ECONNREFUSED.*Try again when it answers; `althing registry list`/,
  }
  await server[Symbol.asyncDispose]()
  await assert.rejects(findHere('axum'), down)
  const again = await world.serve(Number(new URL(server.url).port))
  assert.deepEqual(await findHere('axum'), ['1.0.0'])
  await again[Symbol.asyncDispose]()
  assert.deepEqual(await findHere('axum'), ['1.0.0'])
})

test('S18: a registry in a private network is asked there; one that was in none when it was added is not, wherever its name leads since', async (t) => {
  const world = await openRegistryWorld(t)
  const { database } = world.bob
  const server = await world.serve()
  const { port } = new URL(server.url)
  await addRegistry(world, `http://localhost:${port}`)
  assert.equal(listRegistries(database)[0]?.isPrivate, true)
  assert.equal((await sync(world)).isStale, false)
  await database.write((tx) => tx.run(`delete from setting where name like 'registry.private%'`))
  // what was open to it is closed, and connected anew
  await server[Symbol.asyncDispose]()
  await world.serve(Number(port))
  const { registries } = await sync(world)
  assert.match(registries[0]?.problem ?? '', /localhost leads into a private network/)
})
