import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderOf, lockOf, setUpSet } from '../testing/package-set.ts'
import { installSet, setUpProject } from '../testing/project.ts'
import type { Stand } from '../testing/stand.ts'
import { openStand, replicate, writeFiles } from '../testing/stand.ts'
import { findPlace } from './place.ts'
import { openPlaceLock } from './place-lock.ts'

test('outdated says what update would bring, and what there is beyond', async (t) => {
  const { ada, project, give } = await setUpSet(t)
  await installSet(ada, ['app', 'extra@^1'], { directory: project })
  const outdated = () => ada.handlers['marketplace.outdated']({ directory: project, global: false }, ada.context)
  assert.deepEqual(await outdated(), {
    packages: [
      {
        package: '@ada/base',
        current: '1.1.0',
        wanted: '1.1.0',
        latest: '2.0.0',
        latestOwner: null,
        requested: null,
        yanked: null,
        deprecated: null,
      },
    ],
    isOutdated: true,
  })
  await give('extra', '1.3.0')
  await give('extra', '2.0.0-rc.1')
  await give('extra', '2.0.0')
  assert.deepEqual((await outdated()).packages[1], {
    package: '@ada/extra',
    current: '1.0.0',
    wanted: '1.3.0',
    latest: '2.0.0',
    latestOwner: null,
    requested: '^1',
    yanked: null,
    deprecated: null,
  })
  await ada.handlers['marketplace.yank']({ package: 'extra@2.0.0', reason: 'leaks', undo: false }, ada.context)
  assert.equal((await outdated()).packages[1]?.latest, '1.3.0')
  await ada.handlers['marketplace.remove']({ packages: ['app', 'extra'], global: false, dryRun: false, directory: project }, ada.context)
  assert.deepEqual(await outdated(), { packages: [], isOutdated: false })
})

test('outdated says that what is installed was taken back or deprecated; a version that was is not the latest, and where there is no other it stays', async (t) => {
  const { ada, project, give } = await setUpSet(t)
  await give('extra', '1.1.0')
  await installSet(ada, ['extra@>=1'], { directory: project })
  const yank = (version: string) =>
    ada.handlers['marketplace.yank']({ package: `extra@${version}`, reason: 'loses rows', undo: false }, ada.context)
  const outdated = () => ada.handlers['marketplace.outdated']({ directory: project, global: false }, ada.context)
  await yank('1.1.0')
  const back = { package: '@ada/extra', current: '1.1.0', wanted: '1.0.0', latest: '1.0.0', latestOwner: null, requested: '>=1' }
  const said = { yanked: 'loses rows', deprecated: null }
  assert.deepEqual(await outdated(), { packages: [{ ...back, ...said }], isOutdated: true })
  await yank('1.0.0')
  const alone = { ...back, wanted: '1.1.0', latest: '1.1.0' }
  assert.deepEqual(await outdated(), { packages: [{ ...alone, ...said }], isOutdated: true })
  await ada.handlers['marketplace.yank']({ package: 'extra@1.1.0', undo: true }, ada.context)
  assert.deepEqual(await outdated(), { packages: [], isOutdated: false })
  await ada.handlers['marketplace.deprecate']({ package: 'extra', message: 'use base', undo: false }, ada.context)
  assert.deepEqual(await outdated(), { packages: [{ ...alone, yanked: null, deprecated: 'use base' }], isOutdated: true })
})

test('why names every way from what was asked for', async (t) => {
  const { ada, project, give } = await setUpSet(t)
  await give('top', '1.0.0', 'app@*')
  await installSet(ada, ['top', 'tool@^1'], { directory: project })
  const why = await ada.handlers['marketplace.why']({ package: 'base', directory: project, global: false }, ada.context)
  assert.deepEqual(
    why.paths.map((path) => path.map((step) => `${step.package} ${step.range}`)),
    [
      ['@ada/tool ^1', '@ada/base ^1.0.0'],
      ['@ada/top *', '@ada/app *', '@ada/base ^1'],
    ],
  )
})

