import assert from 'node:assert/strict'
import { test } from 'node:test'
import { render } from './render.ts'

const same = (text: string): string => text
const plain = { strong: same, faint: same, good: same, bad: same, name: same }

test('what was said of a package is one sentence, with who heard it', () => {
  const said = { status: 'said', package: '@ada/axum', now: '@ada/axum 1.0.0 stands again', entry: 'bafy', announcedTo: 2 }
  assert.equal(render('marketplace.yank', said, plain), '@ada/axum 1.0.0 stands again · announced to 2 peers')
  assert.match(render('marketplace.owner', { ...said, announcedTo: 0 }, plain), /nobody is connected/)
  assert.match(render('marketplace.tag', { ...said, status: 'unchanged' }, plain), /it was so before$/)
})

test('versions are lines with what is said of each, and no character of theirs plays tricks', () => {
  const row = { version: '1.10.0', tags: ['next'], publishedAt: 0, firstSeenAt: 0, size: 2048, maintainer: '@bob', isHere: true }
  const yanked = { ...row, version: '1.9.0', tags: [], maintainer: null, isHere: false, yanked: 'leaks \u001b[2J', deprecated: 'old' }
  assert.equal(
    render('marketplace.versions', { package: '@ada/axum', versions: [row, yanked, { ...yanked, yanked: '', deprecated: null }] }, plain),
    [
      '@ada/axum · 3 versions',
      '  1.10.0  1970-01-01 00:00 UTC · 2.0 KiB · next · by @bob · here',
      '  1.9.0   1970-01-01 00:00 UTC · 2.0 KiB · yanked: leaks \uFFFD[2J · deprecated: old',
      '  1.9.0   1970-01-01 00:00 UTC · 2.0 KiB · yanked',
    ].join('\n'),
  )
})

test('an audit names what there is to see to, then what was accepted and why', () => {
  const report = {
    ...{ lock: 'althing.lock', audited: 2, hasFindings: true },
    findings: [{ package: '@ada/axum', version: '1.0.0', kind: 'yanked', message: 'it was yanked.' }],
    accepted: [{ package: '@ada/base', version: '2.0.0', kind: 'cool-down', reason: 'ours', by: '@bob', at: '2026-11-21T10:00:00.000Z' }],
  }
  assert.equal(
    render('marketplace.audit', report, plain),
    [
      '2 packages of althing.lock looked at · 1 thing to see to',
      '  yanked  it was yanked.',
      'accepted',
      '  cool-down  @ada/base@2.0.0 by @bob at 2026-11-21T10:00:00.000Z: ours',
    ].join('\n'),
  )
  assert.match(render('marketplace.audit', { ...report, findings: [], accepted: [] }, plain), /nothing found$/)
})

test('the description of a package says what it asks for and who stands behind it, and leaves out what nobody said', () => {
  const shown = {
    ...{ package: '@ada/axum', owner: 'z6MkA', handle: 'ada', version: '1.0.0', kind: 'tool', description: 'A tool', category: null },
    ...{ authors: [], keywords: ['web'], licence: null, homepage: null, repository: null, dependencies: [{ name: 'base', range: '^1' }] },
    yankedVersions: ['1.0.11'],
    ...{ versions: Array.from({ length: 12 }, (_, index) => `1.0.${12 - index}`), tags: [{ tag: 'next', version: '2.0.0' }] },
    permissions: { tools: ['Bash'], commands: [], hosts: ['a.example'], paths: [] },
    ...{ digest: 'sha256:00', cid: 'bafy', size: 10, files: 1, publishedAt: 0, conflicts: 1, isHere: true },
    release: { entry: 'bafy', node: '12D3', maintainer: '@bob' },
    trust: {
      ...{ firstSeenAt: 60_000, yanked: null, deprecated: null, maintainers: ['@bob'], transferredTo: ['@cy', '@eve'], receivedFrom: [] },
      issues: [{ kind: 'look-alike', severity: 'warn', message: 'nearly called like @bob/axun' }],
    },
  }
  assert.equal(
    render('marketplace.info', shown, plain),
    [
      '@ada/axum@1.0.0  A tool',
      '  kind        tool, web',
      '  versions    1.0.12, 1.0.11 (yanked), 1.0.10, 1.0.9, 1.0.8, 1.0.7, 1.0.6, 1.0.5, 1.0.4, 1.0.3 and 2 older ones',
      '  tags        next 2.0.0',
      '  needs       base@^1',
      '  asks for    tools Bash · hosts a.example',
      '  size        1 file, 10 bytes · here',
      '  published   1970-01-01 00:00 UTC',
      '  seen here   1970-01-01 00:01 UTC',
      '  owner       @ada  z6MkA',
      '  by          @bob',
      '  signed by   12D3',
      '  maintained  @bob',
      '  handed on   @cy → @eve',
      '  conflicts   published again with other bytes 1 time',
      '  digest      sha256:00',
      'warn  nearly called like @bob/axun',
    ].join('\n'),
  )
  assert.match(render('marketplace.info', { ...shown, handle: null }, plain), /owner +z6MkA\n/)
  assert.match(render('marketplace.info', { surprise: 1 }, plain), /surprise/)
})
