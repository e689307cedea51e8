import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Machine } from './machine.ts'
import { enter, eventually, openVillage, text } from './machine.ts'
import { addTask, endedOf, historyOf, openShop, tasksOn } from './workshop.ts'

const nothing = { inReview: 0, released: 0, needsHuman: 0, lost: 0 }

/** Pull requests of all projects that a machine knows of, by their branches. */
function pullsOn(machine: Machine): readonly string[] {
  using database = new DatabaseSync(join(machine.home, 'althing.sqlite'), { readOnly: true })
  const rows = database.prepare("select record from work_record where kind = 'pull'").all()
  return rows.map(({ record }) => (JSON.parse(String(record)) as { readonly head: string }).head).toSorted()
}

test('F3: three tasks on two machines are done once each; a worker that is killed has its task taken over, on the same branch and in the same pull request, and takes nothing back', async (t) => {
  const village = openVillage(t)
  const shop = openShop(village)
  const [ada, bob] = [village.settle('ada', shop.agentAt('ada')), village.settle('bob', shop.agentAt('bob'))]
  const node = await ada.start()
  await enter(ada, bob)
  for (const machine of [ada, bob]) await machine.ask('project', 'add', shop.repository)
  const keys = [await addTask(ada, 'One'), await addTask(ada, 'Two'), await addTask(ada, 'Three')]
  await eventually(
    'bob knows all tasks',
    () => tasksOn(bob),
    (tasks) => tasks.size === 3,
  )

  const [bobs, adas] = [bob.begin(['worker', 'start']), () => ada.begin(['worker', 'start'])]
  await shop.untilReached('bob')
  const key = /(t-[0-9a-f]{12}) is ours/.exec(bobs.said())?.[1] ?? assert.fail(bobs.said())
  shop.open('ada')
  const worker = adas()
  await eventually(
    'ada did what is free',
    () => tasksOn(ada),
    (tasks) => keys.filter((each) => tasks.get(each)?.['claim'] === 'in-review').length === 2,
  )
  assert.equal((await tasksOn(ada)).get(key)?.['claim'], 'held')
  const bobsName = text(await bob.ask('node', 'show'), 'node')
  await bob.end('SIGKILL')
  await worker.until(new RegExp(`${key} is ours, epoch 2`))
  await eventually(
    'all are in review',
    () => tasksOn(ada),
    (tasks) => keys.every((each) => tasks.get(each)?.['claim'] === 'in-review'),
  )

  await bob.start()
  const again = await bob.ask('worker', 'start', '--once')
  assert.deepEqual(endedOf(again), nothing)
  console.log(
    node
      .said()
      .split('\n')
      .filter((l) => /bug|error/.test(l))
      .join('\n'),
    worker.said(),
  )
  assert.deepEqual(await historyOf(bob, key), ['claim 1', 'takeover 2', 'review 2'])
  assert.deepEqual(await historyOf(bob, key, bobsName), ['claim 1'])
  for (const other of keys.filter((each) => each !== key)) assert.deepEqual(await historyOf(bob, other), ['claim 1', 'review 1'])

  const branches = keys.map((each) => `althing/${each}`).toSorted()
  assert.deepEqual(shop.branches(), branches)
  for (const branch of branches) assert.equal(shop.git('rev-list', '--count', `main..${branch}`), '1', branch)
  for (const machine of [ada, bob])
    await eventually(
      `${machine.name} knows the pull requests`,
      async () => pullsOn(machine),
      (pulls) => pulls.join() === branches.join(),
    )
})

test('F28: a node that is told to end pushes what is there and gives its task back; started again it goes on from there', async (t) => {
  const village = openVillage(t)
  const shop = openShop(village)
  const ada = village.settle('ada', shop.agentAt('ada'))
  await ada.start()
  await ada.ask('project', 'add', shop.repository)
  const key = await addTask(ada, 'One')
  ada.begin(['worker', 'start'])
  await shop.untilReached('ada')
  const { code, stderr } = await ada.end('SIGTERM')
  assert.equal(code, 0, stderr)
  assert.equal(shop.git('show', `althing/${key}:${key}.txt`), 'done')

  shop.open('ada')
  await ada.start()
  const again = await ada.ask('worker', 'start', '--once')
  assert.deepEqual(endedOf(again), { ...nothing, inReview: 1 })
  assert.deepEqual(await historyOf(ada, key), ['claim 1', 'release 1', 'takeover 2', 'review 2'])
  assert.deepEqual(pullsOn(ada), [`althing/${key}`])
})
