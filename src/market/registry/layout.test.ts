import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameOf } from '../testing/records.ts'
import { adasHive } from '../testing/registry-world.ts'
import { parseForeignIndex } from './foreign-shapes.ts'
import { formatConfig, formatNameRow, parseConfig, parseNameRow } from './layout.ts'

const row = { name: nameOf('axum'), digest: 'ab'.repeat(32), size: 7 }

test('S30: a row of the list of names is a name, a digest of 64 digits and a length, or none', () => {
  assert.deepEqual(parseNameRow(formatNameRow(row)), row)
  const bad = [
    { ...row, name: '../x' },
    { ...row, name: 7 },
    { ...row, digest: 'ab'.repeat(31) },
    { ...row, digest: `${'ab'.repeat(31)}AB` },
    { ...row, digest: 7 },
    { ...row, size: -1 },
    { ...row, size: 1.5 },
    { ...row, size: '7' },
    { ...row, more: 'x'.repeat(512) },
    [row],
  ]
  for (const each of bad) assert.equal(parseNameRow(JSON.stringify(each)), undefined, JSON.stringify(each))
  assert.equal(parseNameRow('no json'), undefined)
})

test('S8: of what a registry says of itself the genesis alone is believed', () => {
  const text = formatConfig(adasHive)
  assert.equal(parseConfig(text.replace('"workbench"', '"another"'))?.genesis.name, 'workbench')
  const said = JSON.parse(text) as Readonly<Record<string, unknown>>
  const bad = [
    { ...said, layout: 'althing-registry-2' },
    { ...said, genesis: 7 },
    { ...said, genesis: 'AAAA' },
    { ...said, genesis: `${String(said['genesis'])} ` },
    { ...said, more: 'x'.repeat(65_536) },
  ]
  for (const each of bad) assert.equal(parseConfig(JSON.stringify(each)), undefined)
})

test('S30: of an index of another marketplace no more is read than its bounds say, and nothing that is no plain text', () => {
  const rows = Array.from({ length: 100_001 }, (_, index) => ({ name: `p${index}`, version: '1.0.0' }))
  const index = parseForeignIndex(JSON.stringify(rows))
  assert.deepEqual([index?.packages.length, index?.refused], [100_000, 1])
  const odd = {
    name: 'a',
    version: '1.0.0',
    description: 'x'.repeat(4_097),
    license: 7,
    author: 'eve\u202E',
    checksum: 'y'.repeat(129),
    keywords: ['k'.repeat(65), 7, 'b\u0000d', ...Array.from({ length: 70 }, (_, at) => `K${at}`)],
  }
  const [only] = parseForeignIndex(JSON.stringify([odd]))?.packages ?? []
  assert.deepEqual(
    { ...only, keywords: only?.keywords.length },
    { name: 'a', version: '1.0.0', description: '', checksum: null, category: null, author: null, licence: null, keywords: 64 },
  )
  assert.equal(only?.keywords[0], 'k0')
  for (const bad of [{ name: 'a' }, { version: '1' }, { name: 'a', version: '1'.repeat(65) }, { name: ' ', version: '1' }])
    assert.equal(parseForeignIndex(JSON.stringify([bad]))?.refused, 1, JSON.stringify(bad))
})
