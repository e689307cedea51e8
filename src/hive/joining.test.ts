import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededChance } from '../lib/chance.ts'
import { createHiveHandlers } from './handlers.ts'
import { createTestWorld } from './suite/hive-world.ts'
import { admittedPeers, handlesOf, inviteTo, join, makeHive, makeMembers, pass } from './suite/steps.ts'

test('a code brings bob into a hive under the handle he asks for, and both sides admit each other', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeHive(world, ada)
  const joined = await join(world, bob, await inviteTo(world, ada, { level: 'decision', role: ['backend'] }))
  await pass(world, 5_000)
  assert.equal(joined.handle, 'bob')
  assert.equal(joined.name, 'workshop')
  assert.equal(joined.isCurrent, true)
  const members = ada.running().service.membership.members()
  assert.deepEqual(
    members.map(({ handle, level, roles }) => ({ handle, level, roles })),
    [
      { handle: 'ada', level: 'master', roles: [] },
      { handle: 'bob', level: 'decision', roles: ['backend'] },
    ],
  )
  assert.deepEqual(handlesOf(bob), ['ada', 'bob'])
  assert.deepEqual(admittedPeers(bob), [ada.keys.nodeId])
  assert.deepEqual(admittedPeers(ada), [bob.keys.nodeId])
})

test('a code good once is refused to the second newcomer, and its use is counted on disk with the grant', async () => {
  await using world = createTestWorld()
  const [ada, bob, cy] = [await world.addNode('ada'), await world.addNode('bob'), await world.addNode('cy')]
  await makeHive(world, ada)
  const code = await inviteTo(world, ada)
  await join(world, bob, code)
  await world.run(ada.restart())
  await assert.rejects(join(world, cy, code), { code: 'INVITE_REFUSED', message: /used already/ })
  assert.deepEqual(handlesOf(ada), ['ada', 'bob'])
})

test('two newcomers at the same moment cannot both have the last use of a code', async () => {
  await using world = createTestWorld()
  const [ada, bob, cy] = [await world.addNode('ada'), await world.addNode('bob'), await world.addNode('cy')]
  await makeHive(world, ada)
  const code = await inviteTo(world, ada)
  const both = await world.run(
    Promise.allSettled([bob, cy].map((node) => node.handlers['hive.join']({ code, handle: node.name, bootstrap: [] }, world.context()))),
  )
  assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  assert.equal(handlesOf(ada).length, 2)
})

test('a newcomer who lost the answer shows the code again and is not counted twice', async () => {
  await using world = createTestWorld()
  const [ada, bob, cy] = [await world.addNode('ada'), await world.addNode('bob'), await world.addNode('cy')]
  await makeHive(world, ada)
  const code = await inviteTo(world, ada, { uses: 2 })
  await join(world, bob, code)
  await join(world, bob, code)
  assert.equal((await join(world, cy, code)).handle, 'cy')
})

test('an expired code is refused as expired, and a mistyped one before anybody is asked', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeHive(world, ada)
  const code = await inviteTo(world, ada, { expires: '5m' })
  await pass(world, 6 * 60_000)
  await assert.rejects(join(world, bob, code), /has expired; .*`althing hive invite --expires 7d`/)
  const typo = `${code.slice(0, 40)}${code[40] === '2' ? '3' : '2'}${code.slice(41)}`
  await assert.rejects(join(world, bob, typo), { code: 'INVITE_INVALID', message: /typo/ })
  await assert.rejects(join(world, bob, 'hello'), { code: 'INVITE_INVALID', message: /begins with "althing-"/ })
  assert.deepEqual(bob.hives.list(), [])
})

test('a handle that is taken is refused when asked for, and numbered when made of the machine’s name', async () => {
  await using world = createTestWorld()
  const [ada, bob, cy] = [await world.addNode('ada'), await world.addNode('bob'), await world.addNode('bob')]
  await makeMembers(world, ada, bob)
  const code = await inviteTo(world, ada)
  await assert.rejects(join(world, cy, code), /handle is taken/)
  assert.equal((await join(world, cy, code, '')).handle, 'bob2')
})

test('a handle that is no handle is refused before anybody is dialled', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeHive(world, ada)
  const code = await inviteTo(world, ada)
  await assert.rejects(join(world, bob, code, 'Bob Ö'), { code: 'TERMS_INVALID', message: /use 1 to 32 of a–z/ })
  assert.deepEqual(bob.hives.list(), [])
})

test('a root does not leave members behind unless it says that it means it', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeMembers(world, ada, bob)
  const leave = (node: typeof ada, force: boolean) => world.run(node.handlers['hive.leave']({ hive: 'workshop', force }, world.context()))
  await assert.rejects(leave(ada, false), { code: 'ROOT_NEEDED', message: /hive root hand-on/ })
  assert.equal(ada.hives.list().length, 1)
  await leave(bob, false)
  await leave(ada, true)
  assert.deepEqual([...ada.hives.list(), ...bob.hives.list()], [])
})

