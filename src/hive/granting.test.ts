import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestWorld } from './suite/hive-world.ts'
import { inviteTo, join, makeHive } from './suite/steps.ts'

test('the root changes what a member is granted: a role more, one less, and what is not named stays', async () => {
  await using world = createTestWorld()
  const [ada, bob] = [await world.addNode('ada'), await world.addNode('bob')]
  await makeHive(world, ada)
  await join(world, bob, await inviteTo(world, ada, { role: ['qa'], agent: ['oracle'] }))
  const none = { role: [], withoutRole: [], scope: [], withoutScope: [], agent: [] } as const
  const input = { ...none, member: '@bob', level: 'decision', scope: ['test/**'], handle: 'robert' } as const
  const changed = await world.run(ada.handlers['hive.grant'](input, world.context()))
  const { handle, level, roles, scopes, agents } = changed
  assert.deepEqual([handle, level, roles, scopes, agents], ['robert', 'decision', ['qa'], ['test/**'], ['oracle']])
  const change = async (changes: object) => {
    const after = await world.run(ada.handlers['hive.grant']({ ...none, member: '@robert', ...changes }, world.context()))
    return [after.level, after.roles, after.scopes, after.agents]
  }
  const [agent, scope] = [['oracle'], ['test/**']]
  assert.deepEqual(await change({ role: ['backend', 'qa'] }), ['decision', ['qa', 'backend'], scope, agent])
  assert.deepEqual(await change({ role: ['reviewer'], withoutRole: ['qa'] }), ['decision', ['backend', 'reviewer'], scope, agent])
  assert.deepEqual(await change({ withoutRole: ['backend', 'reviewer'], withoutAgent: agent, withoutScope: scope }), [
    'decision',
    [],
    [],
    agent,
  ])
  await assert.rejects(change({ withoutRole: ['backend'] }), {
    code: 'TERMS_INVALID',
    message: /"backend" is no role that .* no role is granted/,
  })
  await assert.rejects(world.run(bob.handlers['hive.grant'](input, world.context())), { code: 'NOT_ROOT' })
  await assert.rejects(world.run(ada.handlers['hive.grant']({ ...input, member: '@nobody' }, world.context())), { code: 'MEMBER_UNKNOWN' })
  await assert.rejects(world.run(ada.handlers['hive.grant']({ ...input, member: '@robert', scope: ['../x'] }, world.context())), {
    code: 'TERMS_INVALID',
  })
})
