import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { OwnerId, PeerId } from '../../identity/keys.ts'
import { nodeOf, testHive } from '../../journal/testing/bench-of-peers.ts'
import type { ViewedEntry } from '../../journal/view.ts'
import { openDatabase } from '../../store/database.ts'
import type { Database } from '../../store/database.ts'
import { createIndexView } from '../index-view.ts'
import type { IndexViewDeps } from '../index-view.ts'
import type { Release } from '../release.ts'
import { addedMaintainer } from '../rules/words.ts'
import { entryOf, releaseOf, wordOf } from '../testing/records.ts'
import { ownerOf } from '../testing/stand.ts'
import { listTags } from './tags.ts'
import { listTransfers } from './transfers.ts'
import type { PackageWord } from './word.ts'
import { formatCuts } from './word.ts'
import { readMaintainers } from './word-table.ts'

/** Two nodes of ada's, one of bob's and one of eve's. */
const owners = new Map<PeerId, OwnerId>([
  [nodeOf('ada'), ownerOf('ada')],
  [nodeOf('cy'), ownerOf('ada')],
  [nodeOf('bob'), ownerOf('bob')],
  [nodeOf('eve'), ownerOf('eve')],
])
const peers = ['ada', 'cy', 'bob', 'eve'] as const
const axum = { hive: testHive, owner: ownerOf('ada'), name: 'axum' }

const version = fc.constantFrom('1.0.0', '1.0.0', '2.0.0-rc.1')
const revision = fc.integer({ min: 0, max: 3 })
const member = fc.constantFrom(ownerOf('bob'), ownerOf('eve'))
const cuts = fc.uniqueArray(fc.record({ peer: fc.constantFrom('bob', 'eve'), seq: fc.integer({ min: 1, max: 6 }) }), {
  selector: ({ peer }) => peer,
  maxLength: 2,
})

const release = fc
  .record({ version, bytes: fc.constantFrom('these', 'those') })
  .map((said): Release => releaseOf('axum', said.version, { bytes: said.bytes }))
const word: fc.Arbitrary<PackageWord> = fc.oneof(
  fc.record({ subject: version, value: fc.constantFrom('', 'broken', null), revision }).map((said) => wordOf({ kind: 'yank', ...said })),
  fc
    .record({ subject: fc.constantFrom('*', '^1'), value: fc.constantFrom('old', 'use other', null), revision })
    .map((said) => wordOf({ kind: 'deprecate', ...said })),
  fc.record({ value: fc.option(version), revision }).map((said) => wordOf({ kind: 'tag', subject: 'next', ...said })),
  fc.record({ subject: member, revision }).map((said) => wordOf({ kind: 'maintainer', value: addedMaintainer, ...said })),
  fc.record({ subject: member, revision, cuts }).map((said) =>
    wordOf({
      kind: 'maintainer',
      subject: said.subject,
      revision: said.revision,
      value: formatCuts(said.cuts.map(({ peer, seq }) => ({ node: nodeOf(peer), incarnation: 1, seq }))),
    }),
  ),
  fc
    .record({ owner: fc.constantFrom(ownerOf('ada'), ownerOf('bob')), value: member, revision })
    .map((said) => wordOf({ kind: 'transfer', ...said })),
)
const journals = fc.tuple(
  ...peers.map(() => fc.array(fc.oneof({ weight: 1, arbitrary: release }, { weight: 2, arbitrary: word }), { maxLength: 6 })),
)

/** Entries of all, each peer's in its own order, mixed as the numbers say. */
function mix(said: readonly (readonly (Release | PackageWord)[])[], order: readonly number[]): readonly ViewedEntry[] {
  const rest = said.map((all, index) => all.map((each, place) => entryOf(peers[index] ?? '', place + 1, each)))
  const mixed: ViewedEntry[] = []
  for (let turn = 0; rest.some((queue) => queue.length > 0); turn += 1) {
    const waiting = rest.filter((queue) => queue.length > 0)
    const next = waiting[(order[turn % Math.max(1, order.length)] ?? 0) % waiting.length]?.shift()
    if (next !== undefined) mixed.push(next)
  }
  return mixed
}

/** All that can be read of an index that was emptied and got these entries. */
async function indexOf(database: Database, entries: readonly ViewedEntry[]): Promise<object> {
  const kept = new Set<string>()
  const view = createIndexView({ content: contentOf(kept), clock: { now: () => 5 }, ownerOf: (node) => owners.get(node) })
  await database.writeSoon((tx) => {
    view.reset(tx, testHive)
    for (const entry of entries) view.apply(tx, entry)
  })
  return { ...read(database), kept: [...kept].toSorted() }
}

/** Remembers what is referenced. */
function contentOf(kept: Set<string>): IndexViewDeps['content'] {
  return {
    reference: (_, { cid, source }) => void kept.add(`${cid} ${source}`),
    dereference: (_, { cid, source }) => void kept.delete(`${cid} ${source}`),
  }
}

function read(database: Database): object {
  return {
    releases: database.all(
      'select version, entry, node, stands, contradictions, hex(digest), yanked, deprecated, author from release order by entry',
    ),
    packages: database.all('select owner, name, newest, at, yanked, deprecated, versions from package order by owner, name'),
    tags: listTags(database, axum),
    maintainers: [...readMaintainers(database, axum)].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    transfers: listTransfers(database, axum),
  }
}

test('the index is the same whatever order the journals of owners, maintainers and strangers arrive in', async () => {
  const orders = fc.tuple(fc.array(fc.nat(3), { maxLength: 24 }), fc.array(fc.nat(3), { maxLength: 24 }))
  await using database = openDatabase({ path: ':memory:' })
  await fc.assert(
    fc.asyncProperty(journals, orders, async (said, [first, second]) => {
      assert.deepEqual(await indexOf(database, mix(said, first)), await indexOf(database, mix(said, second)))
    }),
    { numRuns: 100 },
  )
})
