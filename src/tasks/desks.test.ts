import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../lib/clock.ts'
import { createDesks } from './desks.ts'
import { openTestDesk, testDeskOptions } from './testing/desk-bench.ts'
import { createMemoryServer } from './testing/memory-remote.ts'

const { signal } = new AbortController()
const url = '/srv/git/shop.git'

test('a project that is added again goes on with what it has in hand and with its chains; one that was removed begins anew', async () => {
  const server = createMemoryServer({ clock: systemClock }, { latencyMs: 0 })
  const { own, add } = await openTestDesk(url, { deps: { openRemote: () => server.connect('ada') } })
  const desks = createDesks(own, testDeskOptions)
  const project = await desks.projects.add({ url, forge: 'git', base: 'main' })
  const task = await add('The cart forgets')
  const before = desks.get(project.id)
  const attempt = await before.claim(task, await before.sight(task.key, { signal }), { epoch: 1, signal })
  const { holder } = attempt.result === 'held' ? attempt : assert.fail(attempt.result)
  before.inHand.add(task.key)
  await before.sight(task.key, { signal })
  desks.close(project)
  const after = desks.get(project.id)
  assert.notEqual(after, before)
  assert.equal(after.inHand.has(task.key), true)
  // whoever still has the old desk writes the same chain down
  for (const desk of [after, before, after]) {
    await holder.renew({ signal })
    assert.equal((await desk.sight(task.key, { signal })).value, holder.head)
  }
  const { n } = own.database.get<{ readonly n: number }>('select count(*) as n from claim_link') ?? assert.fail()
  assert.equal(n, 4)
  await desks.projects.remove(project.id)
  desks.close(project)
  await desks.projects.add({ url, forge: 'git', base: 'main' })
  assert.equal(desks.get(project.id).inHand.has(task.key), false)
})

test('the beginning of the name of a record names it while no other begins so', async () => {
  const server = createMemoryServer({ clock: systemClock }, { latencyMs: 0 })
  const { own, add } = await openTestDesk(url, { deps: { openRemote: () => server.connect('ada') } })
  const desks = createDesks(own, testDeskOptions)
  await desks.projects.add({ url, forge: 'git', base: 'main' })
  const find = async (name: string) => (await desks.findTask(name, {}, { signal })).task.key
  const { key } = await add('The cart forgets')
  assert.equal(await find(key.slice(0, 6)), key)
  assert.equal(await find(`shop#${key.slice(0, 6)}`), key)
  const other = key.startsWith('t-00') ? 't-11' : 't-00'
  await assert.rejects(find(other), { code: 'TASK_MISSING', message: new RegExp(`begins with ${other}`) })
  await assert.rejects(find(key.slice(0, 3)), { code: 'TASK_NAME_INVALID' })
  // of 300 names two begin with the same two digits
  for (let more = 0; more < 300; more += 1) await add(`Task ${more}`)
  const twice = desks
    .all()[0]
    ?.records?.all()
    .map((task) => task.key.slice(0, 4))
    .find((start, at, all) => all.indexOf(start) !== at)
  await assert.rejects(find(twice ?? assert.fail()), { code: 'TASK_NAME_INVALID', message: /the beginning of several tasks: t-/ })
})
