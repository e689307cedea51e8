import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createHash } from 'node:crypto'
import { mkdir, readFile, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { PeerId } from '../../identity/keys.ts'
import type { Exchange } from '../../content/content.ts'
import { testHive } from '../../journal/testing/bench-of-peers.ts'
import { chunkDigest } from '../../content/chunks.ts'
import { Fault } from '../../lib/fault.ts'
import { digestOfCid } from '../../lib/cid.ts'
import { encodeFileList } from '../file-list.ts'
import { formatRelease, releaseKind } from '../release.ts'
import { countPackages } from '../count-packages.ts'
import { createMarketHandlers } from '../handlers.ts'
import {
  exchangeWith,
  makeTemporary,
  manifestOf,
  openStand,
  releasesOf,
  replicate,
  testMarketOptions,
  writeFiles,
} from '../testing/stand.ts'
import type { Stand } from '../testing/stand.ts'
import { searchFor } from '../testing/search-for.ts'

const skill = '---\nname: review\ndescription: Reviews a change.\n---\ntext\n'

test('publishing says what was published, by which bytes, and where copies are', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), {
    'package.toml': manifestOf('demo', '1.2.3', '[dependencies]\nx = "src/"\n'),
    a: 'x',
  })
  await using cy = await openStand('cy')
  const home = await makeTemporary(t)
  const ada: Stand = await openStand('ada', { home, exchange: exchangeWith(() => ada, cy), peers: [cy.node] })
  await using _ = ada
  const report = await ada.handlers['marketplace.publish']({ path: folder, dryRun: false, allowSecret: [] }, ada.context)
  assert.equal(report.version, '1.2.3')
  assert.equal(report.handle, 'ada')
  assert.match(report.digest, /^sha256:[0-9a-f]{64}$/)
  assert.equal(report.foreign, 1)
  assert.equal(report.announcedTo, 1)
  assert.equal(report.providerRecord, true)
  assert.deepEqual(report.copies, { wanted: 2, confirmed: 1 })
  assert.equal(report.hint, null)
  assert.equal(report.leaving, false)
  assert.deepEqual(countPackages(ada, testHive), { local: 1, discovered: 1 })
})

test('the same folder again appends nothing and says so', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('demo') })
  await using ada = await openStand('ada')
  const first = await ada.handlers['p2p.publish']({ path: folder }, ada.context)
  const entries = ada.journal.status().entries
  const again = await ada.handlers['p2p.publish']({ path: folder }, ada.context)
  assert.equal(again.status, 'unchanged')
  assert.equal(again.digest, first.digest)
  assert.equal(ada.journal.status().entries, entries)
})

test('F8: publishing the same folder again brings back bytes that were lost on this disk', async (t) => {
  const files = { 'package.toml': manifestOf('demo'), 'large.bin': Buffer.alloc(1_500_000, 'noise') }
  const folder = await writeFiles(await makeTemporary(t), files)
  const home = await makeTemporary(t)
  const ada: Stand = await openStand('ada', { home })
  t.after(() => ada[Symbol.asyncDispose]())
  await ada.handlers['p2p.publish']({ path: folder }, ada.context)
  assert.equal(countPackages(ada, testHive).local, 1)
  const [release] = releasesOf(ada, 'demo')
  const list = release && ada.content.listOf(release.archive)
  assert.ok(release !== undefined && list !== undefined)
  await ada.blobs.remove(chunkDigest(list, 1))
  await ada.blobs.remove(digestOfCid(release.files))
  assert.deepEqual(countPackages(ada, testHive), { local: 0, discovered: 1 })
  const again = await ada.handlers['p2p.publish']({ path: folder }, ada.context)
  assert.equal(again.status, 'unchanged')
  assert.equal(ada.content.stat(release.files)?.isWhole, true)
  assert.deepEqual(countPackages(ada, testHive), { local: 1, discovered: 1 })
})

