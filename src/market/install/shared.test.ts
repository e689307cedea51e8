import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, lstat, mkdir, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { createSeededChance } from '../../lib/chance.ts'
import { systemClock } from '../../lib/clock.ts'
import { armFailpoint, disarmFailpoint } from '../../lib/failpoint.ts'
import { silentLog } from '../../lib/log.ts'
import { install, installSet, setUpProject } from '../testing/project.ts'
import { exchangeWith, openStand, replicate, writeFiles } from '../testing/stand.ts'
import type { Stand } from '../testing/stand.ts'
import { UnpackedStore } from '../unpacked/unpacked-store.ts'

const demo = '.althing/packages/@ada/demo/a.txt'

function openStore(root: string): UnpackedStore {
  return new UnpackedStore({ clock: systemClock, chance: createSeededChance(9), log: silentLog }, { directory: join(root, 'unpacked') })
}

/** A node with a store of unpacked packages, whose projects share its files in some way. */
async function setUp(t: TestContext, sharing: 'link' | 'copy' | 'auto'): Promise<{ ada: Stand; root: string; one: string; two: string }> {
  const world = await setUpProject(t)
  const bob: Stand = await openStand('bob', {
    unpacked: openStore(world.root),
    options: { sharing },
    exchange: exchangeWith(() => bob, world.ada),
    peers: [world.ada.node],
  })
  t.after(() => bob[Symbol.asyncDispose]())
  await replicate(world.ada, bob)
  const two = await writeFiles(join(world.root, 'two'), { 'althing.toml': '' })
  return { ada: bob, root: world.root, one: world.project, two }
}

test('two projects share the files of a package', async (t) => {
  const { ada, one, two } = await setUp(t, 'link')
  await install(ada, 'demo', { directory: one })
  await install(ada, 'demo', { directory: two })
  const [inOne, inTwo] = [await lstat(join(one, demo)), await lstat(join(two, demo))]
  assert.equal(inOne.ino, inTwo.ino)
  assert.equal(inOne.mode & 0o777, 0o444)
})

test('an edit in one project changes no other, where files are copied or cloned', async (t) => {
  const { ada, one, two } = await setUp(t, 'auto')
  await install(ada, 'demo', { directory: one })
  await install(ada, 'demo', { directory: two })
  if (((await lstat(join(one, demo))).mode & 0o200) === 0) await assert.rejects(writeFile(join(one, demo), 'twe'), { code: 'EACCES' })
  else await writeFile(join(one, demo), 'twe')
  assert.equal(await readFile(join(two, demo), 'utf8'), 'two')
})

test('an edit forced through a hard link is found by verify in every project, and an install puts it right from the signed archive', async (t) => {
  const { ada, one, two } = await setUp(t, 'link')
  await install(ada, 'demo', { directory: one })
  await install(ada, 'demo', { directory: two })
  await chmod(join(one, demo), 0o644)
  await writeFile(join(one, demo), 'twe')
  const { packages } = await ada.handlers['marketplace.verify']({ directory: two, global: false, frozen: false }, ada.context)
  assert.deepEqual(
    packages.map(({ state, changed }) => [state, changed]),
    [['changed', ['a.txt']]],
  )
  await installSet(ada, [], { directory: two })
  assert.equal(await readFile(join(two, demo), 'utf8'), 'two')
  assert.equal((await install(ada, 'demo', { directory: one, force: true })).change, 'restored')
  assert.equal(await readFile(join(one, demo), 'utf8'), 'two')
})

test('an edit that hides its time is put right all the same: what was placed is hashed before it is placed again', async (t) => {
  const { ada, root, one } = await setUp(t, 'link')
  await install(ada, 'demo', { directory: one })
  const [name = ''] = await readdir(join(root, 'unpacked'))
  const inStore = join(root, 'unpacked', name, 'files/a.txt')
  const { mtime } = await lstat(inStore)
  await chmod(inStore, 0o644)
  await writeFile(inStore, 'twe')
  await utimes(inStore, mtime, mtime)
  await installSet(ada, [], { directory: one })
  assert.equal(await readFile(join(one, demo), 'utf8'), 'two')
})

