import assert from 'node:assert/strict'
import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { changesOf, folderOf, lockOf, setUpSet } from '../testing/package-set.ts'
import { install, installSet, plainChange, publish } from '../testing/project.ts'
import type { Stand } from '../testing/stand.ts'
import { exchangeWith, makeTemporary, manifestOf, openStand, replicate, writeFiles } from '../testing/stand.ts'

test('a package comes with what it needs, and the lock says who needs what', async (t) => {
  const { ada, project } = await setUpSet(t)
  const answer = await installSet(ada, ['app', 'extra'], { directory: project })
  assert.deepEqual(changesOf(answer), ['added app 1.0.0', 'added base 1.1.0', 'added extra 1.0.0'])
  assert.deepEqual((await readdir(folderOf(project))).toSorted(), ['app', 'base', 'extra'])
  const lock = await lockOf(project)
  assert.match(lock, /package = "@ada\/app"(?:\n.+)*\nrequested = "\*"\ndependencies = \[\n {2}"@ada\/base \^1",\n\]/)
  assert.doesNotMatch(lock.slice(lock.indexOf('@ada/base"')).split('[[installed]]')[0] ?? '', /requested/)
})

test('install without a name brings back what is gone and puts right what was changed, exactly as the lock says', async (t) => {
  const { ada, project, give } = await setUpSet(t)
  await installSet(ada, ['app', 'extra'], { directory: project })
  await give('base', '1.2.0')
  const before = await lockOf(project)
  assert.equal((await installSet(ada, [], { directory: project })).status, 'present')
  await rm(join(folderOf(project), 'base'), { recursive: true })
  await writeFile(join(folderOf(project), 'extra/a.txt'), 'mine')
  const answer = await installSet(ada, [], { directory: project, frozen: true })
  assert.deepEqual(changesOf(answer), ['present app 1.0.0', 'restored base 1.1.0', 'restored extra 1.0.0'])
  assert.equal(await readFile(join(folderOf(project), 'extra/a.txt'), 'utf8'), '1.0.0')
  assert.equal(await lockOf(project), before)
})

test('an empty project takes from a lock exactly what it says, on another machine', async (t) => {
  const { ada, root, project, give } = await setUpSet(t)
  await installSet(ada, ['app'], { directory: project })
  await give('base', '1.2.0')
  const other = await writeFiles(join(root, 'other'), { 'althing.toml': '', 'althing.lock': await lockOf(project) })
  const bob: Stand = await openStand('bob', { exchange: exchangeWith(() => bob, ada), peers: [ada.node] })
  t.after(() => bob[Symbol.asyncDispose]())
  await replicate(ada, bob)
  const answer = await installSet(bob, [], { directory: other, frozen: true })
  assert.deepEqual(changesOf(answer), ['restored app 1.0.0', 'restored base 1.1.0'])
  assert.equal(await lockOf(other), await lockOf(project))
})

test('a lock that came from somebody else, by a pull, is made true although the folders are there', async (t) => {
  const { ada, root, project, give } = await setUpSet(t)
  await installSet(ada, ['app'], { directory: project })
  const other = await writeFiles(join(root, 'other'), { 'althing.toml': '', 'althing.lock': await lockOf(project) })
  const bob: Stand = await openStand('bob', { exchange: exchangeWith(() => bob, ada), peers: [ada.node] })
  t.after(() => bob[Symbol.asyncDispose]())
  await replicate(ada, bob)
  await installSet(bob, [], { directory: other })
  await give('base', '1.2.0')
  await ada.handlers['marketplace.update']({ ...plainChange, check: false, directory: project, packages: [] }, ada.context)
  await replicate(ada, bob)
  await writeFile(join(other, 'althing.lock'), await lockOf(project))
  const blind = await installSet(bob, [], { directory: other, offline: true })
  assert.deepEqual([changesOf(blind), blind.packages[1]?.changed], [['present app 1.0.0', 'present base 1.2.0'], null])
  assert.deepEqual(changesOf(await installSet(bob, [], { directory: other, frozen: true })), ['present app 1.0.0', 'restored base 1.2.0'])
  assert.equal(await readFile(join(folderOf(other), 'base/a.txt'), 'utf8'), '1.2.0')
})

test('--frozen without a lock is refused: a build whose lock was forgotten is no good one', async (t) => {
  const { ada, project } = await setUpSet(t)
  await assert.rejects(installSet(ada, [], { directory: project, frozen: true }), {
    code: 'LOCK_OUTDATED',
    message: /there is no .*althing\.lock/,
  })
})

