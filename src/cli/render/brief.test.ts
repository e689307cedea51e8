import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderBrief, renderFailed, renderWarnings } from './brief.ts'

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

test('-q leaves of a doctor what is bad', () => {
  const line = { property: 'a second making is refused', isGood: true, detail: 'as it should' }
  assert.equal(renderBrief('project.doctor', { project: 'shop', lines: [line] }), '')
  assert.equal(
    renderBrief('project.doctor', { lines: [line, { property: 'refs stay', isGood: false, detail: 'gone' }] }),
    'refs stay: gone',
  )
})

test('a project that could not be looked at is named beside the answer, -q or not', () => {
  const failed = [
    { project: 'file:/srv/gone', code: 'REMOTE_MISSING', message: 'file:/srv/gone: no such folder' },
    { project: 'git.example.org/x', code: 'REMOTE_TIMEOUT', message: 'late\u001b' },
  ]
  const lines = '! file:/srv/gone: no such folder (REMOTE_MISSING)\n! git.example.org/x: late\ufffd (REMOTE_TIMEOUT)\n'
  assert.deepEqual([renderFailed({ failed }), renderWarnings({ tasks: [], failed })], [lines, lines])
  assert.equal(renderFailed({ failed: [{ resource: 'a', reason: 'b' }] }), '', 'of another operation')
})
