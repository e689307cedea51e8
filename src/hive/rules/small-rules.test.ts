import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyCharacter } from '../../lib/any-character.fixture.ts'
import { openSigningKey, ownerIdOfKey } from '../../identity/keys.ts'
import { takeAttempt } from './attempts.ts'
import { fingerprintOf, isHandle, suggestHandle } from './handles.ts'
import { OwnedNames, beginningsOf } from './owned-names.ts'
import { isAtLeast, parseLevel } from './levels.ts'
import { presetOf, rolePresets } from './roles.ts'
import { isInScope, isMatch, isScope } from './scopes.ts'

test('levels go from master down to read_only', () => {
  assert.equal(isAtLeast('master', 'decision'), true)
  assert.equal(isAtLeast('decision', 'decision'), true)
  assert.equal(isAtLeast('read_only', 'suggestion'), false)
  assert.equal(parseLevel('coordination'), 'coordination')
  assert.equal(parseLevel('admin'), undefined)
})

test('a handle is 1 to 32 of a-z, 0-9 and inner hyphens', () => {
  for (const handle of ['a', 'ada', 'ada-2', 'x'.repeat(32)]) assert.equal(isHandle(handle), true, handle)
  for (const text of ['', 'Ada', '-ada', 'ada-', 'a.b', 'ä', 'x'.repeat(33)]) assert.equal(isHandle(text), false, text)
})

test('names are found by what stands before a hyphen, and by nothing else', () => {
  const owner = ownerIdOfKey(openSigningKey(new Uint8Array(32).fill(1)).publicKey)
  const other = ownerIdOfKey(openSigningKey(new Uint8Array(32).fill(2)).publicKey)
  const names = new OwnedNames()
  names.set('ada-b-c', owner)
  names.set('ada-d', owner)
  names.set('ada-d', owner)
  names.set('adam', other)
  assert.deepEqual(beginningsOf('ada-b-c'), ['ada', 'ada-b'])
  assert.deepEqual([...names.ownersUnder('ada')], [owner])
  assert.deepEqual([...names.ownersUnder('ada-b')], [owner])
  assert.deepEqual([...names.ownersUnder('ada-b-c')], [])
  names.set('ada-d', other)
  assert.deepEqual([...names.ownersUnder('ada')], [owner, other])
  names.delete('ada-b-c')
  names.delete('nobody')
  assert.deepEqual([...names.ownersUnder('ada')], [other])
  assert.deepEqual([...names.ownersUnder('ada-b')], [])
  // what was somebody's stays so in the past
  assert.deepEqual([names.wasOf('ada-d', owner), names.wasOf('ada-d', other), names.wasOf('ada-b-c', owner)], [true, true, true])
  assert.deepEqual([names.wasOf('ada-b-c', other), names.wasOf('nobody', owner)], [false, false])
  assert.deepEqual(
    [...names],
    [
      ['ada-d', other],
      ['adam', other],
    ],
  )
})

test('a fingerprint is twenty characters that may stand where a handle does', () => {
  const owner = ownerIdOfKey(openSigningKey(new Uint8Array(32).fill(1)).publicKey)
  assert.equal(fingerprintOf(owner), 'gr2q7gf5lh6pzfdnurnk')
  assert.equal(isHandle(fingerprintOf(owner)), true)
})

test('every text suggests a handle', () => {
  assert.equal(suggestHandle("Ada's Laptop.local"), 'ada-s-laptop-local')
  assert.equal(suggestHandle('---'), 'node')
  assert.equal(suggestHandle('.'), 'node')
  fc.assert(fc.property(fc.string({ unit: anyCharacter, maxLength: 60 }), (text) => isHandle(suggestHandle(text))))
})

test('a glob matches whole segments, one star within a segment and two across', () => {
  const matches: readonly [string, string, boolean][] = [
    ['src/**', 'src/a/b.ts', true],
    ['src/**', 'src', true],
    ['src/*', 'src/a/b.ts', false],
    ['**/*.test.ts', 'src/deep/x.test.ts', true],
    ['**/*.test.ts', 'x.test.ts', true],
    ['src/**/rules/*.ts', 'src/hive/rules/a.ts', true],
    ['src/**/rules/*.ts', 'src/hive/a.ts', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*', '', true],
    ['a*b*c', 'aXbYbZc', true],
    ['Src/**', 'src/a', false],
    ['x', 'x'.repeat(5_000), false],
    ['x'.repeat(300), 'x', false],
  ]
  for (const [pattern, path, expected] of matches) assert.equal(isMatch(pattern, path), expected, `${pattern} on ${path.slice(0, 40)}`)
})

test('a deny beats every allow, and without an allow everything else is within', () => {
  assert.equal(isInScope(['src/**', '!src/secret/**'], 'src/a.ts'), true)
  assert.equal(isInScope(['src/**', '!src/secret/**', 'src/secret/mine.ts'], 'src/secret/mine.ts'), false)
  assert.equal(isInScope(['src/**'], 'docs/a.md'), false)
  assert.equal(isInScope(['!docs/**'], 'src/a.ts'), true)
  assert.equal(isInScope([], 'anything'), true)
})

test('S29: patterns made to backtrack are matched in milliseconds', () => {
  const before = performance.now()
  for (const pattern of ['*a'.repeat(120), '**/'.repeat(80) + 'b', `${'*'.repeat(200)}b`]) {
    isMatch(pattern, 'a'.repeat(4_000))
    isMatch(pattern, 'a/'.repeat(2_000))
  }
  assert.ok(performance.now() - before < 2_000)
})

test('a scope is a relative glob without dots, backslashes or controls', () => {
  for (const scope of ['src/**', '!**/.env', '*.md']) assert.equal(isScope(scope), true, scope)
  for (const text of ['', '!', '/etc', 'a//b', '../x', 'a/./b', 'a\\b', 'a\nb', 'x'.repeat(300), '\ud800'])
    assert.equal(isScope(text), false, text)
})

test('every preset is made of scopes, and several roles join', () => {
  for (const preset of rolePresets.values()) for (const scope of preset.scopes) assert.equal(isScope(scope), true, scope)
  const both = presetOf(['qa', 'reviewer', 'unknown'])
  assert.deepEqual(both.capabilities, ['test', 'reproduce', 'review', 'comment'])
  assert.equal(isInScope(both.scopes, 'test/a.test.ts'), false)
  assert.equal(isInScope(presetOf(['backend']).scopes, 'src/a/.env'), false)
  assert.deepEqual(presetOf([]), { capabilities: [], scopes: [] })
})

test('tries grow back evenly and never beyond a minute’s worth', () => {
  const first = takeAttempt(undefined, 0, 2)
  const second = takeAttempt(first.attempts, 0, 2)
  const third = takeAttempt(second.attempts, 1_000, 2)
  assert.deepEqual([first.isTaken, second.isTaken, third.isTaken], [true, true, false])
  assert.equal(takeAttempt(third.attempts, 31_000, 2).isTaken, true)
  assert.equal(takeAttempt(third.attempts, 9_000_000, 2).attempts.left, 1)
})
