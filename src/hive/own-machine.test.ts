import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needAdmitted } from './need-admitted.ts'
import type { TestNode, TestWorld } from './suite/hive-world.ts'
import { createTestWorld } from './suite/hive-world.ts'
import { connect, makeHive, pass } from './suite/steps.ts'

/** A hive of one owner with two machines, which are connected. */
async function openTwoMachines(world: TestWorld): Promise<readonly [ada: TestNode, laptop: TestNode]> {
  const [ada, laptop] = [await world.addNode('ada'), await world.addNode('laptop')]
  await makeHive(world, ada)
  const { code } = await world.run(ada.enrollment.enroll({ label: '', agents: [], roles: [], expires: '24h' }, world.context()))
  await world.run(laptop.enrollment.accept({ code, label: undefined }, world.context()))
  await connect(world, laptop, ada)
  return [ada, laptop]
}

test('S10: a machine cut by its own owner while connected has the revocation itself, also after a restart', async () => {
  await using world = createTestWorld()
  const [ada, laptop] = await openTwoMachines(world)
  await world.run(ada.enrollment.revoke(laptop.keys.nodeId, undefined))
  await pass(world, 5_000)
  await world.run(laptop.restart())
  assert.throws(() => needAdmitted(laptop.running().service.membership, laptop.keys.nodeId), { code: 'NODE_REVOKED' })
})

test('S10: a machine cut while it was away is told when it comes, and a minute later again after a restart', async () => {
  await using world = createTestWorld()
  const [ada, laptop] = await openTwoMachines(world)
  await world.run(laptop.registry.close(laptop.running().service.known.id))
  await world.run(ada.enrollment.revoke(laptop.keys.nodeId, undefined))
  for (const times of [1, 2]) {
    await world.run(laptop.restart())
    await connect(world, laptop, ada)
    assert.deepEqual(laptop.running().service.deniedBy(), [ada.keys.nodeId], `time ${times}`)
    const address = ada.running().host.addresses()[0] ?? ''
    await assert.rejects(world.run(laptop.running().host.dial(address, { signal: new AbortController().signal })))
    await pass(world, 60_000)
  }
})

test('a machine without the owner key is given other names by a new code, and those it had are taken away', async () => {
  await using world = createTestWorld()
  const [ada, laptop] = [await world.addNode('ada'), await world.addNode('laptop')]
  await makeHive(world, ada)
  const enroll = async (agents: readonly string[]) => {
    const { code } = await world.run(ada.enrollment.enroll({ label: 'laptop', agents, roles: [], expires: '24h' }, world.context()))
    await world.run(laptop.enrollment.accept({ code, label: undefined }, world.context()))
    return laptop.keys.certificate().certificate
  }
  assert.deepEqual((await enroll(['ada-laptop', 'ada-claude'])).agents, ['ada-laptop', 'ada-claude'])
  await connect(world, laptop, ada)
  assert.throws(() => laptop.keys.needOwner(), { code: 'OWNER_KEY_ABSENT' })
  assert.deepEqual((await enroll(['ada-laptop'])).agents, ['ada-laptop'])
  await pass(world, 5_000)
  const { membership } = ada.running().service
  assert.deepEqual(membership.certificateOf(laptop.keys.nodeId)?.certificate.agents, ['ada-laptop'])
  assert.equal(membership.mayWriteAs(laptop.keys.nodeId, 'ada-claude'), false)
})
