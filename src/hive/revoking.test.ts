import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signRootRecovery } from './root-documents.ts'
import { createTestWorld } from './suite/hive-world.ts'
import type { TestNode } from './suite/hive-world.ts'
import { admittedPeers, connect, handlesOf, inviteTo, join, makeHive, makeMembers, pass } from './suite/steps.ts'

/** Entries of an author that count at a node: those its membership view may see. */
function heldSeq(at: TestNode, author: TestNode): number {
  return at.running().journal.headOf(author.keys.nodeId, 1)?.seq ?? 0
}

test('S10: a revoked member is cut at the entry named, and what it writes later reaches nobody', async () => {
  await using world = createTestWorld()
  const [ada, bob, eve] = [await world.addNode('ada'), await world.addNode('bob'), await world.addNode('eve')]
  await makeMembers(world, ada, bob, eve)
  await connect(world, bob, eve)
  const before = heldSeq(ada, eve)
  await world.run(ada.handlers['hive.revoke']({ subject: '@eve', after: undefined }, world.context()))
  await pass(world, 3_000)
  await world.run(eve.running().journal.append('note', { text: 'still here?' }))
  await pass(world, 10_000)
  for (const node of [ada, bob]) {
    assert.deepEqual(node.running().service.membership.judge(eve.keys.nodeId), { verdict: 'cut', after: { incarnation: 1, seq: before } })
    assert.ok(!admittedPeers(node).includes(eve.keys.nodeId))
    assert.equal(heldSeq(node, eve), before)
    assert.deepEqual(handlesOf(node), ['ada', 'bob', '(eve)'])
  }
  await assert.rejects(
    world.run(eve.running().host.dial(ada.running().host.addresses()[0] ?? '', { signal: new AbortController().signal })),
    /./,
  )
})

test('a revoked member hears of it before it is cut off', async () => {
  await using world = createTestWorld()
  const [ada, eve] = [await world.addNode('ada'), await world.addNode('eve')]
  await makeMembers(world, ada, eve)
  await world.run(ada.handlers['hive.revoke']({ subject: '@eve', after: undefined }, world.context()))
  await pass(world, 3_000)
  assert.deepEqual(handlesOf(eve), ['ada', '(eve)'])
  assert.ok(eve.logged.some((line) => line.includes('this node was revoked')))
  assert.deepEqual(admittedPeers(ada), [])
})

test('a revoked member that comes back after a restart of the root is told, and its handshake refused from then on', async () => {
  await using world = createTestWorld()
  const [ada, eve] = [await world.addNode('ada'), await world.addNode('eve')]
  await makeMembers(world, ada, eve)
  await world.run(eve.registry.close(eve.running().service.known.id))
  await world.run(ada.handlers['hive.revoke']({ subject: '@eve', after: undefined }, world.context()))
  await world.run(ada.restart())
  await world.run(eve.restart())
  await connect(world, eve, ada)
  assert.ok(eve.logged.some((line) => line.includes('says that we are revoked')))
  const address = ada.running().host.addresses()[0] ?? ''
  await assert.rejects(world.run(eve.running().host.dial(address, { signal: new AbortController().signal })))
  assert.deepEqual(eve.running().service.deniedBy(), [ada.keys.nodeId])
  await join(world, eve, await inviteTo(world, ada, { replaces: '@eve' }), '')
  assert.deepEqual(eve.running().service.deniedBy(), [], 'what was said before it came back says nothing any more')
  await connect(world, eve, ada)
  assert.deepEqual(admittedPeers(ada), [eve.keys.nodeId])
})

