import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OwnerId, PeerId } from '../../identity/keys.ts'
import { nodeOf, testHive } from '../../journal/testing/bench-of-peers.ts'
import { openDatabase } from '../../store/database.ts'
import { createIndexView } from '../index-view.ts'
import { findVersions } from '../package-index.ts'
import { addedMaintainer } from '../rules/words.ts'
import { entryOf, releaseOf, wordOf } from '../testing/records.ts'
import { ownerOf } from '../testing/stand.ts'
import { findNearNames } from './name-pieces.ts'
import { newestSeen, sourceOfHive } from './sight.ts'

const owners = new Map<PeerId, OwnerId>(['ada', 'bob'].map((name) => [nodeOf(name), ownerOf(name)]))
const axum = { source: sourceOfHive(testHive), owner: ownerOf('ada'), name: 'axum' }

/** A view whose clock is set by hand. */
function openIndex() {
  const database = openDatabase({ path: ':memory:' })
  const time = { now: 0 }
  const content = { reference: () => {}, dereference: () => {} }
  const view = createIndexView({ content, clock: { now: () => time.now }, ownerOf: (node) => owners.get(node) })
  const seen = () =>
    findVersions(database, testHive, 'axum', ownerOf('ada')).map(({ version, firstSeenAt }) => `${version} at ${firstSeenAt}`)
  const apply = (now: number, ...entries: readonly ReturnType<typeof entryOf>[]) => {
    time.now = now
    return database.write((tx) => entries.forEach((entry) => view.apply(tx, entry)))
  }
  return { database, view, seen, apply, reset: () => database.write((tx) => view.reset(tx, testHive)) }
}

test('when a release was first seen here outlives the index, whatever time its author gives', async (t) => {
  const index = openIndex()
  t.after(() => index.database[Symbol.asyncDispose]())
  const first = entryOf('ada', 1, releaseOf('axum', '1.0.0'))
  await index.apply(100, first)
  await index.apply(200, entryOf('ada', 2, releaseOf('axum', '1.1.0')))
  assert.deepEqual(index.seen(), ['1.0.0 at 100', '1.1.0 at 200'])
  await index.reset()
  await index.apply(900, first)
  assert.deepEqual(index.seen(), ['1.0.0 at 100'])
})

test("S10: a maintainer's release is first seen when it begins to count, not when it was laid in wait", async (t) => {
  const index = openIndex()
  t.after(() => index.database[Symbol.asyncDispose]())
  await index.apply(100, entryOf('bob', 1, releaseOf('axum', '9.9.9')))
  await index.apply(5_000, entryOf('ada', 1, wordOf({ kind: 'maintainer', subject: ownerOf('bob'), value: addedMaintainer })))
  assert.deepEqual(index.seen(), ['9.9.9 at 5000'])
})

test('S9: the newest version that was ever seen is remembered when the index forgets it', async (t) => {
  const index = openIndex()
  t.after(() => index.database[Symbol.asyncDispose]())
  assert.equal(newestSeen(index.database, axum), undefined)
  await index.apply(1, entryOf('ada', 1, releaseOf('axum', '1.0.0')), entryOf('ada', 2, releaseOf('axum', '3.0.0-rc.1')))
  assert.equal(newestSeen(index.database, axum), '1.0.0')
  await index.apply(2, entryOf('ada', 3, releaseOf('axum', '2.0.0')), entryOf('ada', 4, releaseOf('axum', '1.5.0')))
  assert.equal(newestSeen(index.database, axum), '2.0.0')
  await index.reset()
  await index.apply(3, entryOf('ada', 1, releaseOf('axum', '1.0.0')))
  assert.equal(newestSeen(index.database, axum), '2.0.0')
  assert.equal(newestSeen(index.database, { ...axum, source: 'registry:https://example.org' }), undefined)
})

test('an index that was emptied finds no names any more, and finds them again', async (t) => {
  const index = openIndex()
  t.after(() => index.database[Symbol.asyncDispose]())
  const near = () => findNearNames(index.database, testHive, 'axun').map(({ name, versions }) => `${name} ${versions}`)
  await index.apply(
    1,
    entryOf('ada', 1, releaseOf('axum', '1.0.0')),
    entryOf('ada', 2, releaseOf('axum', '1.1.0')),
    entryOf('ada', 3, releaseOf('other', '1.0.0')),
  )
  assert.deepEqual(near(), ['axum 2'])
  await index.reset()
  assert.deepEqual(near(), [])
  assert.equal(index.database.get<{ n: number }>('select count(*) as n from package_piece')?.n, 0)
  await index.apply(1, entryOf('ada', 1, releaseOf('axum', '1.0.0')))
  assert.deepEqual(near(), ['axum 1'])
})
