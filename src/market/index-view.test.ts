import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeOf, testHive } from '../journal/testing/bench-of-peers.ts'
import { encodeText } from '../lib/bytes.ts'
import { createCid, hashBytes, linkOfCid, rawCodec } from '../lib/cid.ts'
import { countPackages } from './count-packages.ts'
import { countTexts } from './search/text-index.ts'
import { searchText } from './search/search-text.ts'
import { formatRelease, parseRelease, releaseKind } from './release.ts'
import type { Release } from './release.ts'
import { parseTextQuery } from './search/rules/query.ts'
import { releaseOf } from './testing/records.ts'
import { openStand, ownerOf, releasesOf, replicate } from './testing/stand.ts'
import type { Stand } from './testing/stand.ts'

async function publish(stand: Stand, ...releases: readonly Release[]): Promise<void> {
  for (const each of releases) await stand.journal.append(releaseKind, formatRelease(each))
}

function versionsOf(stand: Stand, name: string): readonly string[] {
  return releasesOf(stand, name).map(({ version, conflicts }) => `${version}/${conflicts}`)
}

function search(stand: Stand, text: string, limit = 10): readonly string[] {
  const query = parseTextQuery(text)
  if (query === undefined) return []
  const question = { hive: testHive, query, filter: { facets: [], barred: [] }, isFuzzy: false, limit, usefulnessOf: undefined }
  return searchText(stand.database, question).hits.map(({ name, isFull }) => (isFull ? name : `${name}?`))
}

test('a release is in the index as soon as its entry is, with its content referenced', async () => {
  await using ada = await openStand('ada')
  const first = releaseOf('axum', '0.7.0')
  await publish(ada, first)
  assert.deepEqual(versionsOf(ada, 'axum'), ['0.7.0/0'])
  assert.ok(ada.content.isServed(testHive, first.archive))
})

test('S8: a release that names an owner its author is not certified for is inert', async () => {
  await using eve = await openStand('eve')
  await publish(eve, releaseOf('axum', '9.9.9', { owner: ownerOf('ada') }))
  assert.deepEqual(versionsOf(eve, 'axum'), [])
  assert.deepEqual(search(eve, 'axum'), [])
  await using stranger = await openStand('eve', { owners: new Map() })
  await publish(stranger, releaseOf('axum', '9.9.9', { owner: ownerOf('eve') }))
  assert.deepEqual(versionsOf(stranger, 'axum'), [])
  assert.deepEqual(stranger.journal.status().quarantinedViews, [])
})

test('the same version again with other bytes is inert and shown as a conflict', async () => {
  await using ada = await openStand('ada')
  await publish(ada, releaseOf('axum', '1.0.0'), releaseOf('axum', '1.0.0', { bytes: 'other' }), releaseOf('axum', '1.0.0'))
  const [only, ...more] = releasesOf(ada, 'axum')
  assert.equal(more.length, 0)
  assert.equal(only?.conflicts, 1)
  assert.deepEqual(only.digest, hashBytes(encodeText('axum 1.0.0')))
})

test('S5: of two nodes of one owner that say a version differently the same one stands, whatever the order of arrival', async () => {
  const owners = new Map([nodeOf('ada'), nodeOf('bob')].map((node) => [node, ownerOf('ada')]))
  await using ada = await openStand('ada', { owners })
  await using bob = await openStand('bob', { owners })
  await publish(ada, releaseOf('axum', '1.0.0', { bytes: 'of ada' }), releaseOf('axum', '1.1.0'))
  await publish(bob, releaseOf('axum', '1.0.0', { bytes: 'of bob' }), releaseOf('axum', '1.1.0'))
  const digests: string[] = []
  for (const order of [
    [ada, bob],
    [bob, ada],
  ]) {
    await using cy = await openStand('cy', { owners })
    for (const from of order) await replicate(from, cy)
    digests.push(
      releasesOf(cy, 'axum')
        .map(({ version, digest, conflicts, entry }) => `${version} ${Buffer.from(digest).toString('hex')} ${conflicts} ${entry}`)
        .join('\n'),
    )
    assert.deepEqual(versionsOf(cy, 'axum'), ['1.0.0/1', '1.1.0/0'])
  }
  assert.equal(digests[0], digests[1])
})