test('S10: a stolen node key is cut by its owner from another machine, which goes on; a new machine takes the place', async () => {
  await using world = createTestWorld()
  const [ada, bob, laptop, desk] = [
    await world.addNode('ada'),
    await world.addNode('bob'),
    await world.addNode('laptop'),
    await world.addNode('desk'),
  ]
  await makeMembers(world, ada, bob)
  const enroll = { label: '', agent: [], role: [], expires: '24h' }
  for (const machine of [laptop, desk]) {
    const { code } = await world.run(bob.enrollment.enroll({ label: '', agents: [], roles: [], expires: enroll.expires }, world.context()))
    await world.run(machine.enrollment.accept({ code, label: undefined }, world.context()))
    await connect(world, machine, ada)
  }
  assert.equal(laptop.keys.ownerId(), bob.keys.ownerId())
  assert.equal(laptop.keys.owner(), undefined)
  assert.ok(admittedPeers(ada).includes(laptop.keys.nodeId))
  await world.run(bob.enrollment.revoke(laptop.keys.nodeId, undefined))
  await pass(world, 5_000)
  assert.equal(ada.running().service.membership.judge(laptop.keys.nodeId).verdict, 'cut')
  assert.ok(!admittedPeers(ada).includes(laptop.keys.nodeId))
  // it redials, is told so by each member it meets, and is let in no further
  assert.deepEqual(laptop.running().service.deniedBy().toSorted(), [ada, bob].map(({ keys }) => keys.nodeId).toSorted())
  assert.deepEqual(bob.running().service.deniedBy(), [])
  assert.deepEqual(ada.running().service.membership.judge(desk.keys.nodeId), { verdict: 'admitted' })
  const bobsNodes = ada
    .running()
    .service.membership.members()[1]
    ?.nodes.map(({ label }) => label)
  assert.deepEqual(bobsNodes?.toSorted(), ['bob', 'desk'])
})

test('S10: after a stolen owner key the root revokes the old owner and re-admits the new one under the old handle', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeMembers(world, ada, bob)
  const stolen = bob.keys.ownerId()
  await world.run(ada.handlers['hive.revoke']({ subject: '@bob', after: undefined }, world.context()))
  await pass(world, 3_000)
  await world.run(bob.keys.rotateOwner())
  assert.deepEqual(await world.run(bob.enrollment.publishCertificate()), ['workshop'])
  const code = await inviteTo(world, ada, { replaces: '@bob' })
  const joined = await join(world, bob, code, '')
  await connect(world, bob, ada)
  const { membership } = ada.running().service
  assert.equal(joined.handle, 'bob')
  assert.equal(membership.findOwner('bob'), bob.keys.ownerId())
  assert.notEqual(membership.findOwner('bob'), stolen)
  assert.deepEqual(membership.judge(bob.keys.nodeId), { verdict: 'admitted' })
  assert.deepEqual(admittedPeers(ada), [bob.keys.nodeId])
})

test('S10: a thief with a revoked owner’s key cannot bring a machine of its own in', async () => {
  await using world = createTestWorld()
  const [ada, bob, eve] = [await world.addNode('ada'), await world.addNode('bob'), await world.addNode('eve')]
  await makeMembers(world, ada, bob)
  const code = await inviteTo(world, ada, { uses: 9 })
  await world.run(ada.handlers['hive.revoke']({ subject: '@bob', after: undefined }, world.context()))
  const forged = bob.keys.certify({ node: eve.keys.nodeId, label: 'eve', agents: [], roles: [], lastSerial: 0 })
  await world.run(eve.keys.adopt(forged.bytes))
  await assert.rejects(join(world, eve, code), /was revoked there/)
  assert.deepEqual(handlesOf(ada), ['ada', '(bob)'])
  assert.equal(ada.running().service.membership.judge(eve.keys.nodeId).verdict, 'unknown')
})

test('the root takes a revocation back with a code made for that owner', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeMembers(world, ada, bob)
  await world.run(ada.handlers['hive.revoke']({ subject: '@bob', after: undefined }, world.context()))
  assert.deepEqual(handlesOf(ada), ['ada', '(bob)'])
  await join(world, bob, await inviteTo(world, ada, { replaces: '@bob' }), '')
  assert.deepEqual(handlesOf(ada), ['ada', 'bob'])
  assert.deepEqual(ada.running().service.membership.judge(bob.keys.nodeId), { verdict: 'admitted' })
})

test('a member whose grant another has not seen hands it over, and both admit each other without the root', async () => {
  await using world = createTestWorld()
  const [ada, bob, cy] = [await world.addNode('ada'), await world.addNode('bob'), await world.addNode('cy')]
  await makeMembers(world, ada, bob)
  const hive = bob.running().service.known.id
  await world.run(bob.registry.close(hive))
  await join(world, cy, await inviteTo(world, ada))
  await pass(world, 3_000)
  await world.run(ada.registry.close(hive))
  await world.run(bob.restart())
  assert.deepEqual(handlesOf(bob), ['ada', 'bob'])
  await connect(world, cy, bob)
  assert.deepEqual(handlesOf(bob), ['ada', 'bob', 'cy'])
  assert.deepEqual(admittedPeers(bob), [cy.keys.nodeId])
  assert.deepEqual(admittedPeers(cy), [bob.keys.nodeId])
})

