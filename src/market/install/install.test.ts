import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { nodeOf } from '../../journal/testing/bench-of-peers.ts'
import { packEntries } from '../archive/pack.ts'
import { formatRelease, releaseKind } from '../release.ts'
import {
  exchangeWith,
  makeTemporary,
  manifestOf,
  openStand,
  ownerOf,
  releasesOf,
  replicate,
  streamOf,
  writeFiles,
} from '../testing/stand.ts'
import type { Stand } from '../testing/stand.ts'
import { flipEveryBlock } from '../testing/flip-blocks.ts'
import { install, publish, setUpProject } from '../testing/project.ts'

test('the highest version in the range is installed, and another one replaces it whole', async (t) => {
  const { ada, project } = await setUpProject(t)
  const first = await install(ada, 'demo@~1.0', { directory: project })
  assert.equal(first.version, '1.0.0')
  assert.deepEqual((await readdir(first.path)).toSorted(), ['a.txt', 'old', 'package.toml'])
  const second = await install(ada, '@ada/demo@latest', { directory: project })
  assert.equal(second.change, 'updated')
  assert.equal(second.previousVersion, '1.0.0')
  assert.deepEqual((await readdir(second.path)).toSorted(), ['a.txt', 'package.toml'])
  assert.deepEqual(await readdir(join(project, '.althing/packages/.staging')), ['lock.sqlite'])
})

test('a skill also appears in .agents/skills', async (t) => {
  const { ada, project, skill } = await setUpProject(t)
  const report = await install(ada, 'review', { directory: project })
  assert.deepEqual(report.alsoAt, [join(project, '.agents/skills/review')])
  assert.equal(await readFile(join(project, '.agents/skills/review/SKILL.md'), 'utf8'), skill)
})

test('what is there already is said; --force installs it again', async (t) => {
  const { ada, project } = await setUpProject(t)
  const { path } = await install(ada, 'demo', { directory: project })
  await writeFile(join(path, 'a.txt'), 'changed')
  const again = await install(ada, 'demo', { directory: project })
  assert.deepEqual([again.change, again.changed], ['present', ['a.txt']])
  const anew = await install(ada, 'demo', { directory: project, force: true })
  assert.deepEqual([anew.change, anew.changed], ['restored', []])
  assert.equal(await readFile(join(path, 'a.txt'), 'utf8'), 'two')
  await rm(path, { recursive: true })
  assert.equal((await install(ada, 'demo', { directory: project })).change, 'restored')
})

test('what is present is compared with what its owner signed, file by file, in every place', async (t) => {
  const { ada, project } = await setUpProject(t)
  const [skill = ''] = (await install(ada, 'review', { directory: project })).alsoAt
  assert.deepEqual((await install(ada, 'review', { directory: project })).changed, [])
  await writeFiles(skill, { notes: "mine, and in nobody's way" })
  await rm(join(project, '.althing/packages/@ada/review/references'), { recursive: true })
  await chmod(join(skill, 'SKILL.md'), 0o755)
  assert.deepEqual((await install(ada, 'review', { directory: project })).changed, ['SKILL.md', 'references/x.md'])
})

test('what is present while its bytes are not on this disk is said to be not compared', async (t) => {
  const { ada, project } = await setUpProject(t)
  const bob = await openStand('bob')
  t.after(() => bob[Symbol.asyncDispose]())
  await replicate(ada, bob)
  await install(ada, 'demo', { directory: project })
  const { change, changed } = await install(bob, 'demo', { directory: project })
  assert.deepEqual([change, changed], ['present', null])
})

test('a skill of ones own is not taken for one that an earlier version of the package put there', async (t) => {
  const { ada, root, project } = await setUpProject(t)
  await install(ada, 'demo', { directory: project })
  await writeFiles(project, { '.agents/skills/demo/mine': 'x' })
  const asSkill = { 'package.toml': manifestOf('demo', '2.0.0', 'kind = "skill"\n'), 'SKILL.md': '---\nname: demo\ndescription: x\n---\n' }
  await publish(ada, { root, name: 'demo' }, asSkill)
  await assert.rejects(install(ada, 'demo@latest', { directory: project }), { code: 'TARGET_OCCUPIED' })
  assert.equal(await readFile(join(project, '.agents/skills/demo/mine'), 'utf8'), 'x')
  assert.equal((await install(ada, 'demo@latest', { directory: project, force: true })).change, 'updated')
  await publish(ada, { root, name: 'demo' }, { ...asSkill, 'package.toml': manifestOf('demo', '2.1.0', 'kind = "skill"\n') })
  assert.equal((await install(ada, 'demo@latest', { directory: project })).change, 'updated')
})

