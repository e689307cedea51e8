import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCid, dagCborCodec } from '../../lib/cid.ts'
import type { Grant } from '../grant.ts'
import { ada, bob, cy, fold, member, place } from '../testing/grants.ts'
import type { PlacedGrant } from './grants-state.ts'
import { judgeAdmission } from './judge-admission.ts'
import { isActive } from './judge-grant.ts'

test('S10: nobody takes the place of an owner who is not revoked', () => {
  const state = fold(new Map([[ada.node, place([member(bob, 'bob'), member(cy, 'bob', { replaces: bob.owner })])]]))
  assert.deepEqual(
    state.inert.map(({ reason }) => reason),
    ['replaces-nobody'],
  )
  assert.equal(state.handles.get('bob'), bob.owner)
  assert.equal(isActive(state, cy.owner), false)
})

test('S10: a node the root revokes keeps what stands up to the entry named', () => {
  const last = [{ node: bob.node, incarnation: 1, seq: 7 }]
  const state = fold(new Map([[ada.node, place([member(bob, 'bob'), { type: 'revoke', subject: { node: bob.node }, last }])]]))
  const verdict = judgeAdmission('closed', state, { node: bob.node, certificates: [], ownRevocations: [] })
  assert.deepEqual(verdict, { verdict: 'cut', after: { node: bob.node, incarnation: 1, seq: 7 } })
})

test('S5: a root takes over by accepting what it was handed, and by no other acceptance', () => {
  const adas = place([{ type: 'root', owner: ada.owner, node: cy.node, proof: null }])
  const [handed] = adas
  assert.ok(handed)
  const other: Grant = { type: 'accept', handover: createCid(dagCborCodec, Uint8Array.of(9, 9)) }
  const waiting = fold(
    new Map([
      [ada.node, adas],
      [cy.node, place([other, member(bob, 'planted')], 1)],
    ]),
  )
  assert.equal(waiting.root?.pending, handed.cid)
  assert.equal(isActive(waiting, bob.owner), false)
})

test('the root is handed on a bounded number of times', () => {
  const turns = 300
  const places = [ada.node, cy.node].map(() => [] as PlacedGrant[])
  let pending: PlacedGrant['cid'] | undefined
  for (let turn = 0; turn < turns; turn++) {
    const own = places[turn % 2] ?? []
    const grants: Grant[] = pending === undefined ? [] : [{ type: 'accept', handover: pending }]
    grants.push({ type: 'root', owner: ada.owner, node: turn % 2 === 0 ? cy.node : ada.node, proof: null })
    for (const grant of grants) {
      const cid = createCid(dagCborCodec, Uint8Array.of(turn % 256, turn >> 8, own.length % 256, turn % 2))
      own.push({ grant, incarnation: 1, seq: own.length + 2, cid })
      pending = cid
    }
  }
  const state = fold(
    new Map([
      [ada.node, places[0] ?? []],
      [cy.node, places[1] ?? []],
    ]),
  )
  assert.equal(state.segments.length, 255)
})