test('--offline installs from unpacked packages alone, without their archives', async (t) => {
  const { root, one, ada: first } = await setUp(t, 'copy')
  await install(first, 'demo', { directory: one })
  const bob = await openStand('bob', { unpacked: openStore(root) })
  t.after(() => bob[Symbol.asyncDispose]())
  for (const head of first.journal.heads())
    await bob.journal.receive([...first.journal.range(head.node, head.incarnation, 1, head.seq)], head.node)
  const two = await writeFiles(join(root, 'three'), { 'althing.toml': '' })
  const answer = await install(bob, 'demo', { directory: two, offline: true })
  assert.deepEqual(answer.providers, [])
  assert.equal(bob.content.stat(releaseCid(answer))?.isWhole ?? false, false)
  assert.equal(await readFile(join(two, demo), 'utf8'), 'two')
  await assert.rejects(install(bob, 'review', { directory: two, offline: true }), { code: 'PACKAGE_UNAVAILABLE' })
})

function releaseCid({ cid }: { readonly cid: string }): Parameters<Stand['content']['stat']>[0] {
  return cid as Parameters<Stand['content']['stat']>[0]
}

test('F5: where the home has no room the package is unpacked into the project; where the project has none nothing is installed', async (t) => {
  const { ada, root, one } = await setUp(t, 'copy')
  t.after(() => disarmFailpoint())
  armFailpoint('unpacked.write', { action: 'error', code: 'ENOSPC' })
  await install(ada, 'demo', { directory: one })
  assert.equal(await readFile(join(one, demo), 'utf8'), 'two')
  assert.deepEqual(await readdir(join(root, 'unpacked')), [])
  disarmFailpoint()
  armFailpoint('install.share', { action: 'error', code: 'ENOSPC' }, 2)
  await assert.rejects(install(ada, 'review', { directory: one }), { code: 'DISK_FULL' })
  disarmFailpoint()
  assert.equal((await install(ada, 'review', { directory: one })).change, 'added')
})

for (const point of ['unpacked.write', 'unpacked.written', 'unpacked.kept', 'install.share'] as const) {
  test(`F1: killed at ${point}, neither store nor project has a part of a package, and the next install works`, async (t) => {
    const { root, project, ada: publisher } = await setUpProject(t)
    const home = join(root, 'home')
    await mkdir(home)
    await cp(join(root, 'sources'), join(home, 'sources'), { recursive: true })
    const child = spawn(process.execPath, [
      new URL('../testing/install-child.ts', import.meta.url).pathname,
      home,
      project,
      'demo',
      point,
      point === 'unpacked.write' || point === 'install.share' ? '2' : '1',
      join(root, 'unpacked'),
    ])
    const [, signal] = (await once(child, 'close')) as [number | null, string | null]
    assert.equal(signal, 'SIGKILL')
    const ada = await openStand('ada', { unpacked: openStore(root), exchange: exchangeWith(() => ada, publisher) })
    t.after(() => ada[Symbol.asyncDispose]())
    await ada.handlers['p2p.publish']({ path: join(await firstSource(home, 'review')) }, ada.context)
    for (const name of (await readdir(join(root, 'unpacked')).catch(() => [])).filter((entry) => !entry.startsWith('.'))) {
      using found = await openStore(root).find(Buffer.from(name, 'hex'), { isDeep: true, signal: ada.context.signal })
      assert.notEqual(found, undefined)
    }
    await install(ada, 'review', { directory: project })
    assert.deepEqual(
      (await readdir(join(root, 'unpacked'))).filter((entry) => entry.startsWith('.')),
      [],
    )
    assert.deepEqual(await readdir(join(project, '.althing/packages/.staging')), ['lock.sqlite'])
    await rm(join(root, 'unpacked'), { recursive: true })
  })
}

async function firstSource(home: string, name: string): Promise<string> {
  for (const group of await readdir(join(home, 'sources'))) {
    for (const folder of await readdir(join(home, 'sources', group))) if (folder === name) return join(home, 'sources', group, folder)
  }
  throw new Error(`no source of ${name}`)
}
