import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waysOf } from './sharing.ts'

test('files are shared by clones where that can be, by hard links where read-only holds, and copied otherwise', () => {
  assert.deepEqual(waysOf({ sharing: 'auto', isPrivileged: false, kind: 'skill' }), ['clone', 'link', 'copy'])
})

test('hard links are not taken unasked where read-only holds nobody, nor for templates, which are made to be copied', () => {
  assert.deepEqual(waysOf({ sharing: 'auto', isPrivileged: true, kind: 'skill' }), ['clone', 'copy'])
  assert.deepEqual(waysOf({ sharing: 'auto', isPrivileged: false, kind: 'template' }), ['clone', 'copy'])
})

test('what the operator says is what is tried, and copying is always last', () => {
  assert.deepEqual(waysOf({ sharing: 'clone', isPrivileged: false, kind: 'skill' }), ['clone', 'copy'])
  assert.deepEqual(waysOf({ sharing: 'link', isPrivileged: true, kind: 'template' }), ['link', 'copy'])
  assert.deepEqual(waysOf({ sharing: 'copy', isPrivileged: false, kind: 'skill' }), ['copy'])
})
