import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestWorld } from './suite/hive-world.ts'
import { makeHive, makeMembers, pass } from './suite/steps.ts'

test('a member and its machines are named by handle, label, or the beginning of an id, wherever one is asked for', async () => {
  await using world = createTestWorld()
  const [ada, bob, cy] = [await world.addNode('ada'), await world.addNode('bob'), await world.addNode('cy')]
  await makeMembers(world, ada, bob, cy)
  await pass(world, 5_000)
  const none = { role: [], withoutRole: [], scope: [], withoutScope: [], agent: [] }
  const keep = { ...none, level: undefined, handle: undefined }
  const owner = bob.keys.ownerId()
  for (const member of ['bob', '@bob', owner, owner.slice(0, 14)]) {
    assert.equal((await world.run(ada.handlers['hive.grant']({ ...keep, member }, world.context()))).handle, 'bob', member)
  }
  const node = cy.keys.nodeId
  const handedOn = await world.run(ada.handlers['hive.root']({ action: 'hand-on', node: node.slice(0, 16) }, world.context()))
  assert.deepEqual([handedOn.node, handedOn.isPending], [node, true])
})

test('a revocation takes the beginning of a peer id, and says whom it cut; what means several is refused with all of them', async () => {
  await using world = createTestWorld()
  const [ada, bob, cy] = [await world.addNode('ada'), await world.addNode('bob'), await world.addNode('cy')]
  await makeMembers(world, ada, bob, cy)
  await pass(world, 5_000)
  const revoke = (subject: string) => world.run(ada.handlers['hive.revoke']({ subject, after: undefined }, world.context()))
  await assert.rejects(revoke('12D3KooW'), { code: 'MEMBER_AMBIGUOUS', message: new RegExp(`${bob.keys.nodeId}.*write more`) })
  await assert.rejects(revoke('nobody'), { code: 'MEMBER_UNKNOWN' })
  const machine = await revoke(bob.keys.nodeId.slice(0, 16))
  assert.deepEqual([machine.subject, machine.named], [bob.keys.nodeId, '"bob" of @bob'])
  const member = await revoke('cy')
  assert.deepEqual([member.subject, member.named], [cy.keys.ownerId(), '@cy'])
})

test('two machines of one owner under one label are told apart before one is revoked', async () => {
  await using world = createTestWorld()
  const [ada, one, other] = [await world.addNode('ada'), await world.addNode('one'), await world.addNode('other')]
  await makeHive(world, ada)
  for (const machine of [one, other]) {
    const { code } = await world.run(ada.enrollment.enroll({ label: '', agents: [], roles: [], expires: '24h' }, world.context()))
    await world.run(machine.enrollment.accept({ code, label: 'laptop' }, world.context()))
    await pass(world, 5_000)
  }
  assert.equal(one.keys.certificate().certificate.label, 'laptop')
  assert.throws(() => ada.enrollment.findOwnNode('laptop'), { code: 'MEMBER_AMBIGUOUS' })
  assert.equal(ada.enrollment.findOwnNode(other.keys.nodeId.slice(0, 16)), other.keys.nodeId)
  assert.throws(() => ada.enrollment.findOwnNode('desk'), { code: 'MEMBER_UNKNOWN' })
})

test('of two hives of one name neither is guessed: both are shown, and the beginning of an id tells which', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeHive(world, bob)
  const own = bob.running().service.known.id
  await makeMembers(world, ada, bob)
  const use = (hive: string) => world.run(bob.handlers['hive.use']({ hive }, world.context()))
  await assert.rejects(use('workshop'), { code: 'HIVE_AMBIGUOUS', message: /closed, joined 2026-01-01.*the current one/ })
  assert.equal((await use(own.slice(0, 14))).id, own)
})
