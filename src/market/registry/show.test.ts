import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import { addRegistry, openRegistryWorld } from '../testing/registry-world.ts'
import { searchFor } from '../testing/search-for.ts'
import { ownerOf } from '../testing/stand.ts'
import { createShow } from './show.ts'

test('a node shows its hive as a registry, and what is published since once that is old enough', async (t) => {
  const world = await openRegistryWorld(t)
  const clock = createVirtualClock({ startsAt: 0 })
  const request = { directory: join(world.root, 'shown'), signal: t.signal }
  const find = createShow({ ...world.ada.deps, clock }, { serveAgeMs: 10_000 }, request)
  const first = await find('names.jsonl')
  assert.equal(first?.type, 'application/octet-stream')
  await world.publish('tokio', '1.0.0')
  assert.equal(await find('index/to/ki/tokio'), undefined)
  assert.equal((await find('names.jsonl'))?.etag, first?.etag)
  await clock.run(clock.sleep(10_000, { signal: t.signal }))
  assert.notEqual((await find('names.jsonl'))?.etag, first?.etag)
  assert.ok(await find('index/to/ki/tokio'))
  assert.equal(await find('../althing.sqlite'), undefined)
})

test('what a registry has of an owner who is blocked is not shown, until they are blocked no more', async (t) => {
  const world = await openRegistryWorld(t)
  const { bob } = world
  await addRegistry(world, (await world.serve()).url)
  const count = async (): Promise<number> => {
    return (await bob.handlers['marketplace.search'](searchFor('axum'), bob.context)).packages.length
  }
  assert.equal(await count(), 1)
  await bob.deps.acquaintances.block(ownerOf('ada'), true)
  assert.equal(await count(), 0)
  await bob.deps.acquaintances.block(ownerOf('ada'), false)
  assert.equal(await count(), 1)
})
