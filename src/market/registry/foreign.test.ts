import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { install } from '../testing/project.ts'
import { searchFor } from '../testing/search-for.ts'
import { makeTemporary, openStand, writeFiles } from '../testing/stand.ts'
import { parseForeignIndex } from './foreign-shapes.ts'

const rows = { id: 'a', name: 'A thing', version: '1.0.0', description: 'does a thing' }

test('five shapes of index are read: a lock, TOML, packs with versions, a list of packages, a bare list', () => {
  const texts: readonly (readonly [string, string])[] = [
    ['lock', '{"packages": {"a": {"version": "1.0.0", "sha256": "abc"}}}'],
    ['toml', '[[package]]\nname = "a"\nversion = "1.0.0"\n'],
    [
      'packs',
      '{"packs": {"a": {"description": "x", "versions": {"1.0.0": {"sha256": "abc"}, "2.0.0": {}}}, "b": {"latest_version": "3.0.0"}}}',
    ],
    ['packages', JSON.stringify({ packages: [rows] })],
    ['list', JSON.stringify([rows])],
  ]
  for (const [shape, text] of texts) assert.equal(parseForeignIndex(text)?.shape, shape)
  const packs = parseForeignIndex(texts[2]?.[1] ?? '')
  assert.deepEqual(
    packs?.packages.map(({ name, version, checksum }) => [name, version, checksum]),
    [
      ['a', '1.0.0', 'abc'],
      ['a', '2.0.0', null],
      ['b', '3.0.0', null],
    ],
  )
})

test('what has none of the shapes is no index, and rows that say nothing are counted', () => {
  for (const text of ['', 'no index', '{}', '3', '{"packages": 3}']) assert.equal(parseForeignIndex(text), undefined)
  const index = parseForeignIndex(
    JSON.stringify([rows, {}, 3, { name: 'a\u202Eb', version: '1.0.0' }, { name: 'x'.repeat(200), version: '1' }]),
  )
  assert.deepEqual([index?.packages.length, index?.refused], [1, 4])
})

test('what nobody signed is found last, says whose index it is, and cannot be installed', async (t) => {
  const root = await makeTemporary(t)
  await writeFiles(root, { 'althing.toml': '', 'old.json': JSON.stringify({ packages: [{ ...rows, checksum: 'ab' }] }) })
  const bob = await openStand('bob')
  t.after(() => bob[Symbol.asyncDispose]())
  const report = await bob.handlers['registry.import']({ path: join(root, 'old.json') }, bob.context)
  assert.deepEqual(report, { name: 'old', kind: 'foreign', shape: 'packages', packages: 1, versions: 1, refused: 0, archives: 0 })
  const { packages, foreign } = await bob.handlers['marketplace.search'](searchFor('thing'), bob.context)
  assert.deepEqual(packages, [])
  assert.deepEqual(foreign, [{ name: 'a', version: '1.0.0', description: 'does a thing', checksum: 'ab', registry: 'old' }])
  await assert.rejects(install(bob, 'a', { directory: root }), { code: 'PACKAGE_UNKNOWN' })
})
