import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { addRegistry, openRegistryWorld } from '../testing/registry-world.ts'
import { searchFor } from '../testing/search-for.ts'
import { testMarketOptions } from '../testing/stand.ts'

test('S13: of a registry with many names one command asks for some, and the next one for more', async (t) => {
  const registry = { ...testMarketOptions.registry, maxNames: 2 }
  const world = await openRegistryWorld(t, { options: { registry } })
  const { bob } = world
  for (const name of ['tokio', 'tower', 'tracing']) await world.publish(name, '1.0.0')
  await world.export()
  await addRegistry(world, (await world.serve()).url)
  const found = async (): Promise<number> => (await bob.handlers['marketplace.search'](searchFor(''), bob.context)).packages.length
  assert.equal(await found(), 2)
  assert.equal(await found(), 4)
})

test('of a registry only the names are asked for whose lines changed, or which it names no more', async (t) => {
  const world = await openRegistryWorld(t)
  const { bob, folder } = world
  for (const name of ['tokio', 'tower']) await world.publish(name, '1.0.0')
  await world.export()
  const server = await world.serve()
  await addRegistry(world, server.url)
  const asked = async (): Promise<number> => {
    const before = server.requests()
    await bob.handlers['marketplace.search'](searchFor(''), bob.context)
    return server.requests() - before
  }
  // what is said of members and the list of names, beside the names
  assert.equal(await asked(), 2 + 3)
  await world.publish('hyper', '1.0.0')
  await world.export()
  assert.equal(await asked(), 2 + 1)
  await rm(join(folder, 'index/hy/pe/hyper'))
  const names = await readFile(join(folder, 'names.jsonl'), 'utf8')
  await writeFile(join(folder, 'names.jsonl'), names.replace(/^.*hyper.*\n/m, ''))
  assert.equal(await asked(), 2 + 1)
  assert.equal((await bob.handlers['registry.list']({}, bob.context)).registries[0]?.withheld, 1)
})
