import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Grant } from '../grant.ts'
import type { Person } from '../testing/grants.ts'
import { ada, bob, cidOf, cy, eve, fold, foldOne, hive, member, place } from '../testing/grants.ts'
import type { PlacedRecovery } from './fold-grants.ts'
import type { SignedHandover } from './judge-grant.ts'
import { isActive } from './judge-grant.ts'

test('the root is neither revoked as an owner nor as a node', () => {
  const state = foldOne(
    { type: 'revoke', subject: { owner: ada.owner }, last: [] },
    { type: 'revoke', subject: { node: ada.node }, last: [] },
    { type: 'revoke', subject: { node: bob.node }, last: [] },
  )
  assert.deepEqual(
    state.inert.map(({ reason }) => reason),
    ['root-stays', 'root-stays'],
  )
  assert.deepEqual([...state.revokedNodes], [[bob.node, undefined]])
})

test('an accept or recover within a turn means nothing', () => {
  const state = foldOne({ type: 'accept', handover: cidOf(9, 9) }, { type: 'recover', document: new Uint8Array() })
  assert.deepEqual(
    state.inert.map(({ reason }) => reason),
    ['not-in-place', 'not-in-place'],
  )
})

const handedToBob: Grant = { type: 'root', owner: bob.owner, node: bob.node, proof: null }
const signedByAda: SignedHandover = { hive, owner: bob.owner, node: bob.node, signer: ada.owner }

test('S10: a stolen node key alone cannot give the root to another owner', () => {
  const journals = new Map([[ada.node, place([member(bob, 'bob'), handedToBob, member(cy, 'cy')])]])
  for (const forged of [
    undefined,
    { ...signedByAda, signer: bob.owner },
    { ...signedByAda, node: eve.node },
    { ...signedByAda, owner: eve.owner },
  ]) {
    const state = fold(journals, { handoverOf: () => forged })
    assert.deepEqual(
      state.inert.map(({ reason }) => reason),
      ['unsigned-handover'],
    )
    assert.equal(state.root?.node, ada.node)
    assert.equal(isActive(state, cy.owner), true)
  }
})

test('a root handed on grants nothing until it accepts, and nothing it wrote before counts', () => {
  const adas = place([member(bob, 'bob'), handedToBob, member(eve, 'eve')])
  const handover = adas[1]?.cid ?? cidOf(0, 0)
  const waiting = fold(new Map([[ada.node, adas]]), { handoverOf: () => signedByAda })
  assert.equal(waiting.root?.pending, handover)
  assert.equal(isActive(waiting, eve.owner), false)
  const bobs = place([member(eve, 'planted'), { type: 'accept', handover: cidOf(9, 9) }, { type: 'accept', handover }, member(cy, 'cy')], 1)
  const state = fold(
    new Map([
      [ada.node, adas],
      [bob.node, bobs],
    ]),
    { handoverOf: () => signedByAda },
  )
  assert.deepEqual(state.root, { owner: bob.owner, node: bob.node, pending: undefined })
  assert.deepEqual([...state.handles.keys()], ['bob', 'cy'])
})

test('the root goes to a member only, not to a revoked node, and not to itself', () => {
  const toEve: Grant = { type: 'root', owner: eve.owner, node: eve.node, proof: null }
  const toSelf: Grant = { type: 'root', owner: ada.owner, node: ada.node, proof: null }
  const toRevoked: Grant = { type: 'root', owner: ada.owner, node: cy.node, proof: null }
  const state = foldOne(toEve, toSelf, { type: 'revoke', subject: { node: cy.node }, last: [] }, toRevoked)
  assert.deepEqual(
    state.inert.map(({ reason }) => reason),
    ['owner-unknown', 'root-stays', 'root-stays'],
  )
})

test('the root goes to another machine of its owner without a signature of the owner key', () => {
  const toSpare: Grant = { type: 'root', owner: ada.owner, node: cy.node, proof: null }
  assert.equal(foldOne(toSpare).root?.node, cy.node)
})

