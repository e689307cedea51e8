import assert from 'node:assert/strict'
import { test } from 'node:test'
import { searchFor } from '../../src/market/testing/search-for.ts'
import { openStand } from '../../src/market/testing/stand.ts'
import { areIndexesAbsent, listIndexes } from './real-data.ts'

/** Shape, packages, and how many of them a checksum stands beside; counted by hand in each file, oldest first. */
const expected: readonly (readonly [shape: string, packages: number, checksums: number])[] = [
  ['lock', 1, 1],
  ['toml', 3, 0],
  ['packs', 2, 2],
  ['toml', 11, 0],
  ['packages', 48, 0],
  ['packages', 55, 55],
  ['toml', 21, 0],
  ['packages', 66, 66],
  ['packages', 66, 66],
  ['packs', 2, 2],
  ['list', 76, 0],
  ['packages', 77, 77],
  ['packs', 2, 2],
]

test(
  'all thirteen real indexes are imported whole, in five shapes; what they name is found, and marked as unsigned',
  { skip: areIndexesAbsent },
  async (t) => {
    const bob = await openStand('bob')
    t.after(() => bob[Symbol.asyncDispose]())
    const found: (readonly [shape: string | null, packages: number, checksums: number])[] = []
    for (const [index, path] of listIndexes().entries()) {
      const name = `old-${index}`
      const report = await bob.handlers['registry.import']({ path, name }, bob.context)
      assert.deepEqual([report.kind, report.refused, report.versions], ['foreign', 0, report.packages], path)
      const checksums = bob.database.get<{ n: number }>(
        'select count(checksum) as n from registry_foreign f join registry r on r.id = f.registry where r.name = ?',
        name,
      )
      found.push([report.shape, report.packages, checksums?.n ?? 0])
    }
    assert.deepEqual(found, expected)
    const asked = searchFor('academic bibliography', { limit: 50 })
    const { packages, foreign } = await bob.handlers['marketplace.search'](asked, bob.context)
    assert.deepEqual(packages, [])
    assert.deepEqual(
      foreign
        .filter(({ name }) => name === 'academic-bibliography-manager')
        .map(({ registry }) => registry)
        .toSorted(),
      ['old-10', 'old-11', 'old-5', 'old-7', 'old-8'],
    )
  },
)