test('--global goes into the home, --target anywhere, each with a lock of its own', async (t) => {
  const { ada, root, project } = await setUpProject(t)
  const global = await install(ada, 'review', { directory: project, global: true })
  assert.equal(global.path, join(root, 'global/@ada/review'))
  assert.equal(global.lock, join(root, 'global/althing.lock'))
  assert.deepEqual(global.alsoAt, [])
  const target = await install(ada, 'demo', { directory: project, target: join(root, 'vendor') })
  assert.equal(target.path, join(root, 'vendor/@ada/demo'))
  assert.deepEqual(await readdir(project), ['althing.toml'])
})

test('a bare name that several owners have is refused with the candidates', async (t) => {
  const { ada, root, project } = await setUpProject(t)
  await using bob = await openStand('bob')
  await publish(bob, { root, name: 'demo' }, { 'package.toml': manifestOf('demo', '3.0.0') })
  await replicate(bob, ada)
  await assert.rejects(install(ada, 'demo', { directory: project }), (error: unknown) => {
    assert.equal(Reflect.get(Object(error), 'code'), 'PACKAGE_AMBIGUOUS')
    assert.deepEqual(Reflect.get(Object(error), 'data').candidates, ['@ada/demo', '@bob/demo'])
    return true
  })
  assert.equal((await install(ada, '@ada/demo', { directory: project })).version, '1.1.0')
  assert.equal((await install(ada, 'demo', { directory: project })).change, 'present')
})

test('what is not in the index, or has no such version, is refused with what there is', async (t) => {
  const { ada, project } = await setUpProject(t)
  await assert.rejects(install(ada, 'demp', { directory: project }), { code: 'PACKAGE_UNKNOWN', message: /Did you mean demo\?/ })
  await assert.rejects(install(ada, '@bob/demo', { directory: project }), { code: 'PACKAGE_UNKNOWN' })
  await assert.rejects(install(ada, '@nobody/demo', { directory: project }), { code: 'PACKAGE_UNKNOWN' })
  await assert.rejects(install(ada, 'demo@^2', { directory: project }), { code: 'VERSION_UNKNOWN', message: /There are: 1.1.0, 1.0.0/ })
})

test('S26: a package named like an option or a path is refused before anything is made', async (t) => {
  const { ada, project } = await setUpProject(t)
  for (const name of ['--force', '../../etc', '/etc/passwd', '@../x/y', 'demo@--upload-pack=x']) {
    await assert.rejects(install(ada, name, { directory: project }), { code: 'REFERENCE_INVALID', kind: 'usage' })
  }
  assert.deepEqual(await readdir(project), ['althing.toml'])
})

test('S8: a release signed by another owner than the lock names is refused', async (t) => {
  const { ada, project } = await setUpProject(t)
  await install(ada, 'demo@1.0.0', { directory: project })
  const lock = join(project, 'althing.lock')
  await writeFile(lock, (await readFile(lock, 'utf8')).replace(ownerOf('ada'), ownerOf('eve')))
  await assert.rejects(install(ada, '@ada/demo', { directory: project }), { code: 'OWNER_CHANGED' })
  assert.equal(await readFile(join(project, '.althing/packages/@ada/demo/a.txt'), 'utf8'), 'one')
})

test('what stands in the way and was not installed by us stays, unless --force', async (t) => {
  const { ada, project } = await setUpProject(t)
  await writeFiles(project, { '.althing/packages/@ada/demo/mine': 'x', '.agents/skills/review/mine': 'x' })
  await assert.rejects(install(ada, 'demo', { directory: project }), { code: 'TARGET_OCCUPIED' })
  await assert.rejects(install(ada, 'review', { directory: project }), { code: 'TARGET_OCCUPIED' })
  assert.equal(await readFile(join(project, '.agents/skills/review/mine'), 'utf8'), 'x')
  assert.equal((await install(ada, 'review', { directory: project, force: true })).change, 'added')
})

