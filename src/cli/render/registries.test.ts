import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import { openProgressLine } from '../progress.ts'
import { render } from './render.ts'

const same = (text: string): string => text
const plain = { strong: same, faint: same, good: same, bad: same, name: same }
const office = {
  name: 'office',
  url: 'https://packages.example/althing',
  hive: 'bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy',
  hiveName: 'workbench',
  policy: 'closed',
  packages: 1_200,
  answeredAt: 1_760_000_000_000,
  ageMs: 185_000,
  problem: null,
  withheld: 0,
}
const ggen = { ...office, name: 'ggen', url: 'import:ggen', hive: null, hiveName: null, policy: null, packages: 1, ageMs: 90_000_000 }

function shown(name: string, output: unknown): readonly string[] {
  return render(name, output, plain).split('\n')
}

test('registries are listed with what is known of each, how old that is, what they hold back, and what to do', () => {
  const down = { ...office, name: 'far', ageMs: 500, problem: 'ECONNREFUSED', withheld: 1 }
  assert.deepEqual(shown('registry.list', { mode: 'hybrid', registries: [office, down, ggen] }), [
    'office · https://packages.example/althing',
    '  1,200 packages of the closed hive "workbench" · answered 3 min 5 s ago',
    'far · https://packages.example/althing',
    '  1,200 packages of the closed hive "workbench" · answered just now',
    '  ! it did not answer when it was last asked: ECONNREFUSED',
    '  → what is kept of it is used; try again: althing registry sync far',
    '  ! it holds back 1 signed entry it once gave, believed here all the same',
    'ggen · an index that was imported',
    '  1 package that nobody signed: found, never installed · imported 1 d 1 h ago',
  ])
})

test('a node that asks no registry, or asks nothing else, says so', () => {
  assert.deepEqual(shown('registry.list', { mode: 'hybrid', registries: [] }), [
    'no registry is known here. Add one: althing registry add NAME URL',
  ])
  assert.deepEqual(shown('registry.sync', { registries: [], isStale: false }), [
    'no registry is known here. Add one: althing registry add NAME URL',
  ])
  assert.match(shown('registry.list', { mode: 'p2p', registries: [office] }).at(-1) ?? '', /registry\.mode is p2p: none of them is asked/)
  assert.match(shown('registry.list', { mode: 'central', registries: [office] }).at(-1) ?? '', /they alone are asked/)
})

test('a registry that was added says whose packages it has and how all of it is brought', () => {
  assert.deepEqual(shown('registry.add', { ...office, packages: 0, ageMs: 0 }), [
    'office is asked from now on: https://packages.example/althing has packages of the closed hive "workbench"',
    '→ search and install bring what they need of it; all of it, to have it offline: althing registry sync office',
  ])
  assert.match(shown('registry.list', { mode: 'hybrid', registries: [{ ...office, packages: 0 }] })[1] ?? '', /nothing of it here so far/)
})

test('a sync says of each registry what is here now and when it answered', () => {
  assert.deepEqual(shown('registry.sync', { registries: [{ ...office, ageMs: 0 }], isStale: false }), [
    'office · https://packages.example/althing',
    '  1,200 packages of the closed hive "workbench" · answered just now',
  ])
})

test('an import says what came, what was left out, and whether anybody signed it', () => {
  const counts = { name: 'stick', packages: 1, versions: 2, refused: 1, archives: 2 }
  assert.deepEqual(shown('registry.import', { ...counts, kind: 'signed', shape: null }), [
    'stick holds 1 package in 2 versions, each signed · 2 archives new on this disk',
    '! 1 line that nobody of its hive signed left out',
    '→ althing install NAME takes them from here; after the next export: the same import again',
  ])
  assert.deepEqual(shown('registry.import', { ...counts, kind: 'foreign', shape: 'packs', refused: 3 }), [
    'stick holds 1 package in 2 versions, from an index of the shape "packs": found by search, never installed, because nobody signed them',
    '! 3 rows without a name and a version left out',
  ])
})

test('an export says what the folder holds, what was written, whose bytes are missing, and how it is shown', () => {
  const counts = { folder: './public', packages: 2, releases: 3, written: 4, missing: ['axum 1.0.0'] }
  assert.deepEqual(shown('registry.export', counts), [
    './public holds 2 packages in 3 releases · 4 files written',
    '! nobody in reach has the bytes of axum 1.0.0',
    '→ copy it to any web server, or show it: althing registry serve ./public',
  ])
  assert.match(shown('registry.export', { ...counts, written: 0, missing: [] })[0] ?? '', /nothing was to be written$/)
})

test('what was removed and what was shown is said in a sentence', () => {
  assert.match(shown('registry.remove', { name: 'office', url: office.url })[0] ?? '', /^office is asked no more/)
  assert.deepEqual(shown('registry.serve', { url: 'http://127.0.0.1:4802', folder: '/srv/public', requests: 1 }), [
    'http://127.0.0.1:4802 showed /srv/public: 1 request answered',
  ])
})

test('an answer of another shape is shown field by field', () => {
  for (const name of ['list', 'add', 'sync', 'remove', 'import', 'export', 'serve'])
    assert.match(shown(`registry.${name}`, { surprise: 1 })[0] ?? '', /^surprise +1$/, name)
})

test('a notice is said at once, in a pipe too, over a line that changes, and made harmless', () => {
  const parts: string[] = []
  const clock = createVirtualClock({ startsAt: 0 })
  using line = openProgressLine({ isTerminal: false, columns: 80, write: (text) => void parts.push(text) }, clock)
  line.report({ stage: 'asking', done: 0, unit: 'items' })
  line.report({ stage: 'serving http://127.0.0.1:1\u001B[2J', done: 0, unit: 'items', isNotice: true })
  assert.deepEqual(parts, ['serving http://127.0.0.1:1\uFFFD[2J\n'])
})
