import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { OwnerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import { openJournal } from '../journal/open-journal.ts'
import { admitAll, keyOf, testOptions } from '../journal/testing/bench-of-peers.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { openDatabase } from '../store/database.ts'
import { SqliteConnection } from '../store/sqlite.ts'
import { createIndexView } from './index-view.ts'
import { findVersions, getRelease } from './package-index.ts'
import { makeTemporary } from './testing/stand.ts'
import { newestSeen, sourceOfHive } from './trust/sight.ts'

test('F34: a home of the released schema 0001 opens with its packages, as its index is built anew from its journals', async (t) => {
  const path = join(await makeTemporary(t), 'althing.sqlite')
  const old = new SqliteConnection(path)
  old.exec(readFileSync(new URL('../../test/fixtures/schemas/0001.sql', import.meta.url), 'utf8'))
  const hive = old.prepare('select id from hive').get()?.['id'] as HiveId
  const owner = old.prepare('select owner from hive_certificate').get()?.['owner'] as OwnerId
  const before = old.prepare('select name, version, entry, hex(digest) as digest from release order by name').all()
  old.close()
  await using database = openDatabase({ path })
  const content = { reference: () => {}, dereference: () => {} }
  const view = createIndexView({ content, clock: { now: () => 42 }, ownerOf: () => owner })
  await using _ = await openJournal(
    { hive, key: keyOf('bob'), database, clock: systemClock, admission: admitAll, log: silentLog },
    { ...testOptions, views: [view] },
  )
  const names = before.map(({ name }) => String(name))
  assert.deepEqual(names, ['code-review', 'git-history-tool'])
  const after = names.flatMap((name) => findVersions(database, hive, name, owner).map(({ entry }) => getRelease(database, entry)))
  assert.deepEqual(
    after.map(
      (release) => release && [release.name, release.version, release.entry, Buffer.from(release.digest).toString('hex').toUpperCase()],
    ),
    before.map(({ name, version, entry, digest }) => [name, version, entry, digest]),
  )
  // When they were first seen nobody wrote down then: it counts from the first start with this schema.
  assert.deepEqual(new Set(after.map((release) => release?.firstSeenAt)), new Set([42]))
  assert.equal(newestSeen(database, { source: sourceOfHive(hive), owner, name: 'code-review' }), '1.0.0')
})