test('S12: a target that is a link out of the project is refused, and nothing is written where it leads', async (t) => {
  const { ada, root, project } = await setUpProject(t)
  const outside = join(root, 'outside')
  for (const way of ['.althing', '.althing/packages', '.althing/packages/@ada']) {
    await rm(join(project, '.althing'), { recursive: true, force: true })
    await mkdir(outside, { recursive: true })
    await mkdir(join(project, way, '..'), { recursive: true })
    await symlink(outside, join(project, way))
    await assert.rejects(install(ada, 'demo', { directory: project }), { code: 'TARGET_REFUSED' }, way)
    assert.deepEqual(await readdir(outside), [], way)
    await rm(join(project, way))
  }
  await rm(join(project, '.althing'), { recursive: true, force: true })
  await symlink(outside, join(project, '.agents'))
  await assert.rejects(install(ada, 'review', { directory: project }), { code: 'TARGET_REFUSED' })
  assert.deepEqual(await readdir(outside), [])
})

test('S12: a package whose place is a link is replaced, and what the link leads to stays', async (t) => {
  const { ada, root, project } = await setUpProject(t)
  const outside = await writeFiles(join(root, 'outside'), { keep: 'x' })
  await mkdir(join(project, '.althing/packages/@ada'), { recursive: true })
  await symlink(outside, join(project, '.althing/packages/@ada/demo'))
  await assert.rejects(install(ada, 'demo', { directory: project }), { code: 'TARGET_OCCUPIED' })
  await install(ada, 'demo', { directory: project, force: true })
  assert.deepEqual(await readdir(outside), ['keep'])
  assert.ok((await stat(join(project, '.althing/packages/@ada/demo/a.txt'))).isFile())
})

test('S12: an archive that another tool made, with a link out of the target, is refused whole', async (t) => {
  const { ada, project } = await setUpProject(t)
  const good = releasesOf(ada, 'demo', ada.owner)[0] ?? assert.fail()
  const tar = Buffer.concat(await Array.fromAsync(packEntries(entries({ '../../evil': 'x' }))))
  const added = await ada.content.add([tar], { signal: ada.context.signal })
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', tar))
  const manifest = { ...good.manifest, version: '6.6.6' }
  const release = { ...good, manifest, digest, size: added.size, fileCount: 1, archive: added.cid, previous: null }
  await ada.journal.append(releaseKind, formatRelease(release))
  await assert.rejects(install(ada, 'demo@6.6.6', { directory: project }), { code: 'ARCHIVE_REFUSED', message: /climbs out/ })
  assert.deepEqual((await readdir(project)).toSorted(), ['.althing', 'althing.toml'])
  assert.deepEqual(await readdir(join(project, '.althing/packages/.staging')), ['lock.sqlite'])
})

async function* entries(
  files: Readonly<Record<string, string>>,
): AsyncGenerator<{ path: string; size: number; isExecutable: boolean; body: AsyncIterable<Uint8Array> }> {
  for (const [path, text] of Object.entries(files)) yield { path, size: text.length, isExecutable: false, body: streamOf(text) }
}

test('F8: bytes that are not those the owner signed are refused, and nothing is unpacked', async (t) => {
  const { ada, project } = await setUpProject(t)
  const good = releasesOf(ada, 'demo', ada.owner)[0] ?? assert.fail()
  const other = releasesOf(ada, 'demo', ada.owner)[1] ?? assert.fail()
  const tampered = { ...good, manifest: { ...good.manifest, version: '7.0.0' }, archive: other.archive, size: other.size, previous: null }
  await ada.journal.append(releaseKind, formatRelease(tampered))
  await assert.rejects(install(ada, 'demo@7.0.0', { directory: project }), {
    code: 'ARCHIVE_REFUSED',
    message: /digest is not the one its owner signed/,
  })
  const lying = { ...good, manifest: { ...good.manifest, version: '7.0.1' }, size: good.size + 512, previous: null }
  await ada.journal.append(releaseKind, formatRelease(lying))
  await assert.rejects(install(ada, 'demo@7.0.1', { directory: project }), { code: 'ARCHIVE_REFUSED', message: /the release says/ })
})