test('F34: of a release from before lists had details, publishing the same folder brings back the list it names', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('demo', '1.0.0', '[templates]\npath = "t"\n') })
  await using other = await openStand('ada')
  await other.handlers['p2p.publish']({ path: folder }, other.context)
  const [now] = releasesOf(other, 'demo')
  assert.ok(now !== undefined)
  const digest = createHash('sha256')
    .update(await readFile(join(folder, 'package.toml')))
    .digest()
  const plain = [
    { path: 'package.toml', size: (await stat(join(folder, 'package.toml'))).size, isExecutable: false, digest: new Uint8Array(digest) },
  ]
  await using ada = await openStand('ada')
  const list = await ada.content.add([encodeFileList(plain)], { signal: ada.context.signal })
  assert.notEqual(list.cid, now.files)
  await ada.journal.append(releaseKind, formatRelease({ ...now, files: list.cid, previous: null }))
  await ada.blobs.remove(digestOfCid(list.cid))
  const again = await ada.handlers['p2p.publish']({ path: folder }, ada.context)
  assert.equal(again.status, 'unchanged')
  assert.equal(ada.content.stat(list.cid)?.isWhole, true)
})

test('a version that was published with other bytes is refused with what to do', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('demo') })
  await using ada = await openStand('ada')
  const first = await ada.handlers['p2p.publish']({ path: folder }, ada.context)
  const { blocks } = ada.blobs.usage()
  await writeFiles(folder, { more: 'x' })
  await assert.rejects(ada.handlers['p2p.publish']({ path: folder }, ada.context), (error: unknown) => {
    assert.equal(Reflect.get(Object(error), 'code'), 'VERSION_EXISTS')
    assert.equal(Reflect.get(Object(error), 'data').published, first.digest)
    assert.match(String(error), /Raise the version/)
    return true
  })
  assert.equal(ada.blobs.usage().blocks, blocks)
  await writeFiles(folder, { 'package.toml': manifestOf('demo', '1.0.1') })
  assert.equal((await ada.handlers['p2p.publish']({ path: folder }, ada.context)).status, 'published')
  const releases = releasesOf(ada, 'demo')
  assert.deepEqual(
    releases.map(({ version }) => version),
    ['1.0.0', '1.0.1'],
  )
})

test('two publishes of one version at once: one is published, the other refused, the journal has one entry', async (t) => {
  const root = await writeFiles(await makeTemporary(t), {
    'a/package.toml': manifestOf('demo'),
    'b/package.toml': manifestOf('demo'),
    'b/more': 'x',
  })
  await using ada = await openStand('ada')
  const outcomes = await Promise.allSettled(['a', 'b'].map((name) => ada.handlers['p2p.publish']({ path: join(root, name) }, ada.context)))
  assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  assert.equal(ada.journal.status().entries, 1)
})

/** What answers for a stand while something else happens first, whenever it is about to store an archive. */
function interrupted({ deps }: Stand, first: () => Promise<unknown>) {
  const addSoon: typeof deps.content.addSoon = async (...given) => {
    await first()
    return deps.content.addSoon(...given)
  }
  return createMarketHandlers({ ...deps, content: { ...deps.content, addSoon } }, testMarketOptions)
}

test('F1: of two publishes of one version that were looked at before either was there, the later is refused and appends nothing', async (t) => {
  const root = await writeFiles(await makeTemporary(t), {
    'a/package.toml': manifestOf('demo'),
    'b/package.toml': manifestOf('demo'),
    'b/more': 'x',
  })
  await using ada = await openStand('ada')
  const later = interrupted(ada, () => ada.handlers['p2p.publish']({ path: join(root, 'a') }, ada.context))
  await assert.rejects(later['p2p.publish']({ path: join(root, 'b') }, ada.context), { code: 'VERSION_EXISTS' })
  assert.equal(ada.journal.status().entries, 1)
  assert.equal(releasesOf(ada, 'demo')[0]?.conflicts, 0)
})

