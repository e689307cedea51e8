import assert from 'node:assert/strict'
import { access, chmod, lstat, mkdir, mkdtemp, readFile, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createSeededChance } from '../../lib/chance.ts'
import { digestOfCid, parseCid } from '../../lib/cid.ts'
import { systemClock } from '../../lib/clock.ts'
import { silentLog } from '../../lib/log.ts'
import { UnpackedStore } from '../unpacked/unpacked-store.ts'
import { install, installSet, plainChange, publish, setUpProject } from '../testing/project.ts'
import { exchangeWith, makeTemporary, manifestOf, openStand, releasesOf, replicate, writeFiles } from '../testing/stand.ts'
import type { Stand } from '../testing/stand.ts'
import { keepBeside } from './beside.ts'

const { signal } = new AbortController()

/** Has the archives of a name, which another stand has, on the disk of a stand. */
async function fetchAll(stand: Stand, giver: Stand, name: string): Promise<void> {
  for (const { archive } of releasesOf(giver, name)) await stand.content.add(giver.content.read(archive, { signal }), { signal })
}

/** Takes the archive of a release off the disk of a stand. */
async function forget(stand: Stand, cid: string): Promise<void> {
  const parsed = parseCid(cid)
  assert.ok(parsed !== undefined)
  await stand.blobs.remove(digestOfCid(parsed))
}

test('what a person put beside the files of a package stays when it is put right, updated, and installed again; --force gives the package alone', async (t) => {
  const { ada, project } = await setUpProject(t)
  const { path } = await install(ada, 'demo@~1.0', { directory: project })
  await writeFiles(path, { 'notes.md': 'mine', 'own/deep/x': 'mine too', 'a.txt': 'changed' })
  await mkdir(join(path, 'empty'))
  await symlink('../nowhere', join(path, 'link'))
  const { packages } = await installSet(ada, [], { directory: project })
  assert.deepEqual([packages[0]?.change, packages[0]?.beside], ['restored', ['link', 'notes.md', 'own/deep/x']])
  assert.equal(await readFile(join(path, 'a.txt'), 'utf8'), 'one')
  await installSet(ada, ['demo@latest'], { directory: project })
  const all = ['a.txt', 'empty', 'link', 'notes.md', 'own', 'package.toml']
  assert.deepEqual((await readdir(path)).toSorted(), all, 'without "old", which the package had and has no more')
  await rm(join(path, 'a.txt'))
  assert.equal((await installSet(ada, [], { directory: project })).packages[0]?.change, 'restored')
  assert.deepEqual((await readdir(path)).toSorted(), all)
  assert.deepEqual(
    [await readFile(join(path, 'notes.md'), 'utf8'), await readFile(join(path, 'own/deep/x'), 'utf8'), await readlink(join(path, 'link'))],
    ['mine', 'mine too', '../nowhere'],
  )
  assert.deepEqual((await install(ada, 'demo', { directory: project, force: true })).beside, [])
  assert.deepEqual((await readdir(path)).toSorted(), ['a.txt', 'package.toml'])
})

test('a skill keeps what lies beside it in each of its two places', async (t) => {
  const { ada, root, project } = await setUpProject(t)
  const { path, alsoAt } = await install(ada, 'review', { directory: project })
  const [skill = ''] = alsoAt
  await writeFiles(skill, { 'references/own.md': 'mine' })
  await writeFiles(path, { here: 'mine' })
  const next = { 'SKILL.md': '---\nname: review\ndescription: x\nmetadata:\n  version: "2.0.0"\n---\n' }
  await publish(ada, { root, name: 'review' }, next)
  const answer = await ada.handlers['marketplace.update']({ ...plainChange, packages: [], check: false, directory: project }, ada.context)
  assert.deepEqual(answer.packages[0]?.beside.toSorted(), ['here', 'references/own.md'])
  assert.deepEqual((await readdir(join(skill, 'references'))).toSorted(), ['own.md'])
  assert.deepEqual((await readdir(path)).toSorted(), ['SKILL.md', 'here'])
})

