import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { InputOf } from '../../operations/define-operation.ts'
import { Fault } from '../../lib/fault.ts'
import { findTag } from '../trust/tags.ts'
import { testHive } from '../../journal/testing/bench-of-peers.ts'
import { makeTemporary, manifestOf, openStand, ownerOf, releasesOf, replicate, writeFiles } from '../testing/stand.ts'
import type { Stand } from '../testing/stand.ts'
import type { publishOperations } from './operations.ts'
import type { PublishReport } from './report.ts'

type PublishInput = InputOf<Extract<(typeof publishOperations)[number], { readonly name: 'marketplace.publish' }>>
type Files = Readonly<Record<string, string | Uint8Array>>

function publish(stand: Stand, path: string, more: Partial<PublishInput> = {}): Promise<PublishReport> {
  return stand.handlers['marketplace.publish']({ path, dryRun: false, allowSecret: [], ...more }, stand.context) as Promise<PublishReport>
}

async function folderWith(t: TestContext, files: Files, name = 'demo'): Promise<string> {
  const folder = join(await makeTemporary(t), name)
  await mkdir(folder)
  return writeFiles(folder, files)
}

const token = ['ghp_', 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zCaB3d'].join('')

test('a dry run lists every file with its size, what is asked for and what is needed, and leaves nothing anywhere', async (t) => {
  const folder = await folderWith(t, {
    'package.toml': manifestOf('demo', '1.0.0', 'dependencies = ["@ada/base@^1"]\n[permissions]\ntools = ["Read"]\n'),
    'src/a.txt': 'hello',
    'left.log': 'x',
    '.gitignore': '*.log\n',
  })
  await using ada = await openStand('ada')
  const plan = await publish(ada, folder, { dryRun: true, tag: 'beta' })
  assert.equal(plan.status, 'planned')
  assert.deepEqual(
    plan.list?.map(({ path }) => path),
    ['.gitignore', 'package.toml', 'src/a.txt'],
  )
  assert.deepEqual(plan.list?.[2], { path: 'src/a.txt', size: 5, isExecutable: false })
  assert.deepEqual(
    [plan.permissions.tools, plan.tag, plan.cid, plan.kind, plan.manifest],
    [['Read'], 'beta', null, 'bundle', 'package.toml'],
  )
  assert.deepEqual(plan.dependencies, [{ name: '@ada/base', range: '^1' }])
  assert.equal(ada.journal.status().entries, 0)
  assert.equal(ada.blobs.usage().blocks, 0)
  const published = await publish(ada, folder)
  assert.deepEqual([published.digest, published.size, published.files], [plan.digest, plan.size, plan.files])
  assert.match((await publish(ada, folder, { dryRun: true })).hint ?? '', /published already, as demo 1.0.0/)
})

test('a dry run of a version that was published with other bytes is refused as the publish would be', async (t) => {
  const folder = await folderWith(t, { 'package.toml': manifestOf('demo') })
  await using ada = await openStand('ada')
  await publish(ada, folder)
  await writeFiles(folder, { more: 'x' })
  await assert.rejects(publish(ada, folder, { dryRun: true }), { code: 'VERSION_EXISTS' })
})

test('a bare name among crates is ours when the index has it; what became foreign is said', async (t) => {
  await using ada = await openStand('ada')
  await publish(ada, await folderWith(t, { 'package.toml': manifestOf('base') }, 'base'))
  const text = manifestOf('demo', '1.0.0', 'dependencies = ["later"]\n[dependencies]\nbase = "^1.0"\nserde = "1.0"\n')
  const report = await publish(ada, await folderWith(t, { 'package.toml': text }))
  assert.deepEqual(report.dependencies, [
    { name: 'base', range: '^1.0' },
    { name: 'later', range: '*' },
  ])
  assert.equal(report.foreign, 1)
  assert.deepEqual(report.warnings, [
    'kept as foreign, never installed: serde; no package of that name is in the index. Publish it first, or write "@owner/serde"',
    'the index has no package named later yet; an install will ask for it',
  ])
})

test('S28: secrets are refused by file, line and sort, never by what they are; nothing is published or stored', async (t) => {
  const folder = await folderWith(t, {
    'package.toml': manifestOf('demo'),
    'docs/setup.md': `one\ntwo ${token}\n`,
    '.env': 'KEY=value\n',
    'large.txt': `${'x'.repeat(262_130)}\n${token}\n${'y\n'.repeat(150_000)}${token}\n`,
    'binary.bin': Buffer.concat([Buffer.from([0]), Buffer.from(token)]),
  })
  await using ada = await openStand('ada')
  const outcome = await publish(ada, folder).catch((error: unknown) => error)
  assert.ok(outcome instanceof Fault)
  assert.equal(outcome.code, 'SECRETS_FOUND')
  assert.deepEqual(outcome.data['found'], [
    { path: '.env', line: 1, secret: 'a value in an environment file' },
    { path: 'docs/setup.md', line: 2, secret: 'a GitHub token' },
    { path: 'large.txt', line: 2, secret: 'a GitHub token' },
    { path: 'large.txt', line: 150_003, secret: 'a GitHub token' },
  ])
  assert.match(outcome.message, /docs\/setup.md:2: a GitHub token/)
  assert.ok(!JSON.stringify([outcome.message, outcome.data]).includes('ghp_'))
  assert.deepEqual([ada.journal.status().entries, ada.blobs.usage().blocks], [0, 0])
  await assert.rejects(publish(ada, folder, { dryRun: true }), { code: 'SECRETS_FOUND' })
})

test('a file in which something only looks like a secret is published when it is named', async (t) => {
  const folder = await folderWith(t, { 'package.toml': manifestOf('demo'), 'docs/a.md': token, 'docs/b.md': token })
  await using ada = await openStand('ada')
  await assert.rejects(publish(ada, folder, { allowSecret: ['docs/a.md'] }), { code: 'SECRETS_FOUND', message: /docs\/b.md:1/ })
  assert.equal((await publish(ada, folder, { allowSecret: ['docs/a.md', './docs/b.md'] })).status, 'published')
})

test('S28: what .gitignore leaves out, of any folder, is in no package; .althingignore takes back in', async (t) => {
  const folder = await folderWith(t, {
    'package.toml': manifestOf('demo'),
    '.gitignore': '.env\n/dist/\n',
    '.althingignore': '!dist\n',
    '.env': 'KEY=value\n',
    'dist/built.js': '1',
    'app/.gitignore': '*.key\n/only\n',
    'app/a.key': 'x',
    'app/deep/b.key': 'x',
    'app/only/x': 'x',
    'app/deep/only': 'x',
  })
  await using ada = await openStand('ada')
  assert.deepEqual(
    (await publish(ada, folder, { dryRun: true })).list?.map(({ path }) => path),
    ['.gitignore', 'app/.gitignore', 'app/deep/only', 'dist/built.js', 'package.toml'],
  )
})

test('S13: .gitignore files with too many lines between them are refused', async (t) => {
  const lines = Array.from({ length: 600 }, (_, n) => `x${n}`).join('\n')
  const folder = await folderWith(t, { 'package.toml': manifestOf('demo'), '.gitignore': lines, 'a/.gitignore': lines })
  await using ada = await openStand('ada')
  await assert.rejects(publish(ada, folder), { code: 'SOURCE_REFUSED', message: /more than 1000 lines/ })
})

test('an entry or a pattern of files that matches nothing is refused, where it stands', async (t) => {
  await using ada = await openStand('ada')
  const told = async (files: Files): Promise<string> =>
    publish(ada, await folderWith(t, files), { dryRun: true }).then(
      () => 'taken',
      (error: unknown) => String(error),
    )
  assert.match(
    await told({ 'package.toml': manifestOf('demo', '1.0.0', 'entry = "READM.md"\n'), 'README.md': '' }),
    /package.toml:5:1: "entry" names "READM.md", which is not in the package/,
  )
  assert.match(
    await told({ 'package.toml': manifestOf('demo', '1.0.0', 'files = ["src", "tset/**"]\n'), 'src/a': '' }),
    /package.toml:5:1: "files" names "tset\/\*\*", which no file matches/,
  )
  assert.match(
    await told({ 'package.toml': manifestOf('demo'), '.gitignore': '*.toml\n' }),
    /"package.toml" cannot be part of a package: it says what the package is, but/,
  )
  assert.equal(await told({ 'package.toml': manifestOf('demo', '1.0.0', 'files = ["src", "!src/b"]\n'), 'src/a': '' }), 'taken')
})

test('S13: a manifest that says more than one entry of a journal holds is refused before anything is stored', async (t) => {
  const many = (word: string): string => JSON.stringify(Array.from({ length: 64 }, (_, n) => `${word} ${n} ${'x'.repeat(490)}`))
  const permissions = `[permissions]\ncommands = ${many('c')}\npaths = ${many('p')}\n`
  const folder = await folderWith(t, { 'package.toml': manifestOf('demo', '1.0.0', permissions) })
  await using ada = await openStand('ada')
  await assert.rejects(publish(ada, folder), { code: 'MANIFEST_INVALID', message: /more than 60000 bytes/ })
  assert.equal(ada.blobs.usage().blocks, 0)
})

test('--tag names the version that was published, and is refused before anything is stored when it is none', async (t) => {
  const folder = await folderWith(t, { 'package.toml': manifestOf('demo') })
  await using ada = await openStand('ada')
  for (const tag of ['1.0.0', 'latest', 'x', 'Beta', '--force'])
    await assert.rejects(publish(ada, folder, { tag }), { code: 'TAG_INVALID' })
  assert.equal(ada.journal.status().entries, 0)
  assert.equal((await publish(ada, folder, { tag: 'beta' })).tag, 'beta')
  assert.equal(findTag(ada.database, { hive: testHive, owner: ada.owner, name: 'demo' }, 'beta'), '1.0.0')
  // The same again moves the tag alone.
  await writeFiles(folder, { 'package.toml': manifestOf('demo', '1.1.0') })
  await publish(ada, folder)
  assert.equal((await publish(ada, folder, { tag: 'beta' })).status, 'unchanged')
  assert.equal(findTag(ada.database, { hive: testHive, owner: ada.owner, name: 'demo' }, 'beta'), '1.1.0')
})

test('a package of another owner is published by its maintainers only, as one of that owner', async (t) => {
  const folder = await folderWith(t, { 'package.toml': manifestOf('demo') })
  await using ada = await openStand('ada')
  await using bob = await openStand('bob')
  await publish(ada, folder)
  await replicate(ada, bob)
  await writeFiles(folder, { 'package.toml': manifestOf('demo', '1.1.0') })
  await assert.rejects(publish(bob, folder, { owner: '@ada' }), { code: 'NOT_OWNER', message: /owner add @ada\/demo @bob/ })
  await assert.rejects(publish(bob, folder, { owner: 'nobody' }), { code: 'REFERENCE_INVALID' })
  assert.equal(bob.journal.status().entries, 1)
  const naming = { action: 'add', package: '@ada/demo', member: '@bob', revoke: false } as const
  await ada.handlers['marketplace.owner'](naming, ada.context)
  await replicate(ada, bob)
  assert.equal((await publish(bob, folder, { owner: '@ada', tag: 'next' })).owner, ownerOf('ada'))
  await replicate(bob, ada)
  assert.deepEqual(
    releasesOf(ada, 'demo', ownerOf('ada')).map(({ version }) => version),
    ['1.0.0', '1.1.0'],
  )
  assert.equal(findTag(ada.database, { hive: testHive, owner: ownerOf('ada'), name: 'demo' }, 'next'), '1.1.0')
})

test('a maintainer who does not say whose package it is publishes nothing, and is told both commands; who has one of the name, or maintains it no more, means their own', async (t) => {
  const folder = await folderWith(t, { 'package.toml': manifestOf('demo', '2.0.0') })
  const [ada, bob] = [await openStand('ada'), await openStand('bob')]
  t.after(() => Promise.all([ada, bob].map((stand) => stand[Symbol.asyncDispose]())))
  await publish(ada, await folderWith(t, { 'package.toml': manifestOf('demo') }))
  const naming = { action: 'add', package: '@ada/demo', member: '@bob', revoke: false } as const
  await ada.handlers['marketplace.owner'](naming, ada.context)
  await replicate(ada, bob)
  for (const dryRun of [true, false])
    await assert.rejects(publish(bob, folder, { dryRun }), {
      code: 'OWNER_UNSAID',
      data: { packages: ['@ada/demo'], ours: '@bob/demo' },
      message: `nothing was published: you maintain @ada/demo, and have no demo of your own. Say which it is: \`althing publish ${folder} --owner @ada\` releases it, and \`althing publish ${folder} --owner @bob\` begins one of yours.`,
    })
  await assert.rejects(bob.handlers['p2p.publish']({ path: folder }, bob.context), { code: 'OWNER_UNSAID' })
  assert.equal((await publish(bob, folder, { owner: '@bob' })).owner, ownerOf('bob'))
  await writeFiles(folder, { 'package.toml': manifestOf('demo', '2.1.0') })
  assert.equal((await publish(bob, folder)).owner, ownerOf('bob'))
  const other = await folderWith(t, { 'package.toml': manifestOf('other') })
  await publish(ada, other)
  for (const action of ['add', 'remove'] as const)
    await ada.handlers['marketplace.owner']({ ...naming, package: '@ada/other', action }, ada.context)
  await replicate(ada, bob)
  assert.equal((await publish(bob, other)).owner, ownerOf('bob'))
})

test('--manifest names the file that says what the package is', async (t) => {
  const folder = await folderWith(t, {
    'package.toml': manifestOf('demo'),
    'package.json': '{"name": "other", "version": "2.0.0", "description": "d"}',
  })
  await using ada = await openStand('ada')
  assert.equal((await publish(ada, folder)).name, 'demo')
  assert.equal((await publish(ada, folder, { manifest: 'package.json' })).name, 'other')
})

for (const kind of ['skill', 'template', 'tool', 'role', 'bundle'] as const) {
  test(`init: a ${kind} to start from publishes as it is, without a warning`, async (t) => {
    const directory = await makeTemporary(t)
    await using ada = await openStand('ada')
    const started = await ada.handlers['marketplace.init']({ directory, kind, name: 'my-start', force: false }, ada.context)
    assert.equal(basename(started.path), 'my-start')
    assert.match(started.hint, /althing publish .*my-start --dry-run/)
    const report = await publish(ada, started.path)
    assert.deepEqual([report.name, report.version, report.kind, report.warnings], ['my-start', '0.1.0', kind, []])
    assert.equal(report.files, started.files.length)
    assert.equal(releasesOf(ada, 'my-start').length, 1)
  })
}
