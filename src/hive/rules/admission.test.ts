import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Certificate } from '../../identity/certificate.ts'
import type { OwnerId, PeerId } from '../../identity/keys.ts'
import type { Grant } from '../grant.ts'
import type { Person } from '../testing/grants.ts'
import { bob, cy, eve, foldOne, member } from '../testing/grants.ts'
import { emptyGrantsState } from './grants-state.ts'
import { chooseCertificate, judgeAdmission } from './judge-admission.ts'

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
