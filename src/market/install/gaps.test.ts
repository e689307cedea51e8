import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import { changesOf, setUpSet } from '../testing/package-set.ts'
import { install, installSet, publish } from '../testing/project.ts'
import { manifestOf, openStand, replicate } from '../testing/stand.ts'

test('what the lock pins and no index here knows stays, with what it needs, when something else is installed', async (t) => {
  const { ada, root, project } = await setUpSet(t)
  await installSet(ada, ['app'], { directory: project })
  await using cy = await openStand('cy')
  await publish(cy, { root, name: 'mine' }, { 'package.toml': manifestOf('mine', '1.0.0') })
  const answer = await installSet(cy, ['mine'], { directory: project })
  assert.deepEqual([changesOf(answer), answer.removed], [['present app 1.0.0', 'present base 1.1.0', 'added mine 1.0.0'], []])
})

test('a newer version that needs what nobody has is not passed over in silence', async (t) => {
  const { ada, project, give } = await setUpSet(t)
  await give('gone', '1.0.0')
  await give('app', '1.1.0', 'gone@^1')
  await ada.database.write((tx) => tx.run("delete from release where name = 'gone'"))
  await assert.rejects(install(ada, 'app', { directory: project }), {
    code: 'DEPENDENCY_UNKNOWN',
    message:
      '@ada/app 1.1.0 needs gone ^1, which nobody has published here. Install an older version by name, or go without what it needs: --no-dependencies',
  })
  assert.equal((await install(ada, 'app@1.0.0', { directory: project })).version, '1.0.0')
})

test('two skills of one name have no room beside each other in the folder of skills', async (t) => {
  const { ada, root, project } = await setUpSet(t)
  await using bob = await openStand('bob')
  const skill = { 'SKILL.md': '---\nname: review\ndescription: x\nmetadata:\n  version: "1.0.0"\n---\n' }
  await publish(bob, { root, name: 'review' }, { ...skill, 'b.txt': '' })
  await replicate(bob, ada)
  await assert.rejects(installSet(ada, ['@ada/review', '@bob/review'], { directory: project }), {
    code: 'TARGET_OCCUPIED',
    message: /\.agents\/skills\/review/,
  })
})

test('what a package asks for and nobody had when it was published is said at install and in info, and crates of other shapes are not', async (t) => {
  const { ada, root, project } = await setUpSet(t)
  const needs = '[dependencies]\nnowhere = "^1"\nlocal = { path = "../x" }\n'
  await publish(ada, { root, name: 'lone' }, { 'package.toml': manifestOf('lone', '1.0.0', needs) })
  const { unmet } = await install(ada, 'lone', { directory: project })
  assert.deepEqual(unmet, [{ name: 'nowhere', range: '^1' }])
  const info = await ada.handlers['marketplace.info']({ package: 'lone', mcp: false, directory: project }, ada.context)
  assert.deepEqual(info.unmet, unmet)
})

test('a name of one’s own for an owner is shown beside what the lock says, by install, list and audit', async (t) => {
  const { root, project } = await setUpSet(t)
  await using bob = await openStand('bob', { policy: 'open' })
  await publish(bob, { root, name: 'mine' }, { 'package.toml': manifestOf('mine', '1.0.0') })
  const installed = await install(bob, 'mine', { directory: project, accept: ['cool-down'], reason: 'mine' })
  assert.deepEqual([installed.package === '@bob/mine', installed.alias], [false, '@bob/mine'])
  await rm(installed.path, { recursive: true })
  const where = { directory: project, global: false }
  const { packages } = await bob.handlers['marketplace.list']({ ...where, published: false, detailed: false }, bob.context)
  assert.deepEqual(
    packages.map(({ where: place, alias }) => [place, alias]),
    [
      ['project', '@bob/mine'],
      ['published', null],
    ],
  )
  const { findings } = await bob.handlers['marketplace.audit'](where, bob.context)
  assert.deepEqual(
    findings.map(({ kind, alias }) => [kind, alias]),
    [['missing', '@bob/mine']],
  )
})
