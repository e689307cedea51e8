import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { OwnerId } from '../identity/keys.ts'
import { changesOf } from './testing/package-set.ts'
import { install, installSet, publish, setUpProject } from './testing/project.ts'
import { exchangeWith, makeTemporary, manifestOf, openStand, ownerOf, replicate, writeFiles } from './testing/stand.ts'
import type { Stand } from './testing/stand.ts'

function info(stand: Stand, name: string) {
  return stand.handlers['marketplace.info']({ package: name, mcp: false, directory: '/nowhere' }, stand.context)
}

function faultOf(error: unknown): { readonly code: unknown; readonly message: string; readonly data: Readonly<Record<string, unknown>> } {
  const { code, message, data } = Object(error)
  return { code, message, data }
}

test('a bare name of a package that was handed on means it, with the versions of all its owners', async (t) => {
  const { ada, root, project } = await setUpProject(t)
  await using bob = await openStand('bob')
  await publish(bob, { root, name: 'demo' }, { 'package.toml': manifestOf('demo', '2.0.0') })
  await publish(bob, { root, name: 'top' }, { 'package.toml': manifestOf('top', '1.0.0', 'dependencies = ["other@^1"]\n') })
  await publish(ada, { root, name: 'other' }, { 'package.toml': manifestOf('other', '1.0.0') })
  await replicate(bob, ada)
  await assert.rejects(install(ada, 'demo', { directory: project }), { code: 'PACKAGE_AMBIGUOUS' })
  const hand = (stand: Stand, name: string, member: string) =>
    stand.handlers['marketplace.owner']({ action: 'transfer', package: name, member, revoke: false }, stand.context)
  await hand(ada, 'demo', '@bob')
  assert.equal((await install(ada, 'demo', { directory: project, dryRun: true })).package, '@bob/demo')
  assert.deepEqual([(await info(ada, 'demo')).package, (await info(ada, 'demo@^1')).package], ['@bob/demo', '@ada/demo'])
  const { versions } = await ada.handlers['marketplace.versions']({ package: 'demo' }, ada.context)
  assert.deepEqual(
    versions.map(({ version }) => version),
    ['2.0.0', '1.1.0', '1.0.0'],
  )
  await using cy = await openStand('cy')
  await publish(cy, { root, name: 'other' }, { 'package.toml': manifestOf('other', '1.5.0') })
  await replicate(cy, ada)
  const own = await writeFiles(join(root, 'own'), { 'althing.toml': '' })
  await assert.rejects(installSet(ada, ['top'], { directory: own }), { code: 'DEPENDENCY_UNKNOWN' })
  await hand(ada, 'other', '@cy')
  const answer = await installSet(ada, ['top'], { directory: own, dryRun: true })
  assert.deepEqual(changesOf(answer), ['added top 1.0.0', 'added other 1.5.0'])
})

test('of several owners those who handed the package on are no candidates; the others still are', async (t) => {
  const { ada, root } = await setUpProject(t)
  for (const name of ['bob', 'eve']) {
    await using other = await openStand(name)
    await publish(other, { root, name: 'demo' }, { 'package.toml': manifestOf('demo', '2.0.0', `authors = ["${name}"]\n`) })
    await replicate(other, ada)
  }
  await ada.handlers['marketplace.owner']({ action: 'transfer', package: '@ada/demo', member: '@bob', revoke: false }, ada.context)
  await assert.rejects(info(ada, 'demo'), (error: unknown) => {
    assert.deepEqual(faultOf(error).data, { name: 'demo', candidates: ['@bob/demo', '@eve/demo'] })
    return true
  })
})

test('a tag that is not set is said to be none, with the tags and the versions there are', async (t) => {
  const { ada, project } = await setUpProject(t)
  await assert.rejects(install(ada, 'demo@next', { directory: project }), {
    code: 'VERSION_UNKNOWN',
    message: '@ada/demo has no tag next. It has no tags; its versions: 1.1.0, 1.0.0',
  })
  await ada.handlers['marketplace.tag']({ action: 'add', package: 'demo@1.0.0', tag: 'stable' }, ada.context)
  await assert.rejects(install(ada, 'demo@next', { directory: project }), (error: unknown) => {
    assert.equal(faultOf(error).message, '@ada/demo has no tag next. Its tags: stable (1.0.0); its versions: 1.1.0, 1.0.0')
    assert.deepEqual(faultOf(error).data, { reference: '@ada/demo', range: 'next', versions: ['1.1.0', '1.0.0'], tags: ['stable'] })
    return true
  })
  assert.equal((await install(ada, 'demo@stable', { directory: project })).version, '1.0.0')
})

