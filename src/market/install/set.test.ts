import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { changesOf, folderOf, lockOf, setUpSet } from '../testing/package-set.ts'
import { install, installSet, plainChange, publish } from '../testing/project.ts'
import { exchangeWith, manifestOf, openStand, replicate } from '../testing/stand.ts'

test('what is installed keeps its version when something else is installed, until it is updated', async (t) => {
  const { ada, project, give } = await setUpSet(t)
  await installSet(ada, ['app'], { directory: project })
  await give('base', '1.2.0')
  assert.deepEqual(changesOf(await installSet(ada, ['tool'], { directory: project })), [
    'present app 1.0.0',
    'present base 1.1.0',
    'added tool 1.0.0',
  ])
  const update = (packages: readonly string[], more = {}) =>
    ada.handlers['marketplace.update']({ ...plainChange, check: false, directory: project, packages, ...more }, ada.context)
  const planned = await update([], { dryRun: true })
  assert.deepEqual([planned.status, changesOf(planned)[1]], ['planned', 'updated base 1.2.0'])
  assert.equal(await readFile(join(folderOf(project), 'base/a.txt'), 'utf8'), '1.1.0')
  assert.deepEqual(changesOf(await update(['app'])), ['present app 1.0.0', 'present base 1.1.0', 'present tool 1.0.0'])
  assert.deepEqual(changesOf(await update(['base'])), ['present app 1.0.0', 'updated base 1.2.0', 'present tool 1.0.0'])
  assert.equal(await readFile(join(folderOf(project), 'base/a.txt'), 'utf8'), '1.2.0')
})

test('needs that are at odds are refused with who needs what, and nothing is made', async (t) => {
  const { ada, project, give } = await setUpSet(t)
  await give('new', '1.0.0', 'base@^2')
  await assert.rejects(installSet(ada, ['app', 'new'], { directory: project }), {
    code: 'DEPENDENCY_CONFLICT',
    message:
      'no set of versions meets all needs: @ada/app 1.0.0 needs @ada/base ^1, @ada/new 1.0.0 needs @ada/base ^2; you asked for @ada/app, @ada/new. Of @ada/base there is 2.0.0, 1.1.0, 1.0.0.',
  })
  assert.deepEqual(await readdir(project), ['althing.toml'])
})

test('a package that needs what nobody has is refused with the way on, and goes without it on demand', async (t) => {
  const { ada, root, project } = await setUpSet(t)
  await using bob = await openStand('bob')
  await publish(bob, { root, name: 'near' }, { 'package.toml': manifestOf('near', '1.0.0') })
  await publish(bob, { root, name: 'far' }, { 'package.toml': manifestOf('far', '1.0.0', 'dependencies = ["near@^1"]\n') })
  const cy = await openStand('cy', { exchange: exchangeWith(() => cy, bob), peers: [bob.node] })
  t.after(() => cy[Symbol.asyncDispose]())
  await replicate(bob, cy)
  await cy.database.write((tx) => tx.run("delete from release where name = 'near'"))
  await assert.rejects(installSet(cy, ['far'], { directory: project }), {
    code: 'DEPENDENCY_UNKNOWN',
    message:
      '@bob/far 1.0.0 needs near ^1, which nobody has published here; you asked for @bob/far. Go without what it needs: --no-dependencies',
  })
  const answer = await installSet(cy, ['far'], { directory: project, noDependencies: true })
  assert.deepEqual(answer.packages[0]?.leftOut, [{ name: 'near', range: '^1' }])
  assert.match(await lockOf(project), /without-dependencies = true/)
  assert.equal((await installSet(cy, [], { directory: project })).status, 'present')
  assert.ok(ada)
})

test('a bare dependency means the package of the same owner, and is refused with the candidates where several others have it', async (t) => {
  const { ada, root, project } = await setUpSet(t)
  await using bob = await openStand('bob')
  await publish(bob, { root, name: 'base' }, { 'package.toml': manifestOf('base', '1.5.0') })
  await replicate(bob, ada)
  assert.deepEqual(
    (await installSet(ada, ['app'], { directory: project })).packages.map((row) => row.package),
    ['@ada/app', '@ada/base'],
  )
  await using cy = await openStand('cy')
  await replicate(ada, cy)
  await replicate(bob, cy)
  await publish(cy, { root, name: 'mine' }, { 'package.toml': manifestOf('mine', '1.0.0', 'dependencies = ["base@^1"]\n') })
  await assert.rejects(installSet(cy, ['mine'], { directory: root }), {
    message: /needs base \^1, which several have published: @ada\/base, @bob\/base/,
  })
})