test('a new version that brings a file where another stands says so and changes nothing, unless both are the same', async (t) => {
  const { ada, root, project } = await setUpProject(t)
  const { path } = await install(ada, 'demo', { directory: project })
  await writeFiles(path, { 'notes.md': 'mine', same: 'same', sub: 'a file' })
  const files = { 'package.toml': manifestOf('demo', '2.0.0'), 'notes.md': 'theirs', same: 'same', 'sub/x': 'x' }
  await publish(ada, { root, name: 'demo' }, files)
  const update = (): Promise<unknown> =>
    ada.handlers['marketplace.update']({ ...plainChange, packages: [], check: false, directory: project }, ada.context)
  await assert.rejects(update(), (error: unknown) => {
    assert.equal(Reflect.get(Object(error), 'code'), 'TARGET_OCCUPIED')
    assert.deepEqual(Reflect.get(Object(error), 'data'), { path, files: [join(path, 'notes.md'), join(path, 'sub')] })
    assert.match(String(Reflect.get(Object(error), 'message')), /`althing install @ada\/demo@2\.0\.0 --force`/)
    return true
  })
  assert.deepEqual([await readFile(join(path, 'notes.md'), 'utf8'), await readFile(join(path, 'a.txt'), 'utf8')], ['mine', 'two'])
  assert.match(await readFile(join(project, 'althing.lock'), 'utf8'), /version = "1.1.0"/)
  assert.deepEqual(await readdir(join(project, '.althing/packages/.staging')), ['lock.sqlite'])
  await install(ada, 'demo@2.0.0', { directory: project, force: true })
  assert.deepEqual((await readdir(path)).toSorted(), ['notes.md', 'package.toml', 'same', 'sub'])
  assert.equal(await readFile(join(path, 'notes.md'), 'utf8'), 'theirs')
})

test('what lies beside follows a package that was handed on', async (t) => {
  const { ada, root, project } = await setUpProject(t)
  const { path, alsoAt } = await install(ada, 'review', { directory: project })
  const [skill = ''] = alsoAt
  await writeFiles(path, { 'notes.md': 'mine' })
  await writeFiles(skill, { 'own.md': 'mine' })
  const bob: Stand = await openStand('bob')
  t.after(() => bob[Symbol.asyncDispose]())
  const next = { 'SKILL.md': '---\nname: review\ndescription: x\nmetadata:\n  version: "2.0.0"\n---\n' }
  await publish(bob, { root, name: 'review' }, next)
  const cy = await openStand('cy', { exchange: exchangeWith(() => cy, ada, bob), peers: [ada.node, bob.node] })
  t.after(() => cy[Symbol.asyncDispose]())
  await ada.handlers['marketplace.owner']({ action: 'transfer', package: 'review', member: '@bob', revoke: false }, ada.context)
  for (const stand of [ada, bob]) await replicate(stand, cy)
  // what was installed is known by the archive
  await fetchAll(cy, ada, 'review')
  const answer = await cy.handlers['marketplace.update']({ ...plainChange, packages: [], check: false, directory: project }, cy.context)
  assert.deepEqual(
    answer.packages.map((row) => [row.package, row.beside.toSorted()]),
    [['@bob/review', ['notes.md', 'own.md']]],
  )
  const moved = join(project, '.althing/packages/@bob/review')
  assert.deepEqual(
    [(await readdir(moved)).toSorted(), (await readdir(skill)).toSorted()],
    [
      ['SKILL.md', 'notes.md'],
      ['SKILL.md', 'own.md'],
    ],
  )
  await assert.rejects(lstat(path), { code: 'ENOENT' })
})

test('what lies beside a skill stays where a package of another owner takes its place', async (t) => {
  const { ada, root, project } = await setUpProject(t)
  const bob: Stand = await openStand('bob', { exchange: exchangeWith(() => bob, ada), peers: [ada.node] })
  t.after(() => bob[Symbol.asyncDispose]())
  const skill = (text: string) => ({ 'SKILL.md': `---\nname: review\ndescription: ${text}\nmetadata:\n  version: "1.0.0"\n---\n` })
  await publish(bob, { root, name: 'review' }, skill('of bob'))
  const top = (version: string, owner: string) => ({
    'package.toml': manifestOf('top', version, `dependencies = ["@${owner}/review@^1"]\n`),
  })
  await publish(ada, { root, name: 'top' }, top('1.0.0', 'ada'))
  await replicate(ada, bob)
  await install(bob, 'top', { directory: project })
  const folder = join(project, '.agents/skills/review')
  await writeFiles(folder, { 'own.md': 'mine' })
  await publish(ada, { root, name: 'top' }, top('2.0.0', 'bob'))
  await replicate(ada, bob)
  await bob.handlers['marketplace.update']({ ...plainChange, packages: [], check: false, directory: project }, bob.context)
  assert.match(await readFile(join(folder, 'SKILL.md'), 'utf8'), /of bob/)
  assert.deepEqual((await readdir(folder)).toSorted(), ['SKILL.md', 'own.md'])
})

test('where nothing on this disk says any more what was installed, all that the new version has not stays', async (t) => {
  const { ada, project } = await setUpProject(t)
  const { path, cid } = await install(ada, 'demo@1.0.0', { directory: project })
  await writeFiles(path, { 'notes.md': 'mine' })
  await forget(ada, cid)
  await install(ada, 'demo@latest', { directory: project })
  assert.deepEqual((await readdir(path)).toSorted(), ['a.txt', 'notes.md', 'old', 'package.toml'])
})

