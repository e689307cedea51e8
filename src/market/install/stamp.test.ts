import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { sayUnchanged } from '../../unchanged.ts'
import { installSet, setUpProject } from '../testing/project.ts'
import { writeFiles } from '../testing/stand.ts'

const stampOf = (project: string): string => join(project, '.althing/packages/.installed.json')

/** A project with two packages and their stamp, which is a minute older than whatever happens next. */
async function setUp(t: TestContext): ReturnType<typeof setUpProject> {
  const world = await setUpProject(t)
  const { ada, project } = world
  await installSet(ada, ['demo', 'review'], { directory: project })
  const later = new Date(Date.now() + 60_000)
  await utimes(stampOf(project), later, later)
  assert.equal(sayUnchanged(['install'], project), '2 packages are as they were\n')
  return world
}

test('an install without names says that nothing changed, from any folder of the project', async (t) => {
  const { project, root } = await setUp(t)
  const inside = join(await writeFiles(join(project, 'src'), { 'x.ts': '' }))
  for (const words of [['i'], ['marketplace', 'install'], ['install', '--frozen', '--offline'], ['install', '--home', 'anywhere']])
    assert.equal(sayUnchanged(words, inside), '2 packages are as they were\n')
  assert.equal(sayUnchanged(['install', '--directory', 'project'], root), '2 packages are as they were\n')
  assert.equal(sayUnchanged(['install', '-C', project], '/'), '2 packages are as they were\n')
})

test('whatever else is asked, or not understood, is asked of the node', async (t) => {
  const { project } = await setUp(t)
  for (const words of [
    'install demo',
    'install --force',
    'install --json',
    'install -g',
    'install -t x',
    'install -C',
    'install -C --frozen',
    'update',
    'remove x',
    'install --verbose',
    'marketplace',
    'publish',
  ])
    assert.equal(sayUnchanged(words.split(' '), project), undefined, words)
  assert.equal(sayUnchanged([], project), undefined)
})

const packages = '.althing/packages/@ada'
for (const [what, change] of [
  ['a file that was written', (project: string) => writeFile(join(project, packages, 'demo/a.txt'), 'twe')],
  ['a file that is gone', (project: string) => rm(join(project, packages, 'demo/a.txt'))],
  ['a file that came', (project: string) => writeFile(join(project, packages, 'review/references/more'), '')],
  ['a skill that is gone', (project: string) => rm(join(project, '.agents/skills/review'), { recursive: true })],
  ['a folder that is gone', (project: string) => rm(join(project, packages, 'demo'), { recursive: true })],
  [
    'a folder that another stands for',
    async (project: string) => (
      await rename(join(project, packages, 'demo'), join(project, 'demo')),
      writeFiles(join(project, packages, 'demo'), { 'a.txt': 'two' })
    ),
  ],
  [
    'another lock',
    async (project: string) => writeFile(join(project, 'althing.lock'), `${await readFile(join(project, 'althing.lock'), 'utf8')}\n`),
  ],
  ['no lock', (project: string) => rm(join(project, 'althing.lock'))],
  [
    'a lock that is a pipe',
    async (project: string) => (await rm(join(project, 'althing.lock')), void execFileSync('mkfifo', [join(project, 'althing.lock')])),
  ],
  ['no stamp', (project: string) => rm(stampOf(project))],
  ['a stamp that is no JSON', (project: string) => writeFile(stampOf(project), '{')],
  [
    'a stamp with rows of another sort',
    async (project: string) => writeFile(stampOf(project), (await readFile(stampOf(project), 'utf8')).replace(/"seen":.*/, '"seen":[1]}')),
  ],
  [
    'a stamp of another format',
    async (project: string) => writeFile(stampOf(project), (await readFile(stampOf(project), 'utf8')).replace('"v":1', '"v":2')),
  ],
  [
    'files as new as the stamp, which may have been written once more since',
    (project: string) => utimes(stampOf(project), new Date(0), new Date(0)),
  ],
] as const) {
  test(`with ${what} it is unsure, and the node is asked`, async (t) => {
    const { project } = await setUp(t)
    await change(project)
    assert.equal(sayUnchanged(['install'], project), undefined)
  })
}

test('a change of rights is nothing that cheap evidence sees: verify does', async (t) => {
  const { project, ada } = await setUp(t)
  await chmod(join(project, packages, 'demo/a.txt'), 0o755)
  assert.equal(sayUnchanged(['install'], project), '2 packages are as they were\n')
  const { isBroken } = await ada.handlers['marketplace.verify']({ directory: project, global: false, frozen: false }, ada.context)
  assert.equal(isBroken, true)
})

test('an install that did not look at every package leaves no stamp; one that did writes it anew', async (t) => {
  const { ada, project } = await setUp(t)
  await installSet(ada, ['demo'], { directory: project })
  assert.equal(sayUnchanged(['install'], project), undefined)
  await installSet(ada, [], { directory: project })
  assert.match(await readFile(stampOf(project), 'utf8'), /^\{"v":1,"lock":"# Written by althing/)
})
