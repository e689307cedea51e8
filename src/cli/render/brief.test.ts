import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderBrief, renderWarnings } from './brief.ts'

const rows = [
  { package: '@ada/web', version: '1.1.0', path: '/p/web', change: 'installed' },
  { package: '@bob/axum', version: '0.7.0', path: '/p/axum', change: 'present' },
]

for (const [name, output, expected] of [
  ['p2p.publish', { name: 'web', version: '1.1.0', handle: 'ada' }, '@ada/web@1.1.0'],
  ['marketplace.publish', { name: 'web', version: '1.1.0', handle: null }, 'web@1.1.0'],
  ['marketplace.search', { packages: rows, hint: 'more with --limit' }, '@ada/web\n@bob/axum'],
  ['marketplace.list', { packages: rows }, '@ada/web@1.1.0\n@bob/axum@0.7.0'],
  ['marketplace.install', { packages: rows }, '/p/web\n/p/axum'],
  ['marketplace.update', { packages: rows, removed: [{ package: '@cy/old', version: '2.0.0' }] }, '@ada/web@1.1.0\n@cy/old@2.0.0'],
  ['p2p.status', { node: { peerId: '12D3KooWAda' } }, '12D3KooWAda'],
  ['hive.members', { members: [{ handle: 'ada' }, { handle: 'bob' }] }, '@ada\n@bob'],
  ['context.put', { address: 'ucxl://ada:w@p:t/*~3/notes' }, 'ucxl://ada:w@p:t/*~3/notes'],
] as const) {
  test(`-q leaves of ${name} what a script wants, ${JSON.stringify(expected)}`, () => {
    assert.equal(renderBrief(name, output), expected)
  })
}

test('-q leaves nothing of a search that found nothing, and the whole answer of what has no one value', () => {
  assert.equal(renderBrief('marketplace.search', { packages: [], hint: 'try `althing list`' }), '')
  assert.equal(renderBrief('store.verify', { isSound: true }), undefined)
})

test('-q leaves of steps, announcements, versions and events their addresses', () => {
  const address = 'ucxl://a:b@c:d/*~2/x'
  for (const name of ['context.navigate', 'context.announce']) assert.equal(renderBrief(name, { address, session: 's' }), address)
  for (const name of ['context.versions', 'context.watch'])
    assert.equal(renderBrief(name, { items: [{ address }, { address }], after: 2 }), `${address}\n${address}`)
})

test('-q leaves what a publish warns of, for the stream that is not of values', () => {
  assert.equal(renderWarnings({ warnings: ['kept as foreign: \u001bserde'] }), '! kept as foreign: \ufffdserde\n')
  assert.equal(renderWarnings({ packages: rows }), '')
})
