import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { installSet, publish, setUpProject } from '../testing/project.ts'
import { exchangeWith, makeTemporary, manifestOf, openStand, ownerOf, replicate } from '../testing/stand.ts'
import type { Stand, StandOptions } from '../testing/stand.ts'

const day = 86_400_000

function audit(stand: Stand, directory: string) {
  return stand.handlers['marketplace.audit']({ directory, global: false }, stand.context)
}

/** Kinds that an audit names, by package without its owner. */
async function found(stand: Stand, directory: string): Promise<readonly string[]> {
  const { findings, hasFindings } = await audit(stand, directory)
  assert.equal(hasFindings, findings.length > 0)
  return findings.map(({ package: name, kind }) => `${name.split('/')[1]} ${kind}`)
}

/** A project of ada's in a hive where bob publishes too, whose bytes ada can fetch. */
async function setUp(t: TestContext, options: StandOptions = {}) {
  const root = await makeTemporary(t)
  const bob = await openStand('bob', options)
  t.after(() => bob[Symbol.asyncDispose]())
  const set: Awaited<ReturnType<typeof setUpProject>> = await setUpProject(t, { ...options, exchange: exchangeWith(() => set.ada, bob) })
  const say = (name: string, version: string, more = ''): Promise<void> =>
    publish(bob, { root, name }, { 'package.toml': manifestOf(name, version, more), 'a.txt': version })
  return { ...set, bob, say }
}

test('S9: a version that was yanked is not begun with, unless that is accepted; who has it keeps it, and audit says so', async (t) => {
  const { ada, bob, say, project } = await setUp(t)
  await say('tool', '1.0.0')
  await say('tool', '1.1.0')
  await replicate(bob, ada)
  await installSet(ada, ['tool@1.1.0'], { directory: project })
  await bob.handlers['marketplace.yank']({ package: 'tool@1.1.0', reason: 'leaks', undo: false }, bob.context)
  await replicate(bob, ada)
  const kept = await installSet(ada, [], { directory: project })
  assert.deepEqual(
    kept.notes.map(({ kind }) => kind),
    ['yanked'],
  )
  assert.deepEqual(await found(ada, project), ['tool yanked'])
  const other = join(project, 'vendor')
  await assert.rejects(installSet(ada, ['tool@1.1.0'], { directory: project, target: other }), {
    code: 'CONFIRMATION_NEEDED',
    message: /1\.1\.0 was yanked \(leaks\).*--accept yanked/,
  })
  const accepted = await installSet(ada, ['tool@1.1.0'], {
    directory: project,
    target: other,
    accept: ['yanked'],
    reason: 'to find the leak',
  })
  assert.equal(accepted.packages[0]?.version, '1.1.0')
  const report = await ada.handlers['marketplace.audit']({ directory: project, global: false, target: other }, ada.context)
  assert.deepEqual(
    [report.hasFindings, report.accepted.map(({ kind, reason, by }) => [kind, reason, by])],
    [false, [['yanked', 'to find the leak', '@ada']]],
  )
})

test('in an open hive a release is left alone for a day after this node first saw it, whatever time its author gives', async (t) => {
  const { ada, bob, say, project } = await setUp(t, { policy: 'open' })
  await say('tool', '1.0.0')
  await replicate(bob, ada)
  await assert.rejects(installSet(ada, ['tool'], { directory: project }), (error: Error & { readonly code?: string }) => {
    assert.equal(error.code, 'CONFIRMATION_NEEDED')
    assert.match(error.message, /first seen here .* ago.*--accept cool-down --reason/)
    return true
  })
  await ada.database.write((tx) => tx.run('update release set seen_at = seen_at - ?', day))
  assert.equal((await installSet(ada, ['tool'], { directory: project })).status, 'done')
})