test('S8: what a bare name was understood as stays so, when somebody else publishes the same name', async (t) => {
  const { ada, root } = await setUpSet(t)
  await using cy = await openStand('cy', { exchange: exchangeWith(() => cy, ada), peers: [ada.node] })
  await replicate(ada, cy)
  await publish(cy, { root, name: 'mine' }, { 'package.toml': manifestOf('mine', '1.0.0', 'dependencies = ["base@^1"]\n') })
  await installSet(cy, ['mine'], { directory: root })
  await using eve = await openStand('eve')
  await publish(eve, { root, name: 'base' }, { 'package.toml': manifestOf('base', '1.9.0') })
  await replicate(eve, cy)
  await publish(cy, { root, name: 'mine' }, { 'package.toml': manifestOf('mine', '1.1.0', 'dependencies = ["base@^1"]\n') })
  const answer = await cy.handlers['marketplace.update']({ ...plainChange, check: false, directory: root, packages: [] }, cy.context)
  assert.deepEqual(
    answer.packages.map((row) => `${row.package} ${row.version}`),
    ['@ada/base 1.1.0', '@cy/mine 1.1.0'],
  )
})

test('remove takes a package away with what nobody needs any more, and nothing else', async (t) => {
  const { ada, project } = await setUpSet(t)
  await installSet(ada, ['app', 'tool', 'extra', 'review'], { directory: project })
  const remove = (packages: readonly string[], more = {}) =>
    ada.handlers['marketplace.remove']({ packages, global: false, dryRun: false, directory: project, ...more }, ada.context)
  const removedBy = async (...names: readonly string[]): Promise<readonly string[]> =>
    (await remove(names)).removed.map((row) => row.package)
  await assert.rejects(remove(['base']), { code: 'PACKAGE_NEEDED', message: /because @ada\/app, @ada\/tool need it/ })
  await assert.rejects(remove(['bas']), { code: 'PACKAGE_NOT_INSTALLED', message: /Did you mean base\?/ })
  assert.deepEqual(
    (await remove(['app'], { dryRun: true })).removed.map((row) => row.package),
    ['@ada/app'],
  )
  assert.deepEqual(await removedBy('app'), ['@ada/app'])
  assert.deepEqual(await removedBy('tool', 'review'), ['@ada/base', '@ada/review', '@ada/tool'])
  assert.deepEqual(await readdir(folderOf(project)), ['extra'])
  assert.deepEqual(await readdir(join(project, '.agents/skills')), [])
  assert.deepEqual(await removedBy('@ada/extra'), ['@ada/extra'])
  assert.deepEqual(await readdir(join(project, '.althing/packages')), ['.staging'])
  assert.doesNotMatch(await lockOf(project), /installed/)
})

test('an update that needs something no more takes it away', async (t) => {
  const { ada, project, give } = await setUpSet(t)
  await installSet(ada, ['app'], { directory: project })
  await give('app', '1.1.0')
  const answer = await ada.handlers['marketplace.update']({ ...plainChange, check: false, directory: project, packages: [] }, ada.context)
  assert.deepEqual([changesOf(answer), answer.removed.map((row) => row.package)], [['updated app 1.1.0'], ['@ada/base']])
  assert.deepEqual(await readdir(folderOf(project)), ['app'])
})

test('a version that was a skill and is none any more leaves the folder of skills', async (t) => {
  const { ada, root, project } = await setUpSet(t)
  const asSkill = { 'package.toml': manifestOf('hat', '1.0.0', 'kind = "skill"\n'), 'SKILL.md': '---\nname: hat\ndescription: x\n---\n' }
  await publish(ada, { root, name: 'hat' }, asSkill)
  await publish(ada, { root, name: 'hat' }, { 'package.toml': manifestOf('hat', '2.0.0', 'kind = "template"\n') })
  await install(ada, 'hat@1.0.0', { directory: project })
  assert.deepEqual(await readdir(join(project, '.agents/skills')), ['hat'])
  await install(ada, 'hat@^2', { directory: project })
  assert.deepEqual(await readdir(join(project, '.agents/skills')), [])
})