test('S10: who is taken off as a maintainer while a release is packed is refused, and appends nothing', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('demo') })
  await using ada = await openStand('ada')
  await using bob = await openStand('bob')
  await ada.handlers['p2p.publish']({ path: folder }, ada.context)
  const change = async (action: 'add' | 'remove') => {
    await ada.handlers['marketplace.owner']({ action, package: 'demo', member: '@bob', revoke: false }, ada.context)
    await replicate(ada, bob)
  }
  await change('add')
  await writeFiles(folder, { 'package.toml': manifestOf('demo', '2.0.0') })
  const late = interrupted(bob, () => change('remove'))
  const request = { path: folder, owner: '@ada', dryRun: false, allowSecret: [] }
  await assert.rejects(late['marketplace.publish'](request, bob.context), { code: 'NOT_OWNER', message: /@ada\/demo is not yours/ })
  assert.equal(bob.journal.headOf(bob.node, 1), undefined)
})

test('a skill without a version gets one from its bytes, and is recognised again', async (t) => {
  const folder = join(await makeTemporary(t), 'review')
  await mkdir(folder)
  await writeFiles(folder, { 'SKILL.md': skill })
  await using ada = await openStand('ada')
  const first = await ada.handlers['p2p.publish']({ path: folder }, ada.context)
  assert.match(first.version, /^0\.0\.0\+[0-9a-f]{12}$/)
  assert.equal(first.digest.slice(7, 19), first.version.slice(6))
  assert.equal((await ada.handlers['p2p.publish']({ path: folder }, ada.context)).status, 'unchanged')
  await writeFiles(folder, { 'SKILL.md': `${skill}more\n` })
  const second = await ada.handlers['p2p.publish']({ path: folder }, ada.context)
  assert.equal(second.status, 'published')
  assert.notEqual(second.version, first.version)
  const found = await ada.handlers['p2p.search'](searchFor('review'), ada.context)
  assert.equal(found.packages[0]?.version, second.version)
})

test('a publish with nobody around stays here and says so', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('demo') })
  await using ada = await openStand('ada', { isTransient: true })
  const report = await ada.handlers['p2p.publish']({ path: folder }, ada.context)
  assert.equal(report.leaving, true)
  assert.equal(report.copies.confirmed, 0)
  assert.equal(report.hint, 'stored here, 0 copies: nobody is connected. Run `althing p2p start` so that others can get it.')
})

test('a command that publishes waits for a member to connect before it leaves, and then for its copy', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('demo') })
  await using cy = await openStand('cy')
  const peers: PeerId[] = []
  const untilConnected = async (): Promise<void> => void peers.push(cy.node)
  const ada: Stand = await openStand('ada', { isTransient: true, exchange: exchangeWith(() => ada, cy), peers, untilConnected })
  await using _ = ada
  const report = await ada.handlers['p2p.publish']({ path: folder }, ada.context)
  assert.equal(report.copies.confirmed, 1)
  assert.equal(report.announcedTo, 1)
})

test('a publish asks for no more copies than members are connected', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('demo') })
  await using cy = await openStand('cy')
  const asked: number[] = []
  const exchange: Exchange = {
    ...exchangeWith(() => ada, cy),
    replicate: async (_cid, { copies }) => {
      asked.push(copies)
      return [cy.node]
    },
  }
  const ada: Stand = await openStand('ada', { exchange, peers: [cy.node] })
  await using _ = ada
  await ada.handlers['p2p.publish']({ path: folder }, ada.context)
  assert.deepEqual(asked, [1, 1])
})

test('what fails after the release is on disk does not fail the publish', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('demo') })
  const broken: Exchange = {
    fetch: () => Promise.reject(new Error('no')),
    findHolders: () => Promise.reject(new Error('no')),
    announce: () => Promise.reject(new Error('no DHT')),
    replicate: () => Promise.reject(new Error('no copies')),
    [Symbol.asyncDispose]: async () => {},
  }
  await using cy = await openStand('cy')
  await using ada = await openStand('ada', { exchange: broken, peers: [cy.node] })
  const report = await ada.handlers['p2p.publish']({ path: folder }, ada.context)
  assert.equal(report.status, 'published')
  assert.equal(report.providerRecord, false)
  assert.match(report.hint ?? '', /no member signed for the bytes in time/)
})

test('a node whose owner is no member cannot publish', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('demo') })
  await using ada = await openStand('ada', { owners: new Map() })
  await assert.rejects(ada.handlers['p2p.publish']({ path: folder }, ada.context), { code: 'OWNER_UNKNOWN' })
})

