import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownerOf } from '../testing/stand.ts'
import type { KnownPackage } from './look-alike.ts'
import { findLookAlike } from './look-alike.ts'

function known(name: string, who: string, more: Partial<KnownPackage> = {}): KnownPackage {
  const handle = more.handle ?? who
  return { package: `@${handle}/${name}`, owner: ownerOf(who), handle, name, isInstalled: false, versions: 3, firstSeenAt: 1_000, ...more }
}

const old = { firstSeenAt: 10, versions: 9 }

test('S8: a name within two edits of a better known one is found, a swap of neighbours being one', () => {
  for (const squat of ['expres', 'expresss', 'epxress', 'xpresss', 'exqrezs', 'express-s'])
    assert.equal(findLookAlike(known(squat, 'eve'), [known('express', 'ada', old)])?.package, '@ada/express', squat)
  for (const other of ['express', 'compress', 'expr', 'exkrezz'])
    assert.equal(findLookAlike(known(other, 'eve'), [known('express', 'ada', old)]), undefined, other)
})

test('of short names one edit is near, not two', () => {
  assert.equal(findLookAlike(known('axun', 'eve'), [known('axum', 'ada', old)])?.name, 'axum')
  assert.equal(findLookAlike(known('atom', 'eve'), [known('axum', 'ada', old)]), undefined)
})

test('S8: the same name under a handle one edit away is found; under one that differs more it is only another', () => {
  assert.equal(findLookAlike(known('axum', 'eve', { handle: 'adaa' }), [known('axum', 'ada', old)])?.package, '@ada/axum')
  assert.equal(findLookAlike(known('axum', 'eve'), [known('axum', 'ada', old)]), undefined)
})

test('who is the better known one is not warned of the other; nor anybody of their own', () => {
  assert.equal(findLookAlike(known('express', 'ada', old), [known('expres', 'eve')]), undefined)
  assert.equal(findLookAlike(known('expres', 'ada'), [known('express', 'ada', old)]), undefined)
  assert.equal(findLookAlike(known('expres', 'eve', { isInstalled: true }), [known('express', 'ada', old)]), undefined)
  assert.equal(findLookAlike(known('expres', 'eve'), [known('express', 'ada')]), undefined)
})

test('what is installed here is better known than what is older and has more versions', () => {
  const installed = known('express', 'ada', { firstSeenAt: 5_000, versions: 1, isInstalled: true })
  assert.equal(findLookAlike(known('expres', 'eve', old), [installed])?.package, '@ada/express')
})

test('of several the nearest is named, then the best known, then by name', () => {
  const near = known('expresso', 'bob', old)
  const self = known('expressso', 'eve')
  assert.equal(findLookAlike(self, [known('express', 'ada', old), near])?.name, 'expresso')
  const best = known('expresso', 'ada', { firstSeenAt: 1, versions: 30 })
  assert.equal(findLookAlike(self, [near, best])?.package, '@ada/expresso')
  assert.equal(findLookAlike(self, [near, known('expresso', 'cy', old)])?.package, '@bob/expresso')
  assert.equal(findLookAlike(self, [known('expresso', 'cy', old), near])?.package, '@bob/expresso')
})