test('F8: a block that went bad on our disk is fetched again from others', async (t) => {
  const { ada, root, project } = await setUpProject(t)
  const home = join(root, 'home')
  await mkdir(home)
  const bob: Stand = await openStand('bob', { home, exchange: exchangeWith(() => bob, ada), peers: [ada.node] })
  await using _ = bob
  await replicate(ada, bob)
  await install(bob, 'demo', { directory: project })
  await flipEveryBlock(join(home, 'blobs'))
  await rm(join(project, '.althing'), { recursive: true })
  const again = await install(bob, 'demo', { directory: project, force: true })
  assert.equal(await readFile(join(again.path, 'a.txt'), 'utf8'), 'two')
  assert.equal(again.providers[0]?.peer, nodeOf('ada'))
})

test('S13: a release larger than a package may be is refused before it is asked for', async (t) => {
  const root = await makeTemporary(t)
  await using ada = await openStand('ada')
  await publish(ada, { root, name: 'demo' }, { 'package.toml': manifestOf('demo'), big: 'x'.repeat(2_000_000) })
  let asked = 0
  const exchange = { ...exchangeWith(() => bob, ada), fetch: () => Promise.reject(new Error(`asked ${++asked}`)) }
  const bob: Stand = await openStand('bob', { exchange, options: { maxPackageBytes: 1_000_000, maxPackageFiles: 10 } })
  await using _ = bob
  await replicate(ada, bob)
  await assert.rejects(install(bob, 'demo', { directory: root }), { code: 'ARCHIVE_REFUSED', message: /are allowed/ })
  assert.equal(asked, 0)
})

test('S14: nothing of a package runs when it is installed', async (t) => {
  const root = await makeTemporary(t)
  const canary = join(root, 'canary')
  const script = `#!/bin/sh\ntouch ${canary}\n`
  await using ada = await openStand('ada')
  const names = [
    'install.sh',
    'preinstall',
    'postinstall',
    'scripts/postinstall.sh',
    'hooks/post-checkout',
    'binding.gyp',
    'Makefile',
    'build.rs',
    'setup.py',
  ]
  await publish(
    ada,
    { root, name: 'demo' },
    {
      'package.toml': manifestOf(
        'demo',
        '1.0.0',
        `[installation]\npost_install = "touch ${canary}"\n[scripts]\ninstall = "touch ${canary}"\n`,
      ),
      'package.json': JSON.stringify({
        scripts: { preinstall: `touch ${canary}`, install: `touch ${canary}`, postinstall: `touch ${canary}` },
      }),
      ...Object.fromEntries(names.map((name) => [name, script])),
    },
  )
  await install(ada, 'demo', { directory: root })
  await assert.rejects(stat(canary), { code: 'ENOENT' })
})

test('two installs into one project at once: both are there, and the lock names both', async (t) => {
  const { ada, project } = await setUpProject(t)
  const reports = await Promise.all(['demo', 'review', 'demo'].map((name) => install(ada, name, { directory: project })))
  assert.deepEqual(reports.map(({ change }) => change).toSorted(), ['added', 'added', 'present'])
  const lock = await readFile(join(project, 'althing.lock'), 'utf8')
  assert.deepEqual(lock.match(/@ada\/\w+/g), ['@ada/demo', '@ada/review'])
})

test('without peers what is on disk installs, and the rest says how to get it', async (t) => {
  const { ada, root, project } = await setUpProject(t)
  assert.equal((await install(ada, 'demo', { directory: project })).providers.length, 0)
  await using bob = await openStand('bob')
  await replicate(ada, bob)
  await assert.rejects(install(bob, 'demo', { directory: root }), { code: 'PACKAGE_UNAVAILABLE', message: /althing p2p start/ })
})

test('a lock that cannot be read is refused, and left as it is', async (t) => {
  const { ada, project } = await setUpProject(t)
  await writeFile(join(project, 'althing.lock'), 'version = 1\n<<<<<<< ours\n')
  await assert.rejects(install(ada, 'demo', { directory: project }), { code: 'LOCK_INVALID', message: /merge conflict/ })
  assert.equal(await readFile(join(project, 'althing.lock'), 'utf8'), 'version = 1\n<<<<<<< ours\n')
})