test('S9: a hive that offers less than was seen in it is asked about, and goes on once it offers more', async (t) => {
  const { ada, bob, say, project } = await setUp(t)
  await say('tool', '1.0.0')
  await say('tool', '1.1.0')
  await replicate(bob, ada)
  await ada.database.write((tx) => tx.run(`delete from release where name = 'tool' and version = '1.1.0'`))
  await assert.rejects(installSet(ada, ['tool'], { directory: project }), {
    code: 'CONFIRMATION_NEEDED',
    message: /@bob\/tool 1\.1\.0 was seen here, and hive:\w+ offers no more than 1\.0\.0 now.*--accept rollback/,
  })
  const accepted = { accept: ['rollback'], reason: 'bob took it back' }
  await installSet(ada, ['tool'], { directory: project, ...accepted })
  assert.deepEqual((await installSet(ada, [], { directory: project })).notes, [])
  await say('tool', '1.2.0')
  await replicate(bob, ada)
  assert.equal((await installSet(ada, ['tool@latest'], { directory: project })).packages[0]?.version, '1.2.0')
})

test('S9: what is installed stays, and is spoken of, when its hive offers less than was seen in it', async (t) => {
  const { ada, project } = await setUpProject(t)
  await installSet(ada, ['demo@1.0.0'], { directory: project })
  await ada.database.write((tx) => tx.run(`delete from release where name = 'demo' and version = '1.1.0'`))
  const { status, notes } = await installSet(ada, [], { directory: project })
  assert.deepEqual([status, notes.map(({ kind }) => kind)], ['present', ['rollback']])
})

test('S15: an update that asks for more is refused until that is accepted', async (t) => {
  const { ada, bob, say, project } = await setUp(t)
  await say('tool', '1.0.0', '[permissions]\ntools = ["Read"]\n')
  await replicate(bob, ada)
  await installSet(ada, ['tool'], { directory: project })
  await say('tool', '1.1.0', '[permissions]\ntools = ["Read", "Bash"]\n')
  await replicate(bob, ada)
  const update = (more: { accept?: readonly string[]; reason?: string } = {}) =>
    ada.handlers['marketplace.update'](
      { packages: [], check: false, dryRun: false, offline: false, directory: project, global: false, accept: [], ...more },
      ada.context,
    )
  await assert.rejects(update(), { code: 'CONFIRMATION_NEEDED', message: /asks for more than 1\.0\.0 did: tools: Bash/ })
  assert.equal((await update({ accept: ['permissions-grown'], reason: 'it runs tests now' })).packages[0]?.version, '1.1.0')
  const { accepted, hasFindings } = await audit(ada, project)
  assert.deepEqual([accepted.length, hasFindings], [1, false])
})

test('S8: a name like that of a package people use is said when it is installed, and by audit', async (t) => {
  const { ada, bob, say, project } = await setUp(t)
  await publish(ada, { root: project, name: 'express' }, { 'package.toml': manifestOf('express', '1.0.0') })
  await publish(ada, { root: project, name: 'express' }, { 'package.toml': manifestOf('express', '1.1.0') })
  await say('expres', '9.0.0')
  await replicate(bob, ada)
  const { notes } = await installSet(ada, ['expres'], { directory: project })
  assert.deepEqual(
    notes.map(({ kind, message }) => [kind, /nearly called like @ada\/express/.test(message)]),
    [['look-alike', true]],
  )
  assert.deepEqual(await found(ada, project), ['expres look-alike'])
})

test('S8: the same name under a handle one letter from that of an owner people know is said', async (t) => {
  const handles = new Map([
    [ownerOf('ada'), 'adele'],
    [ownerOf('bob'), 'adela'],
  ])
  const { ada, bob, say, project } = await setUp(t, { handleOf: (owner) => handles.get(owner) })
  await say('demo', '9.0.0')
  await replicate(bob, ada)
  const { notes } = await installSet(ada, ['@adela/demo'], { directory: project })
  assert.deepEqual(
    notes.map(({ kind, message }) => [kind, /nearly called like @adele\/demo/.test(message)]),
    [['look-alike', true]],
  )
})

