import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { openSigningKey, ownerIdOfKey, peerIdOfKey } from '../../identity/keys.ts'
import type { OwnerId, PeerId } from '../../identity/keys.ts'
import { createCid, dagCborCodec } from '../../lib/cid.ts'
import type { Certificate } from '../../identity/certificate.ts'
import type { Grant, MemberGrant } from '../grant.ts'
import type { GrantSources, PlacedRecovery } from './fold-grants.ts'
import { foldGrants } from './fold-grants.ts'
import type { GrantsState, PlacedGrant } from './grants-state.ts'
import { emptyGrantsState } from './grants-state.ts'
import { chooseCertificate, judgeAdmission } from './judge-admission.ts'
import type { SignedHandover } from './judge-grant.ts'
import { isActive, judgeGrant, ownerOfAgent } from './judge-grant.ts'
import type { HiveId } from '../../journal/entry.ts'

interface Person {
  readonly owner: OwnerId
  readonly node: PeerId
}

const [ada, bob, cy, eve] = [1, 2, 3, 4].map((seed): Person => {
  const key = openSigningKey(new Uint8Array(32).fill(seed)).publicKey
  return { owner: ownerIdOfKey(key), node: peerIdOfKey(key) }
}) as [Person, Person, Person, Person]

const hive = createCid(dagCborCodec, new Uint8Array(1)) as HiveId

function member(who: Person, handle: string, more: Partial<MemberGrant> = {}): MemberGrant {
  return { type: 'member', owner: who.owner, handle, level: 'suggestion', roles: [], scopes: [], agents: [], replaces: null, ...more }
}

/** Grants at seq 2, 3, …, as after a certificate. */
function place(grants: readonly Grant[], salt = 0): readonly PlacedGrant[] {
  return grants.map((grant, index) => ({ grant, incarnation: 1, seq: index + 2, cid: cidOf(salt, index) }))
}

function cidOf(salt: number, index: number): PlacedGrant['cid'] {
  return createCid(dagCborCodec, Uint8Array.of(salt, index))
}

function fold(journals: ReadonlyMap<PeerId, readonly PlacedGrant[]>, more: Partial<GrantSources> = {}): GrantsState {
  return foldGrants({
    root: ada,
    grantsOf: (node) => journals.get(node) ?? [],
    handoverOf: () => undefined,
    recoveries: [],
    ...more,
  })
}

function foldOne(...grants: readonly Grant[]): GrantsState {
  return fold(new Map([[ada.node, place(grants)]]))
}

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

function never(): never {
  throw new Error('unreachable')
}

function certificate(who: Person, serial: number, node: PeerId = cy.node): Certificate {
  return { owner: who.owner, node, label: '', agents: [], roles: [], notBefore: 0, notAfter: undefined, serial }
}

test('a node speaks for its newest certificate by a member, else for its newest at all', () => {
  const state = foldOne(member(bob, 'bob'))
  const [low, high] = [certificate(bob, 1), certificate(eve, 2)]
  assert.equal(chooseCertificate('closed', state, [high, low]), low)
  assert.equal(chooseCertificate('open', state, [low, high]), high)
  assert.equal(chooseCertificate('closed', state, [high]), high)
  assert.equal(chooseCertificate('closed', state, []), undefined)
  const tie = [certificate(bob, 2), certificate(eve, 2)]
  assert.equal(chooseCertificate('open', state, tie), chooseCertificate('open', state, tie.toReversed()))
})

test('admission goes from owner to member grant to revocation', () => {
  const revoked = foldOne(member(bob, 'bob'), {
    type: 'revoke',
    subject: { owner: bob.owner },
    last: [{ node: cy.node, incarnation: 1, seq: 9 }],
  })
  const evidence = { node: cy.node, certificates: [certificate(bob, 1)], ownRevocations: [] }
  assert.deepEqual(judgeAdmission('closed', foldOne(member(bob, 'bob')), evidence), { verdict: 'admitted' })
  assert.deepEqual(judgeAdmission('closed', foldOne(), evidence), { verdict: 'unknown' })
  assert.deepEqual(judgeAdmission('closed', foldOne(), { ...evidence, certificates: [] }), { verdict: 'unknown' })
  assert.deepEqual(judgeAdmission('closed', revoked, evidence), { verdict: 'cut', after: { incarnation: 1, seq: 9 } })
  assert.deepEqual(judgeAdmission('closed', revoked, { ...evidence, node: eve.node }), { verdict: 'cut', after: undefined })
  assert.deepEqual(judgeAdmission('open', emptyGrantsState(null), evidence), { verdict: 'admitted' })
})

test('a node its owner revoked is cut at the earliest end any of them named, in open hives too', () => {
  const state = foldOne(member(bob, 'bob'))
  const evidence = { node: cy.node, certificates: [certificate(bob, 1)] }
  const at = (seq: number) => ({ owner: bob.owner, last: { incarnation: 1, seq } })
  const cut = (ownRevocations: readonly { readonly owner: OwnerId; readonly last: { incarnation: number; seq: number } | undefined }[]) =>
    judgeAdmission('open', state, { ...evidence, ownRevocations })
  assert.deepEqual(cut([at(9), at(4), at(6)]), { verdict: 'cut', after: { incarnation: 1, seq: 4 } })
  assert.deepEqual(cut([at(9), { owner: bob.owner, last: undefined }, at(3)]), { verdict: 'cut', after: undefined })
})

test('a node the root revoked stays out though its owner is a member', () => {
  const revoke: Grant = { type: 'revoke', subject: { node: cy.node }, last: [{ node: cy.node, incarnation: 1, seq: 3 }] }
  const state = foldOne(member(bob, 'bob'), revoke)
  const verdict = judgeAdmission('closed', state, { node: cy.node, certificates: [certificate(bob, 1)], ownRevocations: [] })
  assert.equal(verdict.verdict, 'cut')
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

test('the root’s own check before it writes is the one everybody else makes', () => {
  assert.equal(judgeGrant(foldOne(member(bob, 'bob')), member(eve, 'bob'), undefined), 'handle-taken')
  assert.equal(judgeGrant(foldOne(), member(eve, 'eve'), undefined), 'applies')
})