test('the store of unpacked packages says what was installed where its archive is gone', async (t) => {
  const directory = join(await makeTemporary(t), 'unpacked')
  const deps = { clock: systemClock, chance: createSeededChance(3), log: silentLog }
  const { ada, project } = await setUpProject(t, { unpacked: new UnpackedStore(deps, { directory }) })
  const { path, cid } = await install(ada, 'demo@1.0.0', { directory: project })
  await writeFiles(path, { 'notes.md': 'mine' })
  await forget(ada, cid)
  await install(ada, 'demo@latest', { directory: project })
  assert.deepEqual((await readdir(path)).toSorted(), ['a.txt', 'notes.md', 'package.toml'])
})

test('what comes along with a forced install keeps what lies beside it, but for files in its way', async (t) => {
  const { ada, root, project } = await setUpProject(t)
  const needs = (range: string): string => `[dependencies]\nbase = "${range}"\n`
  await publish(ada, { root, name: 'base' }, { 'package.toml': manifestOf('base', '1.0.0') })
  await publish(ada, { root, name: 'top' }, { 'package.toml': manifestOf('top', '1.0.0', needs('^1')) })
  await installSet(ada, ['top'], { directory: project })
  const base = join(project, '.althing/packages/@ada/base')
  await writeFiles(base, { 'notes.md': 'mine', clash: 'mine' })
  await publish(ada, { root, name: 'base' }, { 'package.toml': manifestOf('base', '2.0.0'), clash: 'theirs' })
  await publish(ada, { root, name: 'top' }, { 'package.toml': manifestOf('top', '2.0.0', needs('^2')) })
  await installSet(ada, ['top@latest'], { directory: project, force: true })
  assert.equal(await readFile(join(base, 'clash'), 'utf8'), 'theirs')
  assert.equal(await readFile(join(base, 'notes.md'), 'utf8'), 'mine')
})

test('S12: a link in place of a folder of a package is not followed for what lies beside', async (t) => {
  const { ada, root, project } = await setUpProject(t)
  const { path } = await install(ada, 'demo', { directory: project })
  await writeFiles(join(root, 'elsewhere'), { secret: 'x' })
  await rm(path, { recursive: true })
  await symlink(join(root, 'elsewhere'), path)
  await installSet(ada, [], { directory: project })
  assert.deepEqual((await readdir(path)).toSorted(), ['a.txt', 'package.toml'])
  assert.deepEqual(await readdir(join(root, 'elsewhere')), ['secret'])
})

test('what lies beside and cannot be looked into stops an install, and is left as it is', async (t) => {
  if (process.getuid?.() === 0) return t.skip('root may look into everything')
  const { ada, project } = await setUpProject(t)
  const { path } = await install(ada, 'demo', { directory: project })
  await writeFiles(path, { 'own/x': 'mine', 'a.txt': 'changed' })
  await chmod(join(path, 'own'), 0o000)
  t.after(() => chmod(join(path, 'own'), 0o755))
  await assert.rejects(installSet(ada, [], { directory: project }), { code: 'TARGET_REFUSED' })
  await chmod(join(path, 'own'), 0o755)
  assert.equal(await readFile(join(path, 'own/x'), 'utf8'), 'mine')
})

test('where files cannot be linked they are copied, as they were; a link is made again', async (t) => {
  const other = '/dev/shm'
  if (
    !(await access(other).then(
      () => true,
      () => false,
    ))
  )
    return t.skip('there is no second file system')
  const from = await mkdtemp(join(other, 'althing-beside-'))
  t.after(() => rm(from, { recursive: true, force: true }))
  const to = await writeFiles(await makeTemporary(t), { a: 'new' })
  if ((await lstat(from)).dev === (await lstat(to)).dev) return t.skip('there is no second file system')
  await writeFiles(from, { a: 'old', 'own/run': 'mine' })
  await chmod(join(from, 'own/run'), 0o755)
  await symlink('run', join(from, 'own/link'))
  const kept = await keepBeside({ from, to, installed: new Set(['a']), signal })
  assert.deepEqual(kept, { files: ['own/link', 'own/run'], inTheWay: [] })
  assert.equal(await readlink(join(to, 'own/link')), 'run')
  assert.deepEqual([await readFile(join(to, 'own/run'), 'utf8'), (await lstat(join(to, 'own/run'))).mode & 0o777], ['mine', 0o755])
  await writeFile(join(to, 'own/run'), 'another')
  assert.equal(await readFile(join(from, 'own/run'), 'utf8'), 'mine')
})