test('a deprecated release is installed with what its owner wrote', async (t) => {
  const { ada, project } = await setUpProject(t)
  await ada.handlers['marketplace.deprecate']({ package: 'demo', message: 'use other', undo: false }, ada.context)
  const { notes } = await installSet(ada, ['demo'], { directory: project })
  assert.deepEqual(
    notes.map(({ message }) => message),
    ['@ada/demo 1.1.0 is deprecated: use other'],
  )
})

test('a package that was handed on says so, and its update follows to the new owner', async (t) => {
  const { ada, bob, say, project } = await setUp(t)
  await installSet(ada, ['demo'], { directory: project })
  await ada.handlers['marketplace.owner']({ action: 'transfer', package: 'demo', member: '@bob', revoke: false }, ada.context)
  assert.deepEqual(await found(ada, project), ['demo transferred'])
  await say('demo', '2.0.0')
  await replicate(bob, ada)
  const updated = await ada.handlers['marketplace.update'](
    { packages: [], check: false, dryRun: false, offline: false, directory: project, global: false, accept: [] },
    ada.context,
  )
  assert.deepEqual(
    updated.packages.map(({ package: name, version }) => [name, version]),
    [['@bob/demo', '2.0.0']],
  )
  assert.deepEqual(
    updated.notes.map(({ kind }) => kind),
    ['owner-changed'],
  )
})

test('what was asked for exactly and was handed on is told to install the latest, and outdated says whose that is', async (t) => {
  const { ada, bob, say, project } = await setUp(t)
  await installSet(ada, ['demo@1.1.0'], { directory: project })
  await ada.handlers['marketplace.owner']({ action: 'transfer', package: 'demo', member: '@bob', revoke: false }, ada.context)
  await say('demo', '2.0.0')
  await replicate(bob, ada)
  const where = { directory: project, global: false }
  const { findings } = await ada.handlers['marketplace.audit'](where, ada.context)
  assert.match(findings[0]?.message ?? '', /handed on to @bob; it was asked for as 1\.1\.0; `althing install @ada\/demo@latest` follows/)
  const { packages } = await ada.handlers['marketplace.outdated'](where, ada.context)
  assert.deepEqual(
    packages.map(({ latest, latestOwner }) => [latest, latestOwner]),
    [['2.0.0', '@bob']],
  )
  const { packages: latest } = await installSet(ada, ['@ada/demo@latest'], { directory: project })
  assert.deepEqual(
    latest.map(({ version }) => version),
    ['2.0.0'],
  )
})

test('S10: a package of the same name by somebody to whom it was not handed on is no update', async (t) => {
  const { ada, bob, say, project } = await setUp(t)
  await installSet(ada, ['demo'], { directory: project })
  await say('demo', '2.0.0')
  await replicate(bob, ada)
  const updated = await ada.handlers['marketplace.update'](
    { packages: [], check: true, dryRun: false, offline: false, directory: project, global: false, accept: [] },
    ada.context,
  )
  assert.ok(updated.packages.every(({ owner }) => owner === ownerOf('ada')))
})

test('audit names what was changed or is gone, and a release that is in the index no more', async (t) => {
  const { ada, project } = await setUpProject(t)
  await installSet(ada, ['demo', 'review'], { directory: project })
  assert.deepEqual(await found(ada, project), [])
  await writeFile(join(project, '.althing/packages/@ada/demo/a.txt'), 'changed')
  await rm(join(project, '.althing/packages/@ada/review'), { recursive: true })
  assert.deepEqual(await found(ada, project), ['demo changed', 'review missing'])
  await ada.database.write((tx) => tx.run(`delete from release where name = 'demo'`))
  assert.deepEqual(await found(ada, project), ['demo changed', 'demo unknown', 'review missing'])
})