test('a code names no relay: a relay serves members, and who shows a code is none yet', async () => {
  await using world = createTestWorld()
  const ada = await world.addNode('ada')
  await makeHive(world, ada)
  const { host } = ada.running()
  const addresses = host.addresses.bind(host)
  Object.defineProperty(host, 'addresses', {
    value: () => [...addresses(), `/ip4/10.0.0.1/tcp/1/p2p/${ada.keys.nodeId}/p2p-circuit/p2p/${ada.keys.nodeId}`],
  })
  const { addresses: told } = await world.run(
    ada.handlers['hive.invite']({ level: 'suggestion', role: [], scope: [], agent: [], uses: 1, expires: '24h' }, world.context()),
  )
  assert.ok(told.length > 0)
  assert.deepEqual(
    told.filter((address) => address.includes('p2p-circuit')),
    [],
  )
})

test('a code kept for a handle gives that handle whatever the newcomer asks for', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeHive(world, ada)
  assert.equal((await join(world, bob, await inviteTo(world, ada, { handle: 'robert' }))).handle, 'robert')
})

test('only the root makes invites, and a member is told which node that is', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeMembers(world, ada, bob)
  await assert.rejects(inviteTo(world, bob), { code: 'NOT_ROOT', message: new RegExp(ada.keys.nodeId) })
})

test('a join whose node is not reachable says so and leaves nothing behind', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeHive(world, ada)
  const code = await inviteTo(world, ada)
  await world.run(ada.registry.close(ada.running().service.known.id))
  await assert.rejects(join(world, bob, code), { code: 'JOIN_UNREACHABLE' })
  assert.deepEqual(bob.hives.list(), [])
})

test('S28: neither the code nor a key is in any log line or error of either side', async () => {
  await using world = createTestWorld()
  const [ada, bob, cy] = [await world.addNode('ada'), await world.addNode('bob'), await world.addNode('cy')]
  await makeHive(world, ada)
  const code = await inviteTo(world, ada)
  await join(world, bob, code)
  const refused = await join(world, cy, code).then(
    () => 'joined',
    (error: unknown) => `${String(error)} ${JSON.stringify(error)}`,
  )
  const said = [...ada.logged, ...bob.logged, ...cy.logged, refused].join('\n')
  assert.match(refused, /used already/)
  assert.ok(!said.includes(code.slice(8, 60)))
  for (const node of [ada, bob, cy]) assert.ok(!said.includes(Buffer.from(node.keys.node.seed).toString('base64url')))
})

test('the members of a hive find each other and stay members over a restart of both', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeMembers(world, ada, bob)
  await world.run(ada.restart())
  await world.run(bob.restart())
  await pass(world, 5_000)
  assert.deepEqual(admittedPeers(bob), [ada.keys.nodeId])
  assert.deepEqual(handlesOf(bob), ['ada', 'bob'])
  assert.equal(ada.running().service.isRoot(), true)
})

test('leaving makes another hive the current one, and `use` takes a name or an id', async () => {
  await using world = createTestWorld()
  const ada = await world.addNode('ada')
  await makeHive(world, ada)
  await world.run(ada.handlers['hive.create']({ name: 'second', open: false }, world.context()))
  assert.equal(ada.hives.current()?.known.genesis.name, 'second')
  await world.run(ada.handlers['hive.use']({ hive: 'workshop' }, world.context()))
  assert.equal(ada.hives.current()?.known.genesis.name, 'workshop')
  const left = await world.run(ada.handlers['hive.leave']({ hive: 'workshop', force: false }, world.context()))
  assert.equal(left.current, 'second')
  await assert.rejects(world.run(ada.handlers['hive.use']({ hive: 'workshop' }, world.context())), { code: 'HIVE_UNKNOWN' })
})

test('in commons everybody is admitted with the fingerprint of the owner key as handle', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  const joined = await join(world, ada, 'commons')
  await join(world, bob, 'commons')
  assert.equal(joined.policy, 'open')
  const code = await inviteTo(world, ada)
  await world.run(bob.registry.close(bob.running().service.known.id))
  await join(world, bob, code)
  await pass(world, 3_000)
  assert.deepEqual(admittedPeers(bob), [ada.keys.nodeId])
  assert.match(joined.handle, /^[a-z2-7]{20}$/)
  assert.equal(bob.running().service.membership.findOwner(joined.handle), ada.keys.ownerId())
  await assert.rejects(world.run(ada.running().service.revoke({ owner: bob.keys.ownerId() })), { code: 'HIVE_OPEN' })
})

test('a machine named build-1 finds a handle in a hive that has a build', async () => {
  await using world = createTestWorld()
  const [ada, build, one, two] = [
    await world.addNode('ada'),
    await world.addNode('build'),
    await world.addNode('build-1'),
    await world.addNode('build-1'),
  ]
  await makeHive(world, ada)
  const handles: string[] = []
  for (const node of [build, one, two]) handles.push((await join(world, node, await inviteTo(world, ada), '')).handle)
  assert.deepEqual(handles, ['build', 'build1', 'build12'])
})

test('a code made by a node that leaves with the command says that a node must run, one of a node that stays does not', async () => {
  await using world = createTestWorld()
  const ada = await world.addNode('ada')
  await makeHive(world, ada)
  const input = { level: 'suggestion', role: [], scope: [], agent: [], uses: 1, expires: '24h' } as const
  for (const isTransient of [true, false]) {
    const deps = { ...ada, chance: createSeededChance(1), isTransient, connectedPeers: () => [] }
    const handlers = createHiveHandlers(deps, { joinTimeoutMs: 1 })
    const { hint } = await world.run(handlers['hive.invite'](input, world.context()))
    assert.equal(hint?.includes('start one with `althing p2p start`') ?? false, isTransient)
  }
})
