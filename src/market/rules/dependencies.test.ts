import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settleDependencies } from './dependencies.ts'

test('a bare name in a table is ours when the index knows it, else foreign; names in a list, or with an owner, are ours', () => {
  const said = {
    dependencies: [
      { name: 'listed', range: '*' },
      { name: '@bob/own', range: '^1' },
    ],
    candidates: [
      { name: 'serde', range: '1.0' },
      { name: 'base', range: '^2' },
    ],
    foreign: [{ name: 'tokio', value: 'version = 1, features = …' }],
  }
  assert.deepEqual(
    settleDependencies(said, (name) => name === 'base'),
    {
      dependencies: [
        { name: '@bob/own', range: '^1' },
        { name: 'base', range: '^2' },
        { name: 'listed', range: '*' },
      ],
      foreign: [
        { name: 'serde', value: '1.0' },
        { name: 'tokio', value: 'version = 1, features = …' },
      ],
      unknown: ['serde'],
    },
  )
})

test('no more foreign entries are kept than a release holds', () => {
  const candidates = Array.from({ length: 100 }, (_, n) => ({ name: `crate-${n}`, range: '1' }))
  const settled = settleDependencies({ dependencies: [], candidates, foreign: [] }, () => false)
  assert.deepEqual([settled.foreign.length, settled.unknown.length], [64, 100])
})