test('what is blocked is said to be, by which block, and how to undo it: by name, by owner, as a need, and in a lock', async (t) => {
  const root = await makeTemporary(t)
  const [ada, eve] = [await openStand('ada'), await openStand('eve')]
  t.after(() => Promise.all([ada, eve].map((stand) => stand[Symbol.asyncDispose]())))
  await publish(eve, { root, name: 'tool' }, { 'package.toml': manifestOf('tool') })
  await publish(eve, { root, name: 'top' }, { 'package.toml': manifestOf('top', '1.0.0', 'dependencies = ["tool@^1"]\n') })
  await replicate(eve, ada)
  const project = await writeFiles(join(root, 'project'), { 'althing.toml': '' })
  const { path } = await install(eve, 'tool', { directory: project })
  const block = (subject: string, isOff = false) =>
    ada.handlers[isOff ? 'marketplace.unblock' : 'marketplace.block']({ subject }, ada.context)
  const isRefused = { code: 'PACKAGE_BLOCKED', message: /^@eve\/tool is blocked on this node.*`althing unblock @eve\/tool`/ }
  await block('@eve/tool')
  await assert.rejects(info(ada, 'tool'), isRefused)
  await assert.rejects(info(ada, '@eve/tool@^1'), isRefused)
  await assert.rejects(info(ada, '@bob/tool'), { code: 'PACKAGE_UNKNOWN' })
  const other = await writeFiles(join(root, 'other'), { 'althing.toml': '' })
  await assert.rejects(install(ada, 'top', { directory: other }), {
    code: 'DEPENDENCY_UNKNOWN',
    message: /needs tool \^1, which nobody has published here.* @eve\/tool is blocked on this node.*unblock @eve\/tool.*--no-dependencies/,
  })
  const audit = await ada.handlers['marketplace.audit']({ directory: project, global: false }, ada.context)
  assert.match(audit.findings[0]?.message ?? '', /@eve\/tool is installed, and @eve\/tool is blocked on this node/)
  await rm(path, { recursive: true })
  await assert.rejects(installSet(ada, [], { directory: project }), isRefused)
  await block('@eve/tool', true)
  await block('@eve')
  await assert.rejects(info(ada, '@eve/tool'), {
    code: 'PACKAGE_BLOCKED',
    message: /^@eve, with all packages of theirs, is blocked.*unblock @eve`/,
  })
  await assert.rejects(info(ada, 'tool'), { code: 'PACKAGE_UNKNOWN', message: /One owner is blocked on this node.*`althing blocked`/ })
  await block('@eve', true)
  await replicate(eve, ada)
  assert.equal((await info(ada, 'tool')).package, '@eve/tool')
})

test('S8: an owner whose handle means somebody else by now goes by the owner id, in what is shown, in the lock and on disk', async (t) => {
  const root = await makeTemporary(t)
  const project = await writeFiles(join(root, 'project'), { 'althing.toml': '' })
  const handleOf = (owner: OwnerId): string | undefined =>
    owner === ownerOf('ada') || owner === ownerOf('bob') ? 'ada' : owner === ownerOf('cy') ? undefined : 'eve'
  const others = [await openStand('ada'), await openStand('bob')]
  const cy: Stand = await openStand('cy', { handleOf, exchange: exchangeWith(() => cy, ...others), peers: others.map(({ node }) => node) })
  t.after(() => Promise.all([cy, ...others].map((stand) => stand[Symbol.asyncDispose]())))
  for (const [index, name] of ['ada', 'bob'].entries()) {
    const other = others[index] ?? assert.fail()
    await publish(other, { root, name: 'tool' }, { 'package.toml': manifestOf('tool', '1.0.0', `authors = ["${name}"]\n`) })
    await replicate(other, cy)
  }
  await publish(cy, { root, name: 'own' }, { 'package.toml': manifestOf('own') })
  const byId = `@${ownerOf('bob')}/tool`
  await assert.rejects(info(cy, 'tool'), (error: unknown) => {
    assert.deepEqual(faultOf(error).data['candidates'], ['@ada/tool', byId].toSorted())
    return true
  })
  assert.deepEqual([(await info(cy, byId)).handle, (await info(cy, byId)).package, (await info(cy, 'own')).handle], [null, byId, null])
  const { packages } = await installSet(cy, ['@ada/tool', byId, 'own'], { directory: project })
  assert.deepEqual(packages.map((row) => row.package).toSorted(), ['@ada/tool', byId, `@${ownerOf('cy')}/own`].toSorted())
  assert.match(await readFile(join(project, '.althing/packages', byId, 'package.toml'), 'utf8'), /"bob"/)
  assert.match(await readFile(join(project, '.althing/packages/@ada/tool/package.toml'), 'utf8'), /"ada"/)
})

test('a package keeps the name that the lock has for it, whatever its owner is called here; S8: another owner of that handle is refused', async (t) => {
  const { ada, root, project } = await setUpProject(t)
  await install(ada, 'demo@1.0.0', { directory: project })
  const handleOf = (owner: OwnerId): string => (owner === ownerOf('ada') ? 'lovelace' : owner === ownerOf('bob') ? 'ada' : 'cy')
  const [bob, cy] = [
    await openStand('bob', { handleOf }),
    await openStand('cy', { handleOf: (owner) => (owner === ownerOf('ada') ? 'lovelace' : 'cy') }),
  ]
  t.after(() => Promise.all([bob, cy].map((stand) => stand[Symbol.asyncDispose]())))
  for (const stand of [bob, cy]) await replicate(ada, stand)
  assert.equal((await install(cy, '@ada/demo', { directory: project })).package, '@ada/demo')
  await publish(bob, { root, name: 'demo' }, { 'package.toml': manifestOf('demo', '3.0.0') })
  for (const name of ['@ada/demo', `@${ownerOf('bob')}/demo`])
    await assert.rejects(installSet(bob, [name], { directory: project }), { code: 'OWNER_CHANGED' }, name)
})
