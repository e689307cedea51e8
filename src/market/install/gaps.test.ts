import assert from 'node:assert/strict'
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
