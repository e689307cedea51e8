import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isOwnerSegment, parsePackageName, parsePackageReference, suggestPackageName } from './names.ts'

test('a package name is lower case letters, digits, dots, underscores and hyphens', () => {
  for (const name of ['axum', 'a', '0x', 'io.ggen.nextjs', 'a_b-c.d', 'x'.repeat(64)]) assert.equal(parsePackageName(name), name)
  for (const name of ['', 'Axum', '.git', '-x', '_x', 'a b', 'a/b', 'ä', 'x'.repeat(65), 'a\n', 'a.', 'con', 'nul.txt', 'com1']) {
    assert.equal(parsePackageName(name), undefined, JSON.stringify(name))
  }
})

test('S26: a name that looks like an option, a path or a URL is no reference', () => {
  for (const text of [
    '--force',
    '-g',
    '../x',
    '/etc/passwd',
    './x',
    '@../x',
    '@ada/../x',
    'a/b',
    'https://x',
    '@ada',
    '@/x',
    '@ada/',
    'a@',
    'a@@',
    'x@--y',
    '',
  ]) {
    assert.equal(parsePackageReference(text), undefined, text)
  }
})

test('a reference splits at its last @', () => {
  assert.deepEqual(parsePackageReference('axum'), { owner: undefined, name: 'axum', range: undefined })
  assert.deepEqual(parsePackageReference('axum@^1.2'), { owner: undefined, name: 'axum', range: '^1.2' })
  assert.deepEqual(parsePackageReference('@ada/axum'), { owner: 'ada', name: 'axum', range: undefined })
  assert.deepEqual(parsePackageReference('@ada/axum@>=1 <2'), { owner: 'ada', name: 'axum', range: '>=1 <2' })
  assert.deepEqual(parsePackageReference('axum@latest'), { owner: undefined, name: 'axum', range: undefined })
})

test('S29: a reference of any length is refused at once', () => {
  assert.equal(parsePackageReference(`a@${'>=1 '.repeat(100_000)}`), undefined)
})

test('the nearest allowed name is suggested', () => {
  assert.equal(suggestPackageName('Next.js Ontology-Driven CRUD'), 'next.js-ontology-driven-crud')
  assert.equal(suggestPackageName('Überprüfung!'), 'uberprufung')
  assert.equal(suggestPackageName('--x--'), 'x')
  assert.equal(suggestPackageName('!!!'), undefined)
  assert.equal(suggestPackageName('CON'), undefined)
})

test('every suggestion is an allowed name', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 120, unit: 'grapheme' }), (text) => {
      const suggestion = suggestPackageName(text)
      return suggestion === undefined || parsePackageName(suggestion) === suggestion
    }),
    { seed: 1 },
  )
})

test('handles and owner ids may be part of a path, other things not', () => {
  assert.ok(isOwnerSegment('ada'))
  assert.ok(isOwnerSegment('z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'))
  for (const text of ['', '..', 'a/b', '.x', 'nul', 'x.']) assert.equal(isOwnerSegment(text), false, text)
})

test('S26: a reference has 256 characters at most, and an owner exactly where an @ says that one comes', () => {
  const range = (length: number) => `axum@>=1.0.0${' '.repeat(length - 13)}1`
  assert.equal(parsePackageReference(range(256))?.name, 'axum')
  assert.equal(parsePackageReference(range(257)), undefined)
  assert.equal(parsePackageReference('@ada/axum')?.owner, 'ada')
  for (const text of ['ada/axum', 'xada/axum@^1', '@axum']) assert.equal(parsePackageReference(text), undefined, text)
})
