import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { armFailpoint, disarmFailpoint } from '../../lib/failpoint.ts'
import { install, installSet, publish, setUpProject } from '../testing/project.ts'
import { manifestOf, writeFiles } from '../testing/stand.ts'

for (const [code, fault] of [
  ['ENOSPC', 'DISK_FULL'],
  ['EIO', 'DISK_ERROR'],
] as const) {
  test(`F5: ${code} while a package is unpacked leaves the old one whole, nothing half-written, and a later try works`, async (t) => {
    const { ada, project } = await setUpProject(t)
    const { path } = await install(ada, 'demo@1.0.0', { directory: project })
    t.after(() => disarmFailpoint('install.write'))
    armFailpoint('install.write', { action: 'error', code }, 2)
    await assert.rejects(install(ada, 'demo@latest', { directory: project }), { code: fault, message: /^nothing was installed/ })
    assert.equal(await readFile(join(path, 'a.txt'), 'utf8'), 'one')
    assert.deepEqual(await readdir(join(project, '.althing/packages/.staging')), ['lock.sqlite'])
    disarmFailpoint('install.write')
    assert.equal((await install(ada, 'demo@latest', { directory: project })).change, 'updated')
  })
}

for (const point of ['install.intent', 'install.aside', 'install.moved', 'install.locked'] as const) {
  test(`F5, F6: a disk that fails at ${point} leaves one of both packages whole, with its lock, and says which`, async (t) => {
    const { ada, project } = await setUpProject(t)
    const { path, lock } = await install(ada, 'demo@1.0.0', { directory: project })
    t.after(() => disarmFailpoint(point))
    armFailpoint(point, { action: 'error', code: 'ENOSPC' })
    const isMoved = point === 'install.moved' || point === 'install.locked'
    if (isMoved) assert.equal((await install(ada, 'demo@latest', { directory: project })).change, 'updated')
    else await assert.rejects(install(ada, 'demo@latest', { directory: project }), { code: 'DISK_FULL', message: /^nothing was installed/ })
    disarmFailpoint(point)
    assert.equal(await readFile(join(path, 'a.txt'), 'utf8'), isMoved ? 'two' : 'one')
    assert.match(await readFile(lock, 'utf8'), isMoved ? /version = "1.1.0"/ : /version = "1.0.0"/)
    await install(ada, 'review', { directory: project })
    assert.deepEqual(await readdir(join(project, '.althing/packages/.staging')), ['lock.sqlite'])
    assert.deepEqual((await readdir(join(project, '.althing/packages/@ada'))).toSorted(), ['demo', 'review'])
  })
}

for (const [point, version] of [
  ['install.fetched', '1.0.0'],
  ['install.unpacked', '1.0.0'],
  ['install.intent', '1.0.0'],
  ['install.aside', '1.0.0'],
  ['install.moved', '1.1.0'],
  ['install.locked', '1.1.0'],
] as const) {
  test(`F1: killed at ${point}, the next command finds ${version} whole with its lock and what lay beside, and nothing else`, async (t) => {
    const { ada, root, project } = await setUpProject(t)
    const home = join(root, 'home')
    await mkdir(home)
    await cp(join(root, 'sources'), join(home, 'sources'), { recursive: true })
    const path = join(project, '.althing/packages/@ada/demo')
    await install(ada, 'demo@1.0.0', { directory: project })
    await writeFiles(path, { mine: 'beside' })
    assert.equal(await runChild(home, project, 'demo@1.1.0', point), 'SIGKILL')
    // Any install into the project recovers it first.
    await install(ada, 'review', { directory: project })
    assert.equal(await readFile(join(path, 'a.txt'), 'utf8'), version === '1.0.0' ? 'one' : 'two')
    assert.equal(await readFile(join(path, 'mine'), 'utf8'), 'beside')
    assert.equal((await readdir(path)).length, version === '1.0.0' ? 4 : 3)
    const lock = await readFile(join(project, 'althing.lock'), 'utf8')
    assert.match(lock, new RegExp(`@ada/demo"\nowner = ".*"\nversion = "${version}"`))
    assert.deepEqual(await readdir(join(project, '.althing/packages/.staging')), ['lock.sqlite'])
    assert.deepEqual((await readdir(project)).toSorted(), ['.agents', '.althing', 'althing.lock', 'althing.toml'])
  })
}

for (const [point, pass, isNew] of [
  ['install.write', '4', false],
  ['install.intent', '1', false],
  ['install.aside', '1', false],
  ['install.aside', '2', true],
  ['install.removed', '1', true],
] as const) {
  test(`F1: a set killed at pass ${pass} of ${point} is ${isNew ? 'the new' : 'the old'} set after the next command, whole, with its lock`, async (t) => {
    const { ada, root, project } = await setUpProject(t)
    const home = join(root, 'home')
    await mkdir(home)
    const asSkill = { 'SKILL.md': '---\nname: hat\ndescription: x\n---\n', 'a.txt': 'old' }
    await publish(ada, { root, name: 'hat' }, { ...asSkill, 'package.toml': manifestOf('hat', '1.0.0', 'kind = "skill"\n') })
    await publish(ada, { root, name: 'hat' }, { 'package.toml': manifestOf('hat', '2.0.0', 'kind = "template"\n'), 'b.txt': 'new' })
    await cp(join(root, 'sources'), join(home, 'sources'), { recursive: true })
    await installSet(ada, ['demo@1.0.0', 'hat@1.0.0'], { directory: project })
    assert.equal(await runChild(home, project, 'demo@1.1.0 hat@2.0.0 review', point, pass), 'SIGKILL')
    await ada.handlers['marketplace.clean']({ directory: project, global: false, dryRun: false, force: false }, ada.context)
    const { packages, isBroken } = await ada.handlers['marketplace.verify'](
      { directory: project, global: false, frozen: true },
      ada.context,
    )
    assert.deepEqual(
      packages.map(({ package: name, version }) => `${name} ${version}`),
      isNew ? ['@ada/demo 1.1.0', '@ada/hat 2.0.0', '@ada/review 1.0.0'] : ['@ada/demo 1.0.0', '@ada/hat 1.0.0'],
    )
    assert.equal(isBroken, false)
    assert.deepEqual(await readdir(join(project, '.agents/skills')), [isNew ? 'review' : 'hat'])
    assert.deepEqual(await readdir(join(project, '.althing/packages/.staging')), ['lock.sqlite'])
  })
}

async function runChild(...args: readonly string[]): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../testing/install-child.ts'), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await once(child, 'close')
  return child.signalCode
}
