import assert from 'node:assert/strict'
import { mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { install, plainChange, setUpProject } from '../testing/project.ts'
import type { Stand } from '../testing/stand.ts'

/** A project as somebody else may have pushed it, with a file of ours outside of it. */
async function setUp(t: TestContext): Promise<{ ada: Stand; project: string; staging: string; mine: string; outside: string }> {
  const { ada, project, root } = await setUpProject(t)
  const outside = join(root, 'outside')
  const staging = join(project, '.althing/packages/.staging')
  await mkdir(outside)
  await mkdir(staging, { recursive: true })
  const mine = join(outside, 'profile')
  await writeFile(mine, 'mine')
  return { ada, project, staging, mine, outside }
}

test('S12: nothing is taken away through a folder of packages that became a link out of the project', async (t) => {
  const { ada, project, outside } = await setUp(t)
  await install(ada, 'demo', { directory: project })
  await rm(join(project, '.althing/packages/@ada'), { recursive: true })
  await mkdir(join(outside, 'demo'))
  await symlink(outside, join(project, '.althing/packages/@ada'))
  const remove = { ...plainChange, packages: ['demo'], directory: project }
  await assert.rejects(ada.handlers['marketplace.remove'](remove, ada.context), { code: 'TARGET_REFUSED' })
  assert.deepEqual((await readdir(outside)).toSorted(), ['demo', 'profile'])
})

test('S12: clean takes nothing away through a folder of packages that is a link out of the project', async (t) => {
  const { ada, project, outside } = await setUp(t)
  await mkdir(join(outside, 'mine'))
  await symlink(outside, join(project, '.althing/packages/@ada'))
  const clean = { directory: project, global: false, dryRun: false, force: true }
  await assert.rejects(ada.handlers['marketplace.clean'](clean, ada.context), { code: 'TARGET_REFUSED' })
  assert.deepEqual((await readdir(outside)).toSorted(), ['mine', 'profile'])
})

test('S12: no command takes anything away through a folder for staging, or one above it, that is a link out of the project', async (t) => {
  for (const link of ['.althing/packages/.staging', '.althing/packages', '.althing']) {
    const { ada, project, outside } = await setUp(t)
    await mkdir(join(outside, 'packages/.staging/mine'), { recursive: true })
    await mkdir(join(outside, '.staging/mine'), { recursive: true })
    await rm(join(project, link), { recursive: true })
    await symlink(outside, join(project, link))
    const before = (await readdir(outside, { recursive: true })).toSorted()
    for (const dryRun of [true, false]) {
      const clean = { directory: project, global: false, dryRun, force: false }
      await assert.rejects(ada.handlers['marketplace.clean'](clean, ada.context), { code: 'TARGET_REFUSED' }, link)
    }
    await assert.rejects(install(ada, 'demo', { directory: project }), { code: 'TARGET_REFUSED' }, link)
    const list = { directory: project, global: false, published: false, detailed: false }
    await ada.handlers['marketplace.list'](list, ada.context)
    assert.deepEqual((await readdir(outside, { recursive: true })).toSorted(), before, link)
  }
})

test('S12: a link in place of the note of who installs writes nothing where it leads', async (t) => {
  const { ada, project, staging, mine } = await setUp(t)
  await symlink(mine, join(staging, 'lock.sqlite.pid'))
  await install(ada, 'demo', { directory: project })
  assert.equal(await readFile(mine, 'utf8'), 'mine')
})

test('S12: a link in place of the lock of a place is refused, and nothing is made where it leads', async (t) => {
  const { ada, project, staging, outside } = await setUp(t)
  await symlink(join(outside, 'new'), join(staging, 'lock.sqlite'))
  await assert.rejects(install(ada, 'demo', { directory: project }), { code: 'TARGET_REFUSED' })
  assert.deepEqual(await readdir(outside), ['profile'])
})

test('S12: a lock of a place that holds anything is refused, so that no journal beside it is ever played back', async (t) => {
  const { ada, project, staging } = await setUp(t)
  await writeFile(join(staging, 'lock.sqlite'), 'SQLite format 3\0')
  await writeFile(join(staging, 'lock.sqlite-journal'), 'x')
  await assert.rejects(install(ada, 'demo', { directory: project }), { code: 'TARGET_REFUSED' })
  assert.equal(await readFile(join(staging, 'lock.sqlite-journal'), 'utf8'), 'x')
})

test('S13: a lock of a project, or an intent in it, that leads to a device without end is not read', async (t) => {
  const { ada, project, staging } = await setUp(t)
  await symlink('/dev/zero', join(staging, 'a.intent.json'))
  await install(ada, 'demo', { directory: project })
  assert.deepEqual(await readdir(staging), ['lock.sqlite'])
  const other = join(project, 'other')
  await mkdir(join(other, '.git'), { recursive: true })
  await symlink('/dev/zero', join(other, 'althing.lock'))
  const input = { directory: other, global: false, published: false, detailed: false }
  await assert.rejects(ada.handlers['marketplace.list'](input, ada.context), { code: 'LOCK_INVALID' })
})