test('--frozen refuses what would change the lock, and says what', async (t) => {
  const { ada, project } = await setUpSet(t)
  await installSet(ada, ['app'], { directory: project })
  await assert.rejects(installSet(ada, ['extra'], { directory: project, frozen: true }), {
    code: 'LOCK_OUTDATED',
    message: /@ada\/extra 1\.0\.0/,
  })
  const lock = await lockOf(project)
  await writeFile(join(project, 'althing.lock'), lock.replace(/\[\[installed\]\]\npackage = "@ada\/base"[\s\S]*$/, ''))
  await assert.rejects(installSet(ada, [], { directory: project, frozen: true }), { code: 'LOCK_OUTDATED', message: /@ada\/base/ })
  await assert.rejects(installSet(ada, [], { directory: project }), { code: 'TARGET_OCCUPIED' })
  assert.equal((await installSet(ada, [], { directory: project, force: true })).status, 'done')
  assert.equal(await lockOf(project), lock)
})

test('--offline takes what is on this disk, and says all that is missing', async (t) => {
  const { ada, root, project } = await setUpSet(t)
  let asked = 0
  const exchange = exchangeWith(() => bob, ada)
  const counting = { ...exchange, fetch: (...given: Parameters<typeof exchange.fetch>) => ((asked += 1), exchange.fetch(...given)) }
  const bob: Stand = await openStand('bob', { exchange: counting, peers: [ada.node] })
  t.after(() => bob[Symbol.asyncDispose]())
  await replicate(ada, bob)
  await installSet(bob, ['extra'], { directory: project })
  asked = 0
  await assert.rejects(installSet(bob, ['app', 'extra'], { directory: root, offline: true }), {
    code: 'PACKAGE_UNAVAILABLE',
    message: /@ada\/app 1\.0\.0, @ada\/base 1\.1\.0 are not/,
  })
  assert.equal((await installSet(bob, ['extra'], { directory: root, offline: true })).status, 'done')
  assert.equal(asked, 0)
})

test('--dry-run says what would come and how many bytes, and makes nothing', async (t) => {
  const { ada, project } = await setUpSet(t)
  const bob: Stand = await openStand('bob', { exchange: exchangeWith(() => bob, ada), peers: [ada.node] })
  t.after(() => bob[Symbol.asyncDispose]())
  await replicate(ada, bob)
  const answer = await installSet(bob, ['app'], { directory: project, dryRun: true })
  assert.deepEqual([answer.status, ...changesOf(answer)], ['planned', 'added app 1.0.0', 'added base 1.1.0'])
  assert.equal(
    answer.fetchedBytes,
    answer.packages.reduce((sum, { size }) => sum + (size ?? 0), 0),
  )
  assert.deepEqual(await readdir(project), ['althing.toml'])
})

test('what has to be accepted is refused with how, and an acceptance is kept in the lock with its reason', async (t) => {
  const { project, root } = await setUpSet(t)
  const folder = await makeTemporary(t)
  await using ada = await openStand('ada', { policy: 'open' })
  await publish(ada, { root: folder, name: 'fresh' }, { 'package.toml': manifestOf('fresh', '1.0.0') })
  await assert.rejects(installSet(ada, ['fresh'], { directory: project }), {
    code: 'CONFIRMATION_NEEDED',
    message: /--accept cool-down --reason "why"$/,
  })
  assert.deepEqual(await readdir(project), ['althing.toml'])
  await assert.rejects(installSet(ada, ['fresh'], { directory: project, accept: ['cool-down'] }), {
    code: 'INPUT_INVALID',
    message: /needs a reason/,
  })
  await assert.rejects(installSet(ada, ['fresh'], { directory: project, accept: ['everything'], reason: 'x' }), { code: 'INPUT_INVALID' })
  await installSet(ada, ['fresh'], { directory: project, accept: ['cool-down'], reason: 'read it\nall' })
  assert.match(
    await lockOf(project),
    /\[\[installed\.override\]\]\nkind = "cool-down"\nversion = "1\.0\.0"\nreason = "read it all"\nby = "z6Mk/,
  )
  assert.equal((await installSet(ada, [], { directory: project, frozen: true })).status, 'present')
  assert.ok(root)
})

