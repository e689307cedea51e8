import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signCertificate } from '../identity/certificate.ts'
import { encodeText } from '../lib/bytes.ts'
import { createCid, dagCborCodec } from '../lib/cid.ts'
import { formatBody, signEntry } from '../journal/codec.ts'
import type { HiveId } from '../journal/entry.ts'
import { formatDocumentBody } from './membership-view.ts'
import { signNodeRevocation } from './root-documents.ts'
import { fingerprintOf } from './rules/handles.ts'
import type { TestNode } from './suite/hive-world.ts'
import { createTestWorld } from './suite/hive-world.ts'
import { eveKey, evePeer } from './suite/intruder.ts'
import { connect, join, makeMembers, pass } from './suite/steps.ts'

const otherHive = createCid(dagCborCodec, encodeText('another hive')) as HiveId

/** A certificate that the owner of one node signs for another. */
function certify(owner: TestNode, node: TestNode, serial: number): Uint8Array {
  const fields = { node: node.keys.nodeId, label: 'drawn', agents: [], roles: [], notBefore: 0, notAfter: undefined, serial }
  return signCertificate(owner.keys.needOwner(), fields).bytes
}

test('S5: nobody is drawn under another owner by what stands in somebody else’s journal', async () => {
  await using world = createTestWorld()
  const [ada, bob, eve] = [await world.addNode('ada'), await world.addNode('bob'), await world.addNode('eve')]
  await makeMembers(world, ada, bob, eve)
  await world.run(eve.running().journal.append('certificate', formatDocumentBody(certify(eve, bob, 99))))
  await pass(world, 3_000)
  const { membership } = ada.running().service
  const owners = membership.certificatesOf(bob.keys.nodeId).map(({ certificate }) => certificate.owner)
  assert.deepEqual([...new Set(owners)], [bob.keys.ownerId()])
  assert.equal(membership.ownerOf(bob.keys.nodeId), bob.keys.ownerId())
})

test('S5: a stranger’s journal that begins with a member’s certificate introduces nobody', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeMembers(world, ada, bob)
  const { journal, service } = ada.running()
  const body = formatBody(formatDocumentBody(bob.keys.certificate().bytes))
  const place = { hive: service.known.id, incarnation: 1, seq: 1, prev: null, at: 1 }
  const entry = signEntry(eveKey, { ...place, kind: 'certificate', bodyCid: body.cid, bodySize: body.bytes.byteLength }, body.bytes)
  assert.equal((await world.run(journal.receive([entry], evePeer)))[0]?.verdict, 'unknown')
  assert.deepEqual(service.membership.judge(evePeer), { verdict: 'unknown' })
})

test('S5: an owner’s word against its node in another hive is nothing in this one', async () => {
  await using world = createTestWorld()
  const [ada, bob, eve] = [await world.addNode('ada'), await world.addNode('bob'), await world.addNode('eve')]
  await makeMembers(world, ada, bob, eve)
  const document = signNodeRevocation(bob.keys.needOwner(), { hive: otherHive, node: bob.keys.nodeId, last: null })
  await world.run(eve.running().journal.append('node-revocation', formatDocumentBody(document)))
  await pass(world, 3_000)
  assert.deepEqual(ada.running().service.membership.judge(bob.keys.nodeId), { verdict: 'admitted' })
})

test('S5: an older certificate that is said again does not take the place of the newer one', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeMembers(world, ada, bob)
  const first = bob.keys.certificate().bytes
  const newer = await bob.keys.renew({ agents: ['oracle'] })
  for (const bytes of [newer.bytes, first]) await world.run(bob.running().journal.append('certificate', formatDocumentBody(bytes)))
  await pass(world, 3_000)
  await world.run(ada.restart())
  assert.deepEqual(ada.running().service.membership.certificateOf(bob.keys.nodeId)?.certificate.agents, ['oracle'])
})

test('S10: of two ends that an owner sets to a stolen node the earlier stands, whichever came first', async () => {
  await using world = createTestWorld()
  const [ada, bob, laptop] = [await world.addNode('ada'), await world.addNode('bob'), await world.addNode('laptop')]
  await makeMembers(world, ada, bob)
  const { code } = await world.run(bob.enrollment.enroll({ label: '', agents: [], roles: [], expires: '24h' }, world.context()))
  await world.run(laptop.enrollment.accept({ code, label: undefined }, world.context()))
  await connect(world, laptop, ada)
  for (const text of ['one', 'two', 'three']) await world.run(laptop.running().journal.append('note', { text }))
  await pass(world, 3_000)
  for (const last of [2, 3]) await world.run(bob.running().service.revokeOwnNode(laptop.keys.nodeId, last))
  await pass(world, 3_000)
  const verdict = ada.running().service.membership.judge(laptop.keys.nodeId)
  assert.deepEqual(verdict, { verdict: 'cut', after: { incarnation: 1, seq: 2 } })
})

test('in an open hive a node writes only as agents whose names begin with its owner’s fingerprint', async () => {
  await using world = createTestWorld()
  const ada = await world.addNode('ada')
  const fingerprint = fingerprintOf(ada.keys.ownerId())
  await ada.keys.renew({ agents: ['oracle', `${fingerprint}-oracle`] })
  await join(world, ada, 'commons')
  const { membership } = ada.running().service
  assert.equal(membership.mayWriteAs(ada.keys.nodeId, `${fingerprint}-oracle`), true)
  assert.equal(membership.mayWriteAs(ada.keys.nodeId, `${fingerprint}-other`), false)
  assert.equal(membership.mayWriteAs(ada.keys.nodeId, 'oracle'), false)
  assert.deepEqual(
    [membership.hasOwned(ada.keys.ownerId(), `${fingerprint}-oracle`), membership.hasOwned(ada.keys.ownerId(), 'oracle')],
    [true, false],
  )
})

test('a name that another owner holds is not certified; a name of one’s own and one that is nobody’s are', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeMembers(world, ada, bob)
  const { refuseTaken } = bob.enrollment
  refuseTaken(['bob-claude', 'oracle'])
  assert.throws(() => refuseTaken(['bob-claude', 'ada-claude']), {
    code: 'AGENT_NAME_TAKEN',
    message: /is a name of @ada in .*begin with "bob-"/,
  })
})