function recovery(serial: number, by: Person, more: Partial<PlacedRecovery['recovery']> = {}): PlacedRecovery {
  const kept = [{ node: ada.node, incarnation: 1, seq: 2 }]
  return { incarnation: 1, seq: 5, recovery: { hive, signer: by.owner, serial, kept, node: cy.node, ...more } }
}

test('a recovery by the root’s owner keeps what it names, cuts the old machine, and grants from its own place on', () => {
  const adas = place([member(bob, 'bob'), member(eve, 'eve')])
  const cys = [...place([member(eve, 'planted')], 1), { grant: member(eve, 'carol'), incarnation: 1, seq: 6, cid: cidOf(2, 2) }]
  const state = fold(
    new Map([
      [ada.node, adas],
      [cy.node, cys],
    ]),
    { recoveries: [recovery(1, ada)] },
  )
  assert.deepEqual([...state.handles.keys()], ['bob', 'carol'])
  assert.equal(state.root?.node, cy.node)
  assert.deepEqual(state.revokedNodes.get(ada.node), { node: ada.node, incarnation: 1, seq: 2 })
})

test('a recovery by anybody else, or one that begins elsewhere, is nothing', () => {
  const journals = new Map([[ada.node, place([member(bob, 'bob'), member(eve, 'eve')])]])
  const foreign = recovery(9, ada, { kept: [{ node: eve.node, incarnation: 1, seq: 2 }] })
  const state = fold(journals, { recoveries: [recovery(1, bob), foreign] })
  assert.equal(state.root?.node, ada.node)
  assert.equal(isActive(state, eve.owner), true)
})

test('of several recoveries the highest serial has the last word, in whatever order they came', () => {
  const journals = new Map([[ada.node, place([member(bob, 'bob')])]])
  const many = [recovery(2, ada, { node: eve.node }), recovery(1, ada), recovery(2, ada, { node: bob.node })]
  const expected = fold(journals, { recoveries: many }).root?.node
  fc.assert(
    fc.property(fc.shuffledSubarray(many, { minLength: 3 }), (recoveries) => fold(journals, { recoveries }).root?.node === expected),
  )
  assert.notEqual(expected, cy.node)
})

test('a recovery that names several roots follows each up to what is kept', () => {
  const adas = place([member(bob, 'bob'), handedToBob])
  const handover = adas[1]?.cid ?? cidOf(0, 0)
  const bobs = place([{ type: 'accept', handover }, member(cy, 'cy'), member(eve, 'eve')], 1)
  const kept = [
    { node: ada.node, incarnation: 1, seq: 3 },
    { node: bob.node, incarnation: 1, seq: 3 },
  ]
  const journals = new Map([
    [ada.node, adas],
    [bob.node, bobs],
  ])
  const sources = { handoverOf: () => signedByAda, recoveries: [recovery(1, bob, { kept })] }
  const state = fold(journals, sources)
  assert.deepEqual([...state.handles.keys()], ['bob', 'cy'])
  assert.equal(state.root?.node, cy.node)
  const elsewhere = [kept[0] ?? never(), { node: eve.node, incarnation: 1, seq: 3 }]
  assert.equal(fold(journals, { ...sources, recoveries: [recovery(1, bob, { kept: elsewhere })] }).root?.pending, handover)
})

test('S5: no grant outside the root’s turn changes anything, in whatever journal it stands', () => {
  const adas = place([member(bob, 'bob')])
  const expected = JSON.stringify([...fold(new Map([[ada.node, adas]])).handles])
  const forged = fc.constantFrom<Grant>(
    member(eve, 'eve', { level: 'master' }),
    member(eve, 'ada'),
    { type: 'revoke', subject: { owner: ada.owner }, last: [] },
    { type: 'root', owner: eve.owner, node: eve.node, proof: null },
    { type: 'accept', handover: cidOf(0, 0) },
  )
  fc.assert(
    fc.property(fc.array(forged, { maxLength: 6 }), fc.array(forged, { maxLength: 6 }), (eves, bobs) => {
      const journals = new Map([
        [ada.node, adas],
        [eve.node, place(eves, 3)],
        [bob.node, place(bobs, 4)],
      ])
      return JSON.stringify([...fold(journals).handles]) === expected
    }),
  )
})

function never(): never {
  throw new Error('unreachable')
}
