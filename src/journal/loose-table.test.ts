import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase } from '../store/database.ts'
import { LooseTable } from './loose-table.ts'
import type { LooseLimits } from './loose-table.ts'
import { sizeOf } from './quota.ts'
import { nodeOf, signChain, testHive } from './testing/bench-of-peers.ts'

const ada = signChain('ada', ['one'])
const eve = signChain('eve', ['one', 'two', 'three'])

/** The entries that go for some limits, in order: ada was there first, and eve has most. */
async function goneFor(limits: Partial<LooseLimits>): Promise<readonly string[]> {
  await using database = openDatabase({ path: ':memory:' })
  const table = new LooseTable(testHive, database, { maxPerAuthor: 10, maxEntries: 10, maxBytes: 1_000_000, ...limits })
  const gone: string[] = []
  await database.write((tx) => {
    for (const entry of [...ada, ...eve]) table.insert(tx, entry)
    for (let entry = table.excess(nodeOf('ada')); entry !== undefined; entry = table.excess(nodeOf('ada'))) {
      table.remove(tx, entry)
      gone.push(`${entry.header.node === nodeOf('eve') ? 'eve' : 'ada'} ${entry.header.seq}`)
    }
  })
  return gone
}

test('S2: of entries without their chain the oldest of who has most go, by number and by bytes, so that many crowd out nobody', async () => {
  assert.deepEqual(await goneFor({}), [])
  assert.deepEqual(await goneFor({ maxEntries: 2 }), ['eve 1', 'eve 2'])
  const bytes = [...ada, ...eve].reduce((sum, entry) => sum + sizeOf(entry), 0)
  assert.deepEqual(await goneFor({ maxBytes: bytes }), [])
  assert.deepEqual(await goneFor({ maxBytes: bytes - 1 }), ['eve 1'])
})
