import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSigningKey, ownerIdOfKey, peerIdOfKey } from '../identity/keys.ts'
import { needAdmitted } from './need-admitted.ts'
import { signRootRecovery } from './root-documents.ts'
import { createTestWorld } from './suite/hive-world.ts'
import type { TestNode } from './suite/hive-world.ts'
import { connect, handlesOf, makeHive, makeMembers, pass } from './suite/steps.ts'

test('S10: an owner with more nodes than a revocation can name is revoked all the same', async () => {
  await using world = createTestWorld()
  const [ada, eve] = [await world.addNode('ada'), await world.addNode('eve')]
  await makeMembers(world, ada, eve)
  const { service } = ada.running()
  for (let index = 1; index <= 300; index++) {
    const node = peerIdOfKey(openSigningKey(new Uint8Array(32).fill(index % 256, 0, 1 + (index >> 8))).publicKey)
    service.membership.learn(eve.keys.certify({ node, label: '', agents: [], roles: [], lastSerial: 0 }))
  }
  const last = await world.run(service.revoke({ owner: eve.keys.ownerId() }, 1))
  assert.equal(last.length, 256)
  assert.equal(service.membership.judge(eve.keys.nodeId).verdict, 'cut')
  assert.deepEqual(handlesOf(ada), ['ada', '(eve)'])
})

test('a grant that nobody could read is refused before it is written', async () => {
  await using world = createTestWorld()
  const ada = await world.addNode('ada')
  await makeHive(world, ada)
  const grant = { type: 'name', agent: 'No Name', owner: ada.keys.ownerId() } as const
  await assert.rejects(world.run(ada.running().service.grant(grant)), { code: 'TERMS_INVALID' })
})

test('S10: no member can keep a root from being recovered by taking the last serial', async () => {
  await using world = createTestWorld()
  const [ada, spare, eve] = [await world.addNode('ada'), await world.addNode('spare'), await world.addNode('eve')]
  await makeMembers(world, ada, eve)
  const { code } = await world.run(ada.enrollment.enroll({ label: '', agents: [], roles: [], expires: '24h' }, world.context()))
  await world.run(spare.enrollment.accept({ code, label: undefined }, world.context()))
  await connect(world, spare, ada)
  const exported = await ada.keys.exportOwner('a passphrase of many words')
  const hive = ada.running().service.known.id
  const kept = [{ node: ada.keys.nodeId, incarnation: 1, seq: 1 }]
  const highest = { hive, serial: Number.MAX_SAFE_INTEGER, kept, node: eve.keys.nodeId }
  await world.run(eve.running().journal.append('grant', { type: 'recover', document: signRootRecovery(eve.keys.needOwner(), highest) }))
  await pass(world, 10_000)
  await world.run(ada.registry.close(hive))
  await spare.keys.importOwner(exported, 'a passphrase of many words')
  await world.run(spare.handlers['hive.root']({ action: 'recover' }, world.context()))
  assert.equal(spare.running().service.isRoot(), true)
})

test('a revoked node is told that what it writes reaches nobody, with what takes that back', async () => {
  await using world = createTestWorld()
  const [ada, bob, laptop, eve] = [
    await world.addNode('ada'),
    await world.addNode('bob'),
    await world.addNode('laptop'),
    await world.addNode('eve'),
  ]
  await makeMembers(world, ada, bob, eve)
  const { code } = await world.run(bob.enrollment.enroll({ label: '', agents: [], roles: [], expires: '24h' }, world.context()))
  await world.run(laptop.enrollment.accept({ code, label: undefined }, world.context()))
  await connect(world, laptop, ada)
  await world.run(ada.handlers['hive.revoke']({ subject: '@eve', after: undefined }, world.context()))
  await world.run(ada.handlers['hive.revoke']({ subject: laptop.keys.nodeId, after: undefined }, world.context()))
  await pass(world, 500)
  const complaint = (node: TestNode): void => needAdmitted(node.running().service.membership, node.keys.nodeId)
  assert.throws(() => complaint(eve), { code: 'NODE_REVOKED', message: /revoked in "workshop".*hive invite --replaces @eve/ })
  const aboutLaptop = ada.running().service.membership
  assert.throws(() => needAdmitted(aboutLaptop, laptop.keys.nodeId), { code: 'NODE_REVOKED', message: /enrolled anew/ })
  complaint(ada)
  await assert.rejects(world.run(eve.running().service.revokeOwnNode(bob.keys.nodeId)), { code: 'NODE_REVOKED' })
})

test('S5: grants by somebody who is not root cost the others no new look at all grants', async () => {
  await using world = createTestWorld()
  const [ada, eve] = [await world.addNode('ada'), await world.addNode('eve')]
  await makeMembers(world, ada, eve)
  const { membership } = ada.running().service
  const before = membership.state()
  const grant = { type: 'name', agent: 'oracle', owner: eve.keys.ownerId() } as const
  await world.run(eve.running().journal.append('grant', grant))
  await pass(world, 10_000)
  assert.equal(heldEntries(ada, eve), 2)
  assert.equal(membership.state(), before)
  await world.run(ada.running().service.grant(grant))
  assert.equal(membership.state().names.get('oracle'), eve.keys.ownerId())
})

function heldEntries(at: TestNode, author: TestNode): number {
  return at.running().journal.headOf(author.keys.nodeId, 1)?.seq ?? 0
}

test('an owner without a node that counts is no member of an open hive', async () => {
  await using world = createTestWorld()
  const ada = await world.addNode('ada')
  await world.run(ada.handlers['hive.create']({ name: 'bazaar', open: true, handle: undefined }, world.context()))
  const previous = ada.keys.needOwner()
  await world.run(ada.keys.rotateOwner())
  await world.run(ada.enrollment.publishCertificate(previous))
  const { membership } = ada.running().service
  assert.deepEqual(
    membership.members().map(({ owner }) => owner),
    [ada.keys.ownerId()],
  )
  assert.equal(membership.findOwner(ownerIdOfKey(previous.publicKey)), ownerIdOfKey(previous.publicKey))
})

test('a root that dials a member it revoked cuts it again, and does not take itself for the one revoked', async () => {
  await using world = createTestWorld()
  const [ada, eve] = [await world.addNode('ada'), await world.addNode('eve')]
  await makeMembers(world, ada, eve)
  await world.run(eve.registry.close(eve.running().service.known.id))
  await world.run(ada.handlers['hive.revoke']({ subject: '@eve', after: undefined }, world.context()))
  await world.run(ada.registry.close(ada.running().service.known.id))
  await world.run(eve.restart())
  await world.run(ada.restart())
  await connect(world, ada, eve)
  assert.deepEqual(
    ada.logged.filter((line) => line.includes('revoked')),
    [],
  )
  const address = eve.running().host.addresses()[0] ?? ''
  await assert.rejects(world.run(ada.running().host.dial(address, { signal: new AbortController().signal })), { code: 'PEER_EXPELLED' })
})
