import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isIncomplete, render } from './render.ts'

const same = (text: string): string => text
const plain = { strong: same, faint: same, good: same, bad: same, name: same }
const verified = { blocks: 3, bytes: 3_145_728, corrupt: [], database: [], isSound: true, repaired: [], lost: [] }

test('a sound store is one line and exit 0', () => {
  assert.equal(render('store.verify', verified, plain), 'sound · 3 blocks of 3.0 MiB read and hashed')
  assert.equal(isIncomplete('store.verify', verified), false)
})

test('a damaged block is named with what to do, and the command says that all is not well', () => {
  const damaged = { ...verified, corrupt: ['aa'], isSound: false }
  assert.equal(
    render('store.verify', damaged, plain),
    'not sound · 3 blocks of 3.0 MiB read and hashed\n  damaged and set aside  aa\n→ `althing store verify --repair` fetches it again from members; so does asking for it',
  )
  assert.equal(isIncomplete('store.verify', damaged), true)
})

test('damage that was mended is no failure, damage that is left is', () => {
  const mended = { ...verified, corrupt: ['aa'], isSound: false, repaired: ['bafya'] }
  assert.equal(isIncomplete('store.verify', mended), false)
  assert.equal(
    render('store.verify', mended, plain),
    '1 item repaired, sound now · 3 blocks of 3.0 MiB read and hashed\n  damaged and set aside  aa\n  fetched again  bafya',
  )
  assert.match(render('store.verify', { ...mended, lost: ['bafyb'] }, plain), /^not sound · /)
  assert.equal(isIncomplete('store.verify', { ...mended, lost: ['bafyb'] }), true)
  assert.equal(isIncomplete('store.verify', { ...mended, database: ['row 3 missing from index'] }), true)
})

test('figures of the store are in units a person reads', () => {
  const stats = {
    blocks: 1_200,
    bytes: 1_258_291_200,
    storedBytes: 629_145_600,
    savedBytes: 629_145_600,
    maxDiskBytes: 21_474_836_480,
    compressedBlocks: 900,
    quarantinedBlocks: 0,
    unpackedPackages: 2,
    unpackedBytes: 2_048,
    databaseBytes: 167_936,
    schemaVersion: 1,
  }
  assert.equal(
    render('store.stats', stats, plain),
    [
      'content     1,200 blocks · 1.2 GiB',
      'on disk     600 MiB · limit 20.0 GiB',
      'compressed  900 blocks · 600 MiB saved',
      'unpacked    2 packages · 2.0 KiB',
      'database    164 KiB · schema 1',
    ].join('\n'),
  )
})

test('an answer of a shape it does not know is shown field by field', () => {
  assert.match(render('store.verify', { surprise: 1 }, plain), /surprise +1/)
})

test('what a search found says owner, version, who holds it since when, and what is said against it', () => {
  const row = {
    package: '@ada/axum',
    version: '1.0.0',
    kind: 'skill',
    description: 'a\nservice',
    keywords: ['web'],
    licence: 'MIT',
    size: 2_048,
    files: 2,
    deprecated: 'use hyper',
    isYanked: true,
    providers: 2,
    providersAgeMs: 125_000,
    isHere: true,
    conflicts: 0,
    details: null,
  }
  assert.equal(
    render('marketplace.search', { packages: [row], meant: 'axum', hint: null, suggestions: [] }, plain),
    [
      '→ near spellings of what was typed: axum',
      '@ada/axum v1.0.0 (skill, 2 providers, counted 2 min 5 s ago) · here · yanked · deprecated: use hyper',
      '  a service',
    ].join('\n'),
  )
  const details = { category: 'web', authors: ['Ada'], homepage: null, repository: null, dependencies: [{ name: 'hyper', range: '^1' }] }
  assert.match(
    render('marketplace.search', { packages: [{ ...row, details }] }, plain),
    /category: web\n {2}keywords: web\n {2}authors: Ada\n {2}licence: MIT\n {2}needs: hyper@\^1\n {2}2 files, 2.0 KiB$/,
  )
  const nothing = { packages: [], hint: 'nothing for "x"', suggestions: [{ command: 'althing search', does: 'what is newest' }] }
  assert.equal(render('marketplace.search', nothing, plain), '→ nothing for "x"\n  althing search  what is newest')
})

test('a publish that leaves with the only copy is not done', () => {
  assert.equal(isIncomplete('p2p.publish', { leaving: true, copies: { confirmed: 0 } }), true)
  assert.equal(isIncomplete('p2p.publish', { leaving: true, copies: { confirmed: 1 } }), false)
  assert.equal(isIncomplete('p2p.publish', { leaving: false, copies: { confirmed: 0 } }), false)
})
