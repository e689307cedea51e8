import assert from 'node:assert/strict'
import { test } from 'node:test'
import { render } from './render.ts'

const same = (text: string): string => text
const plain = { strong: same, faint: same, good: same, bad: same, name: same }
const web = {
  package: '@ada/web',
  version: '1.1.0',
  files: 2,
  size: 2048,
  path: '/p/web',
  alsoAt: [],
  providers: [],
  leftOut: [],
  changed: [],
}
const nothing = { status: 'done', lock: '/p/althing.lock', isLockChanged: false, packages: [], removed: [], notes: [], mcp: null }

function install(change: string, more: object = {}): string | undefined {
  return render('marketplace.install', { ...nothing, packages: [{ ...web, change, isNamed: true }], ...more }, plain)
}

test('an install that put right what was changed says so, and not that there was nothing to do', () => {
  assert.equal(install('restored'), '@ada/web@1.1.0 put right · 2 files, 2.0 KiB from this disk\n  /p/web\nas pinned in /p/althing.lock')
  assert.equal(render('marketplace.install', nothing, plain), 'nothing to do · /p/althing.lock')
})

test('an install says what lies beside the package and was left there', () => {
  assert.match(
    install('restored', { packages: [{ ...web, change: 'restored', beside: ['notes.md'] }] }) ?? '',
    /left where it is: notes\.md; --force/,
  )
})

test('verify says of files that were added what takes them away, and of what is wrong what puts it right', () => {
  const verify = (row: object): string =>
    render('marketplace.verify', { isBroken: true, files: 2, strays: [], lacks: [], packages: [{ ...web, missing: [], ...row }] }, plain)
  const takesAway = '→ what was added stays until you delete it; `althing install --force` takes it all away'
  assert.equal(
    verify({ state: 'added', added: ['notes.md'] }),
    `1 package as signed · 2 files compared\n@ada/web@1.1.0 is as its owner signed it, with files beside\n  added    notes.md\n${takesAway}`,
  )
  const both = verify({ state: 'changed', changed: ['a'], added: ['notes.md'] })
  assert.ok(both.endsWith(`→ \`althing install\` puts right what the lock says\n${takesAway}`))
  assert.ok(!verify({ state: 'missing', added: [] }).includes('--force'))
})

test('an install from a registry says which, beside the peers that gave something', () => {
  const from = (...peers: readonly string[]): string =>
    install('restored', { packages: [{ ...web, change: 'restored', providers: peers.map((peer) => ({ peer, bytes: 1 })) }] }) ?? ''
  assert.match(from('registry:https://r.example/packages'), / from the registry https:\/\/r\.example\/packages\n/)
  assert.match(from('12D3a', 'registry:https://r.example', '12D3b'), / from 2 peers and the registry https:\/\/r\.example\n/)
})

test('outdated has a column for what was said of the installed version, where something was', () => {
  const row = { package: '@ada/web', current: '1.1.0', wanted: '1.0.0', latest: '1.0.0', yanked: null, deprecated: null }
  const table = (more: object): string => render('marketplace.outdated', { packages: [{ ...row, ...more }], isOutdated: true }, plain)
  assert.match(
    table({ yanked: 'leaks', deprecated: 'use base' }),
    /latest +said\n@ada\/web +1\.1\.0 +1\.0\.0 +1\.0\.0 +yanked: leaks; deprecated: use base\n/,
  )
  assert.match(table({ yanked: '' }), / yanked\n/)
  assert.ok(!table({}).includes('said') && table({}).includes('althing update'))
  assert.ok(!table({ wanted: '1.1.0', latest: '1.1.0', yanked: '' }).includes('althing update'))
})

test('an install that changed the lock says what came, from whom, and where it is pinned', () => {
  const fromTwo = { providers: [{ peer: 'bob' }, { peer: 'cy' }], requested: '^1', alsoAt: ['/p/skills/web'] }
  assert.equal(
    install('updated', { isLockChanged: true, packages: [{ ...web, ...fromTwo, change: 'updated', previousVersion: '1.0.0' }] }),
    '@ada/web@1.1.0 updated from 1.0.0 · 2 files, 2.0 KiB from 2 peers\n  /p/web\n  /p/skills/web\npinned in /p/althing.lock',
  )
})

test('what could not be compared is not said to be as it was', () => {
  const said = install('present', { packages: [{ ...web, change: 'present', isNamed: false, changed: null }] }) ?? ''
  assert.match(said, /^→ not compared with what was signed, .*: @ada\/web\n1 package could not be compared$/)
})

test('an install says what a package comes without, and how its person calls its owner', () => {
  const said = install('added', {
    packages: [{ ...web, change: 'added', alias: '@alice/web', isNamed: true, unmet: [{ name: 'nowhere', range: '^1' }] }],
  })
  assert.match(said ?? '', /^@ada\/web@1\.1\.0 \(@alice\/web\) installed/)
  assert.match(said ?? '', /needs nowhere \^1, which nobody here had when it was published: it comes without/)
})