test('a member who dials one that is ahead fetches the grants it lacks to know it', async () => {
  await using world = createTestWorld()
  const [ada, bob, cy] = [await world.addNode('ada'), await world.addNode('bob'), await world.addNode('cy')]
  await makeMembers(world, ada, bob)
  const hive = bob.running().service.known.id
  await world.run(bob.registry.close(hive))
  await join(world, cy, await inviteTo(world, ada))
  await pass(world, 3_000)
  await world.run(ada.registry.close(hive))
  await world.run(bob.restart())
  await connect(world, bob, cy)
  assert.deepEqual(handlesOf(bob), ['ada', 'bob', 'cy'])
  assert.deepEqual(admittedPeers(bob), [cy.keys.nodeId])
})

test('S5: a grant in a member’s own journal is stored and has no effect', async () => {
  await using world = createTestWorld()
  const [ada, bob, eve] = [await world.addNode('ada'), await world.addNode('bob'), await world.addNode('eve')]
  await makeMembers(world, ada, bob)
  const forged = {
    type: 'member',
    owner: eve.keys.ownerId(),
    handle: 'eve',
    level: 'master',
    roles: [],
    scopes: [],
    agents: [],
    replaces: null,
  }
  await world.run(bob.running().journal.append('grant', forged))
  const revocation = { type: 'revoke', owner: ada.keys.ownerId(), node: null, last: [] }
  await world.run(bob.running().journal.append('grant', revocation))
  await pass(world, 3_000)
  assert.equal(heldSeq(ada, bob), heldSeq(bob, bob))
  assert.deepEqual(handlesOf(ada), ['ada', 'bob'])
  assert.deepEqual(handlesOf(bob), ['ada', 'bob'])
})

test('S5: a record with a back-dated time revokes nothing earlier: position decides, not time', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeMembers(world, ada, bob)
  ada.clock.skew(-86_400_000)
  await world.run(ada.handlers['hive.revoke']({ subject: '@bob', after: undefined }, world.context()))
  assert.deepEqual(handlesOf(ada), ['ada', '(bob)'])
  ada.clock.skew(0)
  const code = await inviteTo(world, ada, { replaces: '@bob' })
  ada.clock.skew(-7_200_000)
  await join(world, bob, code, '')
  assert.deepEqual(handlesOf(ada), ['ada', 'bob'])
})

test('F17: clocks an hour off either way keep nobody out, and no stored record is judged by them', async () => {
  await using world = createTestWorld()
  const [ada, bob, cy] = [await world.addNode('ada'), await world.addNode('bob'), await world.addNode('cy')]
  ada.clock.skew(3_600_000)
  bob.clock.skew(-3_600_000)
  await makeMembers(world, ada, bob)
  ada.clock.skew(-3_600_000)
  await join(world, cy, await inviteTo(world, ada))
  cy.clock.skew(3_600_000)
  await connect(world, bob, cy)
  assert.ok(admittedPeers(bob).includes(cy.keys.nodeId))
  assert.deepEqual(handlesOf(bob), ['ada', 'bob', 'cy'])
  ada.clock.skew(10 * 365 * 86_400_000)
  await world.run(ada.restart())
  assert.deepEqual(handlesOf(ada), ['ada', 'bob', 'cy'])
})

test('the root is handed to another owner, who accepts; from then on only that one grants', async () => {
  await using world = createTestWorld()
  const [ada, bob, cy] = [await world.addNode('ada'), await world.addNode('bob'), await world.addNode('cy')]
  await makeMembers(world, ada, bob)
  const handed = await world.run(ada.handlers['hive.root']({ action: 'hand-on', node: bob.keys.nodeId }, world.context()))
  assert.equal(handed.isPending, true)
  await assert.rejects(inviteTo(world, ada), { code: 'NOT_ROOT' })
  await pass(world, 3_000)
  await assert.rejects(inviteTo(world, bob), { code: 'NOT_ROOT' })
  await world.run(bob.handlers['hive.root']({ action: 'accept', node: undefined }, world.context()))
  await join(world, cy, await inviteTo(world, bob))
  await pass(world, 8_000)
  assert.deepEqual(handlesOf(ada), ['ada', 'bob', 'cy'])
  assert.equal(ada.running().service.isRoot(), false)
  assert.equal(cy.running().service.membership.state().root?.node, bob.keys.nodeId)
  assert.deepEqual(handlesOf(cy), ['ada', 'bob', 'cy'])
})