test('a folder that is refused leaves nothing behind', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('demo') })
  await symlink('/etc/passwd', join(folder, 'link'))
  await using ada = await openStand('ada')
  await assert.rejects(ada.handlers['p2p.publish']({ path: folder }, ada.context), { code: 'SOURCE_REFUSED' })
  assert.equal(ada.journal.status().entries, 0)
})

test('S28: what .althingignore and the fixed list leave out is in no block, entry or report', async (t) => {
  const canary = 'CANARY-7f3a'
  const folder = await writeFiles(await makeTemporary(t), {
    'package.toml': manifestOf('demo'),
    '.env': canary,
    '.git/config': canary,
    '.althing/x': canary,
    '.althingignore': '.env\n',
  })
  await using ada = await openStand('ada')
  const report = await ada.handlers['p2p.publish']({ path: folder }, ada.context)
  const archive = Buffer.concat(
    await Array.fromAsync(ada.content.read(releasesOf(ada, 'demo')[0]?.archive ?? assert.fail(), { signal: ada.context.signal })),
  )
  const entries = ada.database.all<{ body: Uint8Array }>('select body from entry').map(({ body }) => Buffer.from(body).toString('latin1'))
  assert.equal([archive.toString('latin1'), JSON.stringify(report), ...entries].filter((text) => text.includes(canary)).length, 0)
})

test('the index that was emptied says what to publish', async () => {
  await using ada = await openStand('ada')
  const empty = await ada.handlers['p2p.search'](searchFor(''), ada.context)
  assert.match(empty.hint ?? '', /has no packages yet. Publish one: `althing publish DIR`/)
  const list = await ada.handlers['marketplace.list']({ global: false, published: true, detailed: false, directory: '/' }, ada.context)
  assert.match(list.hint ?? '', /althing search/)
})

for (const [point, isPublished] of [
  ['publish.archive', false],
  ['publish.files', false],
  ['publish.commit', false],
  ['publish.appended', true],
] as const) {
  test(`F1: killed at ${point}, the release is ${isPublished ? 'whole' : 'absent'} after a restart, and publishing again works`, async (t) => {
    const root = await makeTemporary(t)
    const folder = await writeFiles(join(root, 'package'), { 'package.toml': manifestOf('demo'), big: 'x'.repeat(2_000_000) })
    const home = join(root, 'home')
    await mkdir(home)
    assert.equal(await runChild(home, folder, point), 'SIGKILL')
    await using ada = await openStand('ada', { home })
    assert.equal(await describe(ada), isPublished ? 'demo@1.0.0 whole' : '')
    const again = await ada.handlers['p2p.publish']({ path: folder }, ada.context)
    assert.equal(again.status, isPublished ? 'unchanged' : 'published')
    assert.equal(await describe(ada), 'demo@1.0.0 whole')
  })
}

test('a node that is revoked is refused before anything is packed', async (t) => {
  const folder = await writeFiles(await makeTemporary(t), { 'package.toml': manifestOf('demo') })
  const refuse = () => {
    throw new Fault('NODE_REVOKED', 'denied', { message: 'revoked' })
  }
  await using ada = await openStand('ada', { needAdmitted: refuse })
  await assert.rejects(ada.handlers['p2p.publish']({ path: folder }, ada.context), { code: 'NODE_REVOKED' })
  assert.equal(ada.blobs.usage().blocks, 0)
})

/** Every release the index has, with whether all of its bytes are here and right. */
async function describe(stand: Stand): Promise<string> {
  const rows: string[] = []
  for (const release of releasesOf(stand, 'demo')) {
    let size = 0
    for await (const chunk of stand.content.read(release.archive, { signal: stand.context.signal })) size += chunk.byteLength
    const isListed = stand.content.stat(release.files)?.isWhole === true
    rows.push(`${release.name}@${release.version} ${size === release.size && isListed ? 'whole' : 'torn'}`)
  }
  return rows.join(' ')
}

async function runChild(...args: readonly string[]): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../testing/publish-child.ts'), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await once(child, 'close')
  return child.signalCode
}
