import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Grant } from '../grant.ts'
import { ada, bob, cy, eve, fold, foldOne, member, place } from '../testing/grants.ts'
import { hasOwnedAgent, isActive, judgeGrant, ownerOfAgent } from './judge-grant.ts'

test('an open hive has no grants whatever anybody writes', () => {
  const state = fold(new Map([[ada.node, place([member(ada, 'ada')])]]), { root: null })
  assert.equal(state.root, undefined)
  assert.equal(state.standings.size, 0)
})

test('the root owner is a member before its first grant', () => {
  assert.equal(isActive(foldOne(), ada.owner), true)
  assert.equal(isActive(foldOne(), bob.owner), false)
})

test('the first to be granted a handle has it, and later grants of it are inert', () => {
  const state = foldOne(member(bob, 'bob'), member(eve, 'bob'), member(eve, 'bob-x'), member(eve, 'eve'))
  assert.equal(state.handles.get('bob'), bob.owner)
  assert.deepEqual(
    state.inert.map(({ reason }) => reason),
    ['handle-taken', 'handle-taken'],
  )
  assert.equal(state.standings.get(eve.owner)?.grant.handle, 'eve')
})

test('a second grant changes what a member has, its handle too, and frees the handle before', () => {
  const state = foldOne(member(bob, 'bob'), member(bob, 'robert', { level: 'decision' }), member(cy, 'bob'))
  assert.equal(state.handles.get('robert'), bob.owner)
  assert.equal(state.handles.get('bob'), cy.owner)
  assert.equal(state.standings.get(bob.owner)?.grant.level, 'decision')
})

test('a handle does not cover an agent name that was granted to somebody else', () => {
  const state = foldOne(member(bob, 'bob', { agents: ['oracle-one'] }), member(eve, 'oracle'), member(eve, 'eve', { agents: ['bob-x'] }))
  assert.deepEqual(
    state.inert.map(({ reason }) => reason),
    ['handle-taken', 'agent-taken'],
  )
  assert.equal(ownerOfAgent(state, 'oracle-one'), bob.owner)
  assert.equal(ownerOfAgent(state, 'bob-x'), bob.owner)
  assert.equal(ownerOfAgent(state, 'nobody'), undefined)
})

test('an agent name is granted to members only, never from under another’s handle, and may be moved', () => {
  const state = foldOne(
    member(bob, 'bob'),
    member(cy, 'cy'),
    { type: 'name', agent: 'oracle', owner: eve.owner },
    { type: 'name', agent: 'bob-x', owner: cy.owner },
    { type: 'name', agent: 'oracle', owner: bob.owner },
    { type: 'name', agent: 'oracle', owner: cy.owner },
    { type: 'name', agent: 'cy-x', owner: cy.owner },
  )
  assert.deepEqual(
    state.inert.map(({ reason }) => reason),
    ['owner-unknown', 'agent-taken'],
  )
  assert.deepEqual(
    [...state.names],
    [
      ['oracle', cy.owner],
      ['cy-x', cy.owner],
    ],
  )
})

test('a revoked owner keeps its handle until somebody replaces it, with its names', () => {
  const revoke: Grant = { type: 'revoke', subject: { owner: bob.owner }, last: [{ node: bob.node, incarnation: 1, seq: 9 }] }
  const state = foldOne(
    member(bob, 'bob', { agents: ['oracle'] }),
    member(eve, 'eve', { replaces: bob.owner }),
    revoke,
    revoke,
    member(cy, 'bob'),
    member(cy, 'cy', { replaces: bob.owner }),
    member(cy, 'bob', { replaces: bob.owner }),
    member(eve, 'bob', { replaces: bob.owner }),
  )
  assert.deepEqual(
    state.inert.map(({ reason }) => reason),
    ['replaces-nobody', 'owner-unknown', 'handle-taken', 'replaces-nobody', 'replaces-nobody'],
  )
  assert.equal(state.handles.get('bob'), cy.owner)
  assert.equal(state.names.get('oracle'), cy.owner)
  assert.equal(isActive(state, bob.owner), false)
})

test('who replaces a revoked owner takes over agent names granted singly under the handle too', () => {
  const revoke: Grant = { type: 'revoke', subject: { owner: bob.owner }, last: [] }
  const state = foldOne(member(bob, 'bob', { agents: ['bob-tester'] }), revoke, member(cy, 'bob', { replaces: bob.owner }))
  assert.deepEqual(state.inert, [])
  assert.equal(ownerOfAgent(state, 'bob-tester'), cy.owner)
})

test('a handle is refused where it or another would stand under the other’s, or agent names granted singly would', () => {
  const granted = [member(bob, 'bob'), member(cy, 'c-y', { agents: ['e-one'] })]
  for (const handle of ['bob', 'bob-x', 'c', 'c-y-z', 'e']) {
    const reasons = foldOne(...granted, member(eve, handle)).inert.map(({ reason }) => reason)
    assert.deepEqual(reasons, ['handle-taken'], handle)
  }
  for (const handle of ['bobby', 'c-x', 'cy', 'e-one-x']) assert.deepEqual(foldOne(...granted, member(eve, handle)).inert, [], handle)
})

test('the root’s own check before it writes is the one everybody else makes', () => {
  assert.equal(judgeGrant(foldOne(member(bob, 'bob')), member(eve, 'bob'), undefined), 'handle-taken')
  assert.equal(judgeGrant(foldOne(), member(eve, 'eve'), undefined), 'applies')
})

test('what was written as an agent name stays its former owner’s, by the handle or by a single grant', () => {
  const revoke: Grant = { type: 'revoke', subject: { owner: bob.owner }, last: [] }
  const state = foldOne(member(bob, 'bob', { agents: ['oracle'] }), revoke, member(cy, 'bob', { replaces: bob.owner }))
  assert.equal(ownerOfAgent(state, 'bob-tester'), cy.owner)
  for (const agent of ['oracle', 'bob-tester']) {
    assert.equal(hasOwnedAgent(state, agent, bob.owner), true, agent)
    assert.equal(hasOwnedAgent(state, agent, cy.owner), true, agent)
    assert.equal(hasOwnedAgent(state, agent, eve.owner), false, agent)
  }
})
