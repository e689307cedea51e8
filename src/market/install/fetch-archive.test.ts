import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { IndexedRelease } from '../package-index.ts'
import { flipEveryBlock } from '../testing/flip-blocks.ts'
import { installSet, publish } from '../testing/project.ts'
import { exchangeWith, makeTemporary, manifestOf, openStand, releasesOf, replicate, testMarketOptions } from '../testing/stand.ts'
import type { Stand } from '../testing/stand.ts'
import { fetchArchive } from './fetch-archive.ts'

/** Bob, who has heard of ada's `demo` and can ask her for its bytes; `asked` has the most bytes that each question allowed. */
async function setUp(t: TestContext) {
  const root = await makeTemporary(t)
  const home = join(root, 'home')
  await mkdir(home)
  const ada = await openStand('ada')
  t.after(() => ada[Symbol.asyncDispose]())
  await publish(ada, { root, name: 'demo' }, { 'package.toml': manifestOf('demo'), 'a.txt': 'one' })
  const asked: (number | undefined)[] = []
  const exchange = exchangeWith(() => bob, ada)
  const counting: typeof exchange = { ...exchange, fetch: (cid, given) => (asked.push(given.maxBytes), exchange.fetch(cid, given)) }
  const bob: Stand = await openStand('bob', { home, exchange: counting, peers: [ada.node] })
  t.after(() => bob[Symbol.asyncDispose]())
  await replicate(ada, bob)
  const release = releasesOf(bob, 'demo')[0] ?? assert.fail()
  return { root, bob, release, asked, blobs: join(home, 'blobs') }
}

function fetchBy({ deps, context }: Stand, release: IndexedRelease, hive = deps.findHive(undefined)): Promise<unknown> {
  return fetchArchive({ ...deps, options: testMarketOptions }, { hive, release, context })
}

test('S13: others are asked for no more bytes than the owner of a release said', async (t) => {
  const { bob, release, asked } = await setUp(t)
  await fetchBy(bob, release)
  assert.deepEqual(asked, [release.size])
})

test('S3: an archive that is not what its owner signed is asked for once, and once more only when its block went bad', async (t) => {
  const { bob, release, asked, blobs } = await setUp(t)
  const other = { ...release, digest: new Uint8Array(32) }
  const refused = { code: 'ARCHIVE_REFUSED', message: /digest is not the one its owner signed/ }
  await assert.rejects(fetchBy(bob, other), refused)
  assert.equal(asked.length, 1)
  await flipEveryBlock(blobs)
  await assert.rejects(fetchBy(bob, other), refused)
  assert.equal(asked.length, 2)
})

test('F8: a block that went bad is said where nobody can be asked, and with --offline nobody is', async (t) => {
  const { root, bob, release, asked, blobs } = await setUp(t)
  await fetchBy(bob, release)
  await flipEveryBlock(blobs)
  await assert.rejects(installSet(bob, ['demo'], { directory: root, offline: true }), { code: 'BLOCK_CORRUPT' })
  assert.equal(asked.length, 1)
  await fetchBy(bob, release)
  await flipEveryBlock(blobs)
  await assert.rejects(fetchBy(bob, release, { ...bob.deps.findHive(undefined), exchange: undefined }), { code: 'BLOCK_CORRUPT' })
})
