import assert from 'node:assert/strict'
import { rm, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { createSeededChance } from '../../lib/chance.ts'
import type { Cid } from '../../lib/cid.ts'
import { digestOfCid, parseCid } from '../../lib/cid.ts'
import { systemClock } from '../../lib/clock.ts'
import { silentLog } from '../../lib/log.ts'
import { changesOf } from '../testing/package-set.ts'
import { install, installSet } from '../testing/project.ts'
import type { RegistryWorld } from '../testing/registry-world.ts'
import { addRegistry, openRegistryWorld } from '../testing/registry-world.ts'
import { makeTemporary } from '../testing/stand.ts'
import { UnpackedStore } from '../unpacked/unpacked-store.ts'

/** Bob installed axum from a registry that he then removed. */
async function setUp(t: TestContext): Promise<RegistryWorld & { readonly file: string; readonly store: string; readonly cid: Cid }> {
  const store = join(await makeTemporary(t), 'unpacked')
  const unpacked = new UnpackedStore({ clock: systemClock, chance: createSeededChance(7), log: silentLog }, { directory: store })
  const world = await openRegistryWorld(t, { unpacked })
  await addRegistry(world, (await world.serve()).url)
  const { path, cid } = await install(world.bob, 'axum', { directory: world.project })
  await world.bob.handlers['registry.remove']({ name: 'office' }, world.bob.context)
  return { ...world, file: join(path, 'a.txt'), store, cid: parseCid(cid) ?? assert.fail() }
}

const verify = ({ bob, project }: RegistryWorld): ReturnType<RegistryWorld['bob']['handlers']['marketplace.verify']> =>
  bob.handlers['marketplace.verify']({ directory: project, global: false, frozen: false }, bob.context)

test('S8: what came from a registry that was removed is still compared with the digest of the lock, and put right from this disk', async (t) => {
  const world = await setUp(t)
  const { bob, project, file } = world
  assert.deepEqual((await verify(world)).packages[0]?.state, 'whole')
  await rm(file)
  await writeFile(file, 'evil!')
  const { packages, isBroken } = await verify(world)
  assert.deepEqual([isBroken, packages[0]?.state, packages[0]?.changed], [true, 'changed', ['a.txt']])
  const { findings } = await bob.handlers['marketplace.audit']({ directory: project, global: false }, bob.context)
  assert.deepEqual(
    findings.map(({ kind }) => kind),
    ['changed', 'unknown'],
  )
  const answer = await installSet(bob, [], { directory: project, frozen: true })
  assert.deepEqual(changesOf(answer), ['restored axum 1.0.0'])
  assert.equal(await readFile(file, 'utf8'), '1.0.0')
})

test('S8: what nobody here has the bytes of ends a frozen install and a verify, and an install says that it was not compared', async (t) => {
  const world = await setUp(t)
  const { bob, project, file, store, cid } = world
  await rm(store, { recursive: true, force: true })
  await bob.blobs.remove(digestOfCid(cid))
  await rm(file)
  await writeFile(file, 'evil!')
  await assert.rejects(installSet(bob, [], { directory: project, frozen: true }), {
    code: 'PACKAGE_UNAVAILABLE',
    message: /with --frozen everything is compared .* @\S+\/axum 1\.0\.0 are not on this disk\. .*registry:http/,
  })
  const { packages, isBroken } = await verify(world)
  assert.deepEqual([isBroken, packages[0]?.state], [true, 'unknown'])
  const { packages: rows } = await installSet(bob, [], { directory: project })
  assert.deepEqual(
    rows.map(({ change, changed }) => [change, changed]),
    [['present', null]],
  )
})