test('the root owner recovers the root on another machine, and the old machine’s later grants are inert', async () => {
  await using world = createTestWorld()
  const [ada, bob, spare, eve] = [
    await world.addNode('ada'),
    await world.addNode('bob'),
    await world.addNode('spare'),
    await world.addNode('eve'),
  ]
  await makeMembers(world, ada, bob)
  const { code } = await world.run(ada.enrollment.enroll({ label: '', agents: [], roles: [], expires: '1h' }, world.context()))
  await world.run(spare.enrollment.accept({ code, label: undefined }, world.context()))
  await connect(world, spare, ada)
  await assert.rejects(world.run(spare.running().service.recoverRoot()), { code: 'OWNER_KEY_ABSENT' })
  const passphrase = 'correct horse battery staple'
  await world.run(spare.keys.importOwner(await ada.keys.exportOwner(passphrase), passphrase))
  await world.run(spare.running().service.recoverRoot())
  await connect(world, spare, bob)
  const late = {
    type: 'member',
    owner: eve.keys.ownerId(),
    handle: 'eve',
    level: 'master',
    roles: [],
    scopes: [],
    agents: [],
    replaces: null,
  }
  await world.run(ada.running().journal.append('grant', late))
  await pass(world, 8_000)
  for (const node of [bob, spare]) {
    assert.equal(node.running().service.membership.state().root?.node, spare.keys.nodeId)
    assert.deepEqual(handlesOf(node), ['ada', 'bob'])
    assert.equal(node.running().service.membership.judge(ada.keys.nodeId).verdict, 'cut')
  }
  assert.equal(spare.running().service.isRoot(), true)
})

test('S10: a root whose owner key was stolen goes to the new owner, and the old key can neither grant nor recover', async () => {
  await using world = createTestWorld()
  const [ada, bob, cy] = [await world.addNode('ada'), await world.addNode('bob'), await world.addNode('cy')]
  await makeMembers(world, ada, bob)
  const stolen = ada.keys.needOwner()
  const before = ada.keys.ownerId()
  await world.run(ada.keys.rotateOwner())
  assert.deepEqual(await world.run(ada.enrollment.publishCertificate(stolen)), [])
  await pass(world, 3_000)
  for (const node of [ada, bob]) {
    const { membership } = node.running().service
    assert.equal(membership.state().root?.owner, ada.keys.ownerId())
    assert.equal(membership.findOwner('ada'), ada.keys.ownerId())
    assert.deepEqual(membership.judge(ada.keys.nodeId), { verdict: 'admitted' })
    assert.equal(membership.members().find(({ owner }) => owner === before)?.revoked, true)
  }
  const { id } = ada.running().service.known
  const document = signRootRecovery(stolen, {
    hive: id,
    serial: 9,
    kept: [{ node: ada.keys.nodeId, incarnation: 1, seq: 2 }],
    node: bob.keys.nodeId,
  })
  await world.run(bob.running().journal.append('grant', { type: 'recover', document }))
  await pass(world, 3_000)
  assert.equal(ada.running().service.membership.state().root?.node, ada.keys.nodeId)
  assert.equal((await join(world, cy, await inviteTo(world, ada))).handle, 'cy')
  assert.deepEqual(handlesOf(ada).toSorted(), ['(ada)', 'ada', 'bob', 'cy'])
})

test('an agent name is the writer’s when the certificate lists it and the handle or a grant gives it', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeHive(world, ada)
  await join(world, bob, await inviteTo(world, ada, { agent: ['oracle'] }))
  await world.run(bob.keys.renew({ agents: ['bob-claude', 'oracle', 'ada-claude'] }))
  await world.run(bob.enrollment.publishCertificate())
  await pass(world, 3_000)
  const { membership } = ada.running().service
  const mayWrite = ['bob-claude', 'oracle', 'ada-claude', 'bob-other'].filter((agent) => membership.mayWriteAs(bob.keys.nodeId, agent))
  assert.deepEqual(mayWrite, ['bob-claude', 'oracle'])
  // a grant may move the name to another owner; what bob wrote as it before stays bob's
  const granted = ['oracle', 'bob-claude', 'ada-claude'].map((agent) => membership.hasOwned(bob.keys.ownerId(), agent))
  await world.run(ada.running().service.grant({ type: 'name', agent: 'oracle', owner: ada.keys.ownerId() }))
  assert.deepEqual(granted, [true, true, false])
  const owners = [bob, ada].map(({ keys }) => membership.hasOwned(keys.ownerId(), 'oracle'))
  assert.deepEqual([owners, membership.mayWriteAs(bob.keys.nodeId, 'oracle')], [[true, true], false])
})
