import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OwnerId } from '../../identity/keys.ts'
import type { MarketHive } from '../market.ts'
import { addRegistry, openRegistryWorld } from '../testing/registry-world.ts'
import { searchFor } from '../testing/search-for.ts'
import { openStand, ownerOf, testMarketOptions } from '../testing/stand.ts'
import { joinMemberships } from './join-memberships.ts'
import { Registries } from './registries.ts'
import { insertRegistry } from './registry-table.ts'

test('a node knows sixteen registries: every command waits for them', async (t) => {
  const world = await openRegistryWorld(t)
  const { bob } = world
  await bob.database.write((tx) => {
    for (let index = 0; index < 16; index += 1)
      insertRegistry(tx, { name: `old-${index}`, url: `import:old-${index}`, isPrivate: false, genesis: undefined, now: 0, viewVersion: 0 })
  })
  await assert.rejects(addRegistry(world, 'https://one.example'), { code: 'REGISTRY_EXISTS', message: /there are 16 already/ })
  await bob.handlers['registry.remove']({ name: 'old-0' }, bob.context)
  await addRegistry(world, (await world.serve()).url)
})

test('a name means one registry, and so does a URL; what nobody knows is said with what there is', async (t) => {
  const world = await openRegistryWorld(t)
  const { bob } = world
  const remove = (name: string) => bob.handlers['registry.remove']({ name }, bob.context)
  await assert.rejects(remove('office'), { code: 'REGISTRY_UNKNOWN', message: /Add one: `althing registry add NAME URL`/ })
  const { url } = await world.serve()
  await addRegistry(world, url)
  await assert.rejects(addRegistry(world, url, 'again'), { code: 'REGISTRY_EXISTS', data: { name: 'office', url } })
  await assert.rejects(addRegistry(world, 'https://two.example'), { code: 'REGISTRY_EXISTS', data: { name: 'office', url } })
  await assert.rejects(remove('offise'), { code: 'REGISTRY_UNKNOWN', message: /There are: office/ })
  for (const name of ['', '-x', 'x'.repeat(33), 'A'])
    await assert.rejects(addRegistry(world, 'https://two.example', name), { code: 'REGISTRY_NAME_INVALID' }, name)
})

test('what another version of this program made of a registry’s entries is made anew from them', async (t) => {
  const world = await openRegistryWorld(t)
  const { bob } = world
  const server = await world.serve()
  await addRegistry(world, server.url)
  const find = async (): Promise<number> => (await bob.handlers['marketplace.search'](searchFor('axum'), bob.context)).packages.length
  assert.equal(await find(), 1)
  await server[Symbol.asyncDispose]()
  await bob.database.write((tx) => {
    tx.run('delete from release')
    tx.run('update registry set view_version = 0')
  })
  const { versions } = await bob.handlers['marketplace.versions']({ package: 'axum' }, bob.context)
  assert.deepEqual(
    versions.map(({ version }) => version),
    ['1.0.0'],
  )
})

test('a registry is only read: what is said of a package is said in its hive', async (t) => {
  const world = await openRegistryWorld(t)
  await addRegistry(world, (await world.serve()).url)
  const registries = new Registries(world.bob.deps, { ...testMarketOptions.registry, mode: 'central' })
  const { journal } = registries.ask(world.bob.deps.findHive(undefined))
  await assert.rejects(journal.append('yank', {}), { code: 'REGISTRY_INVALID', message: /"office" is only read/ })
})

test('S8: a handle that sources give to several owners means the first one’s; the others go by their ids', async () => {
  await using stand = await openStand('ada')
  const source = (handles: Readonly<Record<string, OwnerId>>): MarketHive => ({
    ...stand.deps.findHive(undefined),
    membership: {
      policy: 'closed',
      handleOf: (owner) => Object.entries(handles).find(([, each]) => each === owner)?.[0],
      findOwner: (text) => handles[text],
    },
  })
  const [hive, office, far] = [
    source({ ada: ownerOf('ada') }),
    source({ ada: ownerOf('eve'), cy: ownerOf('cy') }),
    source({ eve: ownerOf('eve') }),
  ]
  const joined = joinMemberships(hive, [hive, office, far])
  assert.equal(joined.findOwner('ada'), ownerOf('ada'))
  assert.equal(joined.findOwner('cy'), ownerOf('cy'))
  assert.equal(joined.handleOf(ownerOf('ada')), 'ada')
  assert.equal(joined.handleOf(ownerOf('cy')), 'cy')
  assert.equal(joined.handleOf(ownerOf('eve')), undefined)
  assert.equal(joined.handleOf(ownerOf('bob')), undefined)
  assert.equal(joined.findOwner('nobody'), undefined)
})