test('a lock that althing 0.1 wrote is installed from, and stays as it is until something changes', async (t) => {
  const { ada, project } = await setUpSet(t)
  await installSet(ada, ['app', 'extra'], { directory: project, noDependencies: true })
  const old = (await lockOf(project))
    .replace('version = 2', 'version = 1')
    .replaceAll(/^source = "hive:/gm, 'hive = "')
    .replaceAll(/^(?:kind|requested|without-dependencies) = .*\n/gm, '')
  await writeFile(join(project, 'althing.lock'), old)
  assert.equal((await installSet(ada, [], { directory: project, frozen: true })).status, 'present')
  assert.equal(await lockOf(project), old)
  const answer = await installSet(ada, ['app'], { directory: project })
  assert.deepEqual(changesOf(answer), ['present app 1.0.0', 'added base 1.1.0', 'present extra 1.0.0'])
  assert.match(await lockOf(project), /^version = 2$/m)
})

test('install takes both sides of a merge that Git could not do, and writes the lock without marks', async (t) => {
  const { ada, project } = await setUpSet(t)
  await installSet(ada, ['app'], { directory: project })
  const [head = '', ...blocks] = (await lockOf(project)).split('[[installed]]')
  await installSet(ada, ['extra'], { directory: project })
  const extra = (await lockOf(project)).split('[[installed]]').find((block) => block.includes('@ada/extra'))
  await writeFile(
    join(project, 'althing.lock'),
    `${head}<<<<<<< ours\n${blocks.map((block) => `[[installed]]${block}`).join('')}=======\n[[installed]]${extra}>>>>>>> theirs\n`,
  )
  await assert.rejects(installSet(ada, [], { directory: project, frozen: true }), { code: 'LOCK_OUTDATED' })
  const answer = await installSet(ada, [], { directory: project })
  assert.deepEqual(changesOf(answer), ['present app 1.0.0', 'present base 1.1.0', 'present extra 1.0.0'])
  assert.doesNotMatch(await lockOf(project), /<<<|>>>/)
  assert.equal((await installSet(ada, [], { directory: project, frozen: true })).status, 'present')
})

test('a tag is asked for like a range, and followed by update', async (t) => {
  const { ada, project, give } = await setUpSet(t)
  await give('extra', '2.0.0-rc.1')
  const tag = (name: string) => ada.handlers['marketplace.tag']({ action: 'add', package: name, tag: 'next' }, ada.context)
  await tag('extra@2.0.0-rc.1')
  assert.equal((await install(ada, 'extra@next', { directory: project })).version, '2.0.0-rc.1')
  assert.match(await lockOf(project), /requested = "next"/)
  await give('extra', '2.0.0')
  assert.equal((await installSet(ada, [], { directory: project, frozen: true })).status, 'present')
  await tag('extra@2.0.0')
  assert.equal((await installSet(ada, [], { directory: project, frozen: true })).status, 'present')
  const update = await ada.handlers['marketplace.update']({ ...plainChange, check: false, directory: project, packages: [] }, ada.context)
  assert.deepEqual(changesOf(update), ['updated extra 2.0.0'])
  await ada.handlers['marketplace.tag']({ action: 'rm', package: 'extra', tag: 'next' }, ada.context)
  assert.equal(
    (await ada.handlers['marketplace.update']({ ...plainChange, check: false, directory: project, packages: [] }, ada.context)).status,
    'present',
  )
  await assert.rejects(install(ada, 'extra@nightly', { directory: project }), { code: 'VERSION_UNKNOWN', message: /has no tag nightly/ })
})

test('a yanked version stays where it is locked, is chosen for nobody else, and comes back only when it is named and accepted', async (t) => {
  const { ada, root, project } = await setUpSet(t)
  await installSet(ada, ['app'], { directory: project })
  await ada.handlers['marketplace.yank']({ package: 'base@1.1.0', reason: 'leaks', undo: false }, ada.context)
  const kept = await installSet(ada, ['tool'], { directory: project })
  assert.deepEqual(changesOf(kept), ['present app 1.0.0', 'present base 1.1.0', 'added tool 1.0.0'])
  assert.deepEqual(
    kept.notes.map(({ kind, package: name }) => [kind, name]),
    [['yanked', '@ada/base']],
  )
  const other = await writeFiles(join(root, 'other'), { 'althing.toml': '' })
  assert.deepEqual(changesOf(await installSet(ada, ['app'], { directory: other })), ['added app 1.0.0', 'added base 1.0.0'])
  await assert.rejects(installSet(ada, ['base@1.1.0'], { directory: other }), {
    code: 'CONFIRMATION_NEEDED',
    message: /@ada\/base 1\.1\.0 was yanked \(leaks\).*--accept yanked --reason/,
  })
  await assert.rejects(installSet(ada, ['base@^1.1'], { directory: other }), {
    code: 'DEPENDENCY_CONFLICT',
    message: /1\.1\.0 \(yanked\).*named exactly, with --accept yanked/,
  })
  const accepted = await installSet(ada, ['base@1.1.0'], { directory: other, accept: ['yanked'], reason: 'to find the leak' })
  assert.deepEqual(changesOf(accepted), ['present app 1.0.0', 'updated base 1.1.0'])
  const update = await ada.handlers['marketplace.update'](
    { ...plainChange, check: false, directory: project, packages: ['base'] },
    ada.context,
  )
  assert.deepEqual(changesOf(update), ['present app 1.0.0', 'downgraded base 1.0.0', 'present tool 1.0.0'])
})