test('verify names every file that was changed, taken or added, and says when there is nothing to compare with', async (t) => {
  const { ada, project } = await setUpSet(t)
  await installSet(ada, ['app', 'extra', 'review'], { directory: project })
  const verify = (stand: Stand, frozen = false) =>
    stand.handlers['marketplace.verify']({ directory: project, global: false, frozen }, stand.context)
  const whole = await verify(ada)
  assert.deepEqual([whole.isBroken, whole.files, new Set(whole.packages.map(({ state }) => state))], [false, 10, new Set(['whole'])])
  const folder = folderOf(project)
  await writeFile(join(folder, 'app/a.txt'), '1.0.O')
  await writeFile(join(project, '.agents/skills/review/evil.md'), 'x')
  await rm(join(folder, 'base'), { recursive: true })
  await rm(join(folder, 'extra/a.txt'))
  await mkdir(join(folder, 'stray'))
  const broken = await verify(ada)
  assert.equal(broken.isBroken, true)
  assert.deepEqual(
    broken.packages.map(({ package: name, state, changed, missing, added }) => [name, state, changed, missing, added]),
    [
      ['@ada/app', 'changed', ['a.txt'], [], []],
      ['@ada/base', 'missing', [], [], []],
      ['@ada/extra', 'changed', [], ['a.txt'], []],
      ['@ada/review', 'added', [], [], ['evil.md']],
    ],
  )
  assert.deepEqual(broken.strays, [join(folder, 'stray')])
  await installSet(ada, [], { directory: project, force: true })
  assert.equal((await verify(ada)).isBroken, false)
  assert.equal((await verify(ada, true)).isBroken, true)
  await using bob = await openStand('bob')
  await replicate(ada, bob)
  assert.deepEqual(
    (await verify(bob)).packages.map(({ state }) => state),
    ['unknown', 'unknown', 'unknown', 'unknown'],
  )
})

test('verify --frozen says what a lock lacks, also when all that it names is whole', async (t) => {
  const { ada, project } = await setUpSet(t)
  await installSet(ada, ['app'], { directory: project })
  const [head = '', app = ''] = (await lockOf(project)).split('[[installed]]')
  await writeFile(join(project, 'althing.lock'), `${head}[[installed]]${app}`)
  await rm(join(folderOf(project), 'base'), { recursive: true })
  const verify = (frozen: boolean) => ada.handlers['marketplace.verify']({ directory: project, global: false, frozen }, ada.context)
  const { lacks, strays, isBroken } = await verify(true)
  assert.deepEqual([lacks, strays, isBroken], [['@ada/base 1.1.0'], [], true])
  assert.equal((await verify(false)).isBroken, false)
})

test('S12: a link or a pipe in place of an installed file is a change, and is not followed', { timeout: 30_000 }, async (t) => {
  const { ada, root, project } = await setUpSet(t)
  await installSet(ada, ['extra'], { directory: project })
  const [file, same] = [join(folderOf(project), 'extra/a.txt'), join(root, 'same')]
  await writeFile(same, '1.0.0')
  const changed = async () => {
    const input = { directory: project, global: false, frozen: false }
    return (await ada.handlers['marketplace.verify'](input, ada.context)).packages.map((each) => [each.state, each.changed])
  }
  await rm(file)
  await symlink(same, file)
  assert.deepEqual(await changed(), [['changed', ['a.txt']]])
  await rm(file)
  assert.equal(spawnSync('mkfifo', [file]).status, 0)
  assert.deepEqual(await changed(), [['changed', ['a.txt']]])
})

test('clean waits for an install that is under way', async (t) => {
  const { ada, project } = await setUpProject(t, { options: { installWaitMs: 1 } })
  await installSet(ada, ['demo'], { directory: project })
  const place = await findPlace({ directory: project, isGlobal: false, target: undefined, globalDirectory: '/nowhere' })
  const { signal } = ada.context
  await using _ = await openPlaceLock(place, { clock: ada.deps.clock, waitMs: 1, signal })
  const clean = { directory: project, global: false, dryRun: false, force: false }
  await assert.rejects(ada.handlers['marketplace.clean'](clean, ada.context), { code: 'STORE_LOCKED' })
  await assert.rejects(installSet(ada, ['review'], { directory: project }), { code: 'STORE_LOCKED' })
})

test('clean clears what an interrupted install left, and packages the lock does not name only on demand', async (t) => {
  const { ada, project } = await setUpSet(t)
  await installSet(ada, ['app'], { directory: project })
  const packages = join(project, '.althing/packages')
  await writeFiles(packages, { '.staging/new-0/x': '', '@ada/mine/x': '' })
  const clean = (more: { readonly dryRun?: boolean; readonly force?: boolean }) =>
    ada.handlers['marketplace.clean']({ directory: project, global: false, dryRun: false, force: false, ...more }, ada.context)
  const removedBy = async (more: { readonly dryRun?: boolean; readonly force?: boolean }): Promise<readonly string[]> =>
    (await clean(more)).removed
  assert.deepEqual(await removedBy({ dryRun: true, force: true }), [join(packages, '.staging/new-0'), join(packages, '@ada/mine')])
  assert.deepEqual(await removedBy({}), [join(packages, '.staging/new-0')])
  assert.deepEqual((await clean({})).strays, [join(packages, '@ada/mine')])
  assert.deepEqual(await removedBy({ force: true }), [join(packages, '@ada/mine')])
  assert.deepEqual((await readdir(folderOf(project))).toSorted(), ['app', 'base'])
})