test('S5: what is no release is stored and inert', async () => {
  await using ada = await openStand('ada')
  const good = formatRelease(releaseOf('axum', '1.0.0'))
  const link = linkOfCid(createCid(rawCodec, encodeText('x')))
  const manifest = releaseOf('axum', '1.0.0').manifest
  const bad: unknown[] = [
    null,
    'release',
    [],
    {},
    { ...good, v: 2 },
    { ...good, more: 1 },
    { ...good, owner: 'ada' },
    { ...good, size: -1 },
    { ...good, size: 0 },
    { ...good, size: 1.5 },
    { ...good, digest: new Uint8Array(31) },
    { ...good, digest: 'sha256:00' },
    { ...good, archive: 'bafy' },
    { ...good, archive: null },
    { ...good, previous: 3 },
    { ...good, manifest: null },
    { ...good, manifest: { ...manifest, name: '../x' } },
    { ...good, manifest: { ...manifest, version: '1.0' } },
    { ...good, manifest: { ...manifest, kind: 'plugin' } },
    { ...good, manifest: { ...manifest, description: '' } },
    { ...good, manifest: { ...manifest, description: 'x'.repeat(4_097) } },
    { ...good, manifest: { ...manifest, entry: '../../x' } },
    { ...good, manifest: { ...manifest, keywords: Array.from({ length: 65 }, () => 'k') } },
    { ...good, manifest: { ...manifest, keywords: [1] } },
    { ...good, manifest: { ...manifest, dependencies: [{ name: 'a', range: 'src/' }] } },
    { ...good, manifest: { ...manifest, foreign: [{ name: 'a' }] } },
    { ...good, manifest: { ...manifest, permissions: {} } },
    { ...good, manifest: { ...manifest, licence: link } },
    { ...good, manifest: { ...manifest, surprise: true } },
    { ...good, manifest: { ...manifest, description: 'clears \u001b[2J the screen' } },
    { ...good, manifest: { ...manifest, authors: ['two\nlines'] } },
    { ...good, manifest: { ...manifest, licence: 'turned \u202e round' } },
    { ...good, manifest: { ...manifest, entry: '../x' } },
  ]
  for (const body of bad) await ada.journal.append(releaseKind, body)
  assert.equal(countTexts(ada.database, testHive), 0)
  assert.deepEqual(ada.journal.status().quarantinedViews, [])
  await ada.journal.append(releaseKind, good)
  assert.equal(countTexts(ada.database, testHive), 1)
  assert.deepEqual(countPackages(ada, testHive), { local: 0, discovered: 1 })
})

test('S30: a release with a key __proto__ is none, and changes no prototype', () => {
  const body: unknown = JSON.parse('{"v":1,"__proto__":{"polluted":1}}')
  assert.equal(parseRelease(body), undefined)
  assert.equal(Reflect.get({}, 'polluted'), undefined)
})

test('search finds every word first, exact names before others, and folds accents and case', async () => {
  await using ada = await openStand('ada')
  await publish(
    ada,
    releaseOf('web', '1.0.0', { manifest: { description: 'things' } }),
    releaseOf('axum', '0.7.0', { manifest: { keywords: ['rust', 'web'], description: 'a service' } }),
    releaseOf('rust-web', '1.0.0', { manifest: { description: 'exactly' } }),
    releaseOf('docs', '1.0.0', { manifest: { description: 'Überprüfung written in rust for the web, and more and more and more words' } }),
    releaseOf('other', '1.0.0', { manifest: { description: 'nothing of it' } }),
  )
  assert.deepEqual(search(ada, 'rust web'), ['rust-web', 'docs', 'axum', 'web?'])
  assert.deepEqual(search(ada, 'web').slice(0, 2), ['web', 'rust-web'])
  assert.deepEqual(search(ada, 'uberpr'), ['docs'])
  assert.deepEqual(search(ada, 'RUST', 2).length, 2)
  assert.deepEqual(search(ada, 'python'), [])
})

test('S26: what a person types never is syntax', async () => {
  await using ada = await openStand('ada')
  await publish(ada, releaseOf('axum', '0.7.0'))
  for (const text of ['"', 'a"b', 'name:axum', 'axum OR', 'NEAR(', '^', '*', '- -', "'; drop table release", 'x AND NOT y', '\0', 'axum\\'])
    search(ada, text)
  assert.deepEqual(search(ada, '"axum" OR'), ['axum?'])
})

test('the text that is searched is that of the newest release', async () => {
  await using ada = await openStand('ada')
  await publish(
    ada,
    releaseOf('axum', '2.0.0', { manifest: { description: 'new words' } }),
    releaseOf('axum', '1.0.0', { manifest: { description: 'old phrases' } }),
    releaseOf('axum', '3.0.0-rc.1', { manifest: { description: 'coming sentences' } }),
  )
  assert.deepEqual(search(ada, 'words'), ['axum'])
  assert.deepEqual(search(ada, 'phrases'), [])
  assert.deepEqual(search(ada, 'sentences'), [])
  assert.equal(countTexts(ada.database, testHive), 1)
})

test('the index can be emptied, with its references, and built again', async () => {
  await using ada = await openStand('ada')
  const first = releaseOf('axum', '0.7.0')
  await publish(ada, first)
  await ada.database.write((tx) => ada.view.reset(tx, testHive))
  assert.deepEqual(versionsOf(ada, 'axum'), [])
  assert.equal(ada.content.isServed(testHive, first.archive), false)
  assert.equal(countTexts(ada.database, testHive), 0)
  assert.deepEqual(search(ada, 'axum'), [])
})
