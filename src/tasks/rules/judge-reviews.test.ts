import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeChecks } from './judge-checks.ts'
import { areChangesRequested } from './judge-reviews.ts'

const ada = { name: 'ada', isTrusted: true }
const bob = { name: 'bob', isTrusted: true }
const eve = { name: 'eve', isTrusted: false }

test('of what one reviewer said the last counts, and a comment takes nothing back', () => {
  const asked = { author: ada, state: 'CHANGES_REQUESTED', isOfCommit: true }
  assert.equal(areChangesRequested([]), false)
  assert.equal(areChangesRequested([asked, { ...asked, state: 'COMMENTED' }]), true)
  assert.equal(areChangesRequested([asked, { ...asked, state: 'DISMISSED' }]), false)
  assert.equal(areChangesRequested([asked, { ...asked, author: bob, state: 'APPROVED' }]), true)
})

test('strangers ask for nothing, and what was said of an older commit is answered', () => {
  const asked = { author: ada, state: 'REQUEST_CHANGES', isOfCommit: true }
  assert.equal(areChangesRequested([{ ...asked, author: eve }]), false)
  assert.equal(areChangesRequested([{ ...asked, isOfCommit: false }]), false)
})

test('checks are red by one, green when all are over, and pending while a person or a machine is waited for', () => {
  assert.equal(judgeChecks([]), 'none')
  assert.equal(judgeChecks(['success', 'failure', 'pending']), 'red')
  assert.equal(judgeChecks(['success', 'skipped', 'neutral']), 'green')
  assert.equal(judgeChecks(['success', 'cancelled']), 'pending')
})
