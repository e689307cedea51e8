import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ScriptedQuestion, ScriptedReply } from '../../src/models/testing/scripted-models.ts'
import { openScriptedModels } from '../../src/models/testing/scripted-models.ts'
import type { Running } from './command.ts'
import type { Machine } from './machine.ts'
import { enter, eventually, list, openVillage, text } from './machine.ts'
import { addTask, endedOf, historyOf, modelAt, openShop, tasksOn } from './workshop.ts'

const nothing = { inReview: 0, released: 0, needsHuman: 0, lost: 0 }

/** Pull requests of all projects that a machine knows of, by their branches. */
function pullsOn(machine: Machine): readonly string[] {
  using database = new DatabaseSync(join(machine.home, 'althing.sqlite'), { readOnly: true })
  const rows = database.prepare("select record from work_record where kind = 'pull'").all()
  return rows.map(({ record }) => (JSON.parse(String(record)) as { readonly head: string }).head).toSorted()
}

/** The task that a worker says it took last. */
function tookOf(worker: Running): string {
  return [...worker.said().matchAll(/(t-[0-9a-f]{12}) is ours/g)].at(-1)?.[1] ?? assert.fail(worker.said())
}

test('F3: three tasks on two machines are done once each; a worker that is killed has its task taken over, on the same branch and in the same pull request, and takes nothing back', async (t) => {
  const village = openVillage(t)
  const shop = openShop(village)
  const [ada, bob] = [village.settle('ada', shop.agentAt('ada')), village.settle('bob', shop.agentAt('bob'))]
  await ada.start()
  await enter(ada, bob)
  for (const machine of [ada, bob]) await machine.ask('project', 'add', shop.repository)
  const keys = [await addTask(ada, 'One'), await addTask(ada, 'Two'), await addTask(ada, 'Three')]
  await eventually(
    'bob knows all tasks',
    () => tasksOn(bob),
    (tasks) => tasks.size === 3,
  )
  const bobsNode = text(await bob.ask('node', 'show'), 'node')

  const bobs = bob.begin(['worker', 'start'])
  await shop.untilReached('bob')
  const key = tookOf(bobs)
  shop.open('ada')
  const adas = ada.begin(['worker', 'start'])
  await adas.until(/in review[^]*in review/)
  assert.equal((await tasksOn(ada)).get(key)?.['claim'], 'held')
  await bob.end('SIGKILL')
  await adas.until(new RegExp(`${key} is ours, epoch 2[^]*${key}: in review`))

  await bob.start()
  assert.deepEqual(endedOf(await bob.ask('worker', 'start', '--once')), nothing)
  assert.deepEqual(await historyOf(bob, key), ['claim 1', 'takeover 2', 'review 2'])
  assert.deepEqual(await historyOf(bob, key, bobsNode), ['claim 1'])
  for (const other of keys.filter((each) => each !== key)) assert.deepEqual(await historyOf(bob, other), ['claim 1', 'review 1'])
  const branches = keys.map((each) => `althing/${each}`).toSorted()
  assert.deepEqual(shop.branches(), branches)
  for (const branch of branches) assert.equal(shop.git('rev-list', '--count', `main..${branch}`), '1', branch)
  await eventually(
    'bob knows the pull requests',
    async () => pullsOn(bob),
    (pulls) => pulls.length === 3,
  )
  for (const machine of [ada, bob]) assert.deepEqual(pullsOn(machine), branches)
})

test('F28: a node that was killed goes on with its own task; one that is told to end pushes what is there and gives the task back', async (t) => {
  const village = openVillage(t)
  const shop = openShop(village)
  const ada = village.settle('ada', shop.agentAt('ada'))
  await ada.start()
  await ada.ask('project', 'add', shop.repository)
  const key = await addTask(ada, 'One')
  ada.begin(['worker', 'start'])
  await shop.untilReached('ada')
  await ada.end('SIGKILL')

  await ada.start()
  ada.begin(['worker', 'start'])
  await shop.untilReached('ada')
  assert.deepEqual(await historyOf(ada, key), ['claim 1'])
  const { code, stderr } = await ada.end('SIGTERM')
  assert.equal(code, 0, stderr)
  assert.equal(shop.git('show', `althing/${key}:${key}.txt`), 'done')

  shop.open('ada')
  await ada.start()
  assert.deepEqual(endedOf(await ada.ask('worker', 'start', '--once')), { ...nothing, inReview: 1 })
  assert.deepEqual(await historyOf(ada, key), ['claim 1', 'release 1', 'takeover 2', 'review 2'])
  assert.deepEqual(pullsOn(ada), [`althing/${key}`])
})

test('S28: what a model decided is read on another machine under its address, with the transcript, and no secret is in it or in a log', async (t) => {
  const canary = 'canary-4711-of-the-lab'
  await using models = await openScriptedModels({ reply: script })
  const village = openVillage(t, modelAt(models.url))
  const shop = openShop(village)
  const [ada, bob] = [village.settle('ada'), village.settle('bob')]
  const node = await ada.start()
  await enter(ada, bob)
  const file = join(village.root, 'key.txt')
  writeFileSync(file, canary)
  await ada.ask('model', 'key', 'lab', file)
  for (const machine of [ada, bob]) await machine.ask('project', 'add', shop.repository)
  const key = await addTask(ada, 'Keep the cart', join(ada.home, 'secrets', 'model-lab'))
  const worker = ada.begin(['worker', 'start', '--once'])
  assert.equal((await worker.ended).code, 0, worker.said())
  assert.ok(models.questions.every(({ authorization }) => authorization === `Bearer ${canary}`))
  assert.ok(JSON.stringify(models.questions.at(-1)?.messages).includes(canary), 'the model saw the secret')

  const shown = await eventually(
    'bob knows the decision',
    () => bob.ask('task', 'show', key, '--transcript'),
    (answer) => answer['decision'] !== null && answer['transcript'] !== null && answer['pull'] !== null,
  )
  const address = text(shown, 'decision')
  const [agent] = (await ada.ask('node', 'show'))['agents'] as readonly string[]
  assert.equal(address, `ucxl://${agent}:worker@shop:${key}/*~1/decision.md`)
  const decision = (await bob.run(['context', 'get', address])).stdout
  assert.match(decision, /A file holds the cart[^]*It outlives the process/)
  const transcript = text(shown, 'transcript')
  assert.match(transcript, /"name":"run"[^]*a secret of this node/)
  const branch = shop.git('log', '-1', '--format=%B', '-p', `althing/${key}`)
  for (const said of [decision, transcript, branch, node.said(), worker.said()]) assert.ok(!said.includes(canary), said)
})

test('what an agent asks a person waits for one, who lets workers try again or closes it; what nobody claimed can be closed too', async (t) => {
  await using models = await openScriptedModels({
    reply: () => ({ calls: [{ name: 'ask_person', input: { question: 'which database?' } }] }),
  })
  const village = openVillage(t, modelAt(models.url))
  const shop = openShop(village)
  const ada = village.settle('ada')
  await ada.start()
  await ada.ask('project', 'add', shop.repository)
  const key = await addTask(ada, 'Keep the cart')
  assert.deepEqual(endedOf(await ada.ask('worker', 'start', '--once')), { ...nothing, needsHuman: 1 })
  assert.equal((await ada.ask('task', 'show', key))['whyNot'], 'it waits for a person: which database?')
  await ada.ask('task', 'break', key, '--reason', 'any will do')
  assert.equal((await ada.ask('task', 'show', key))['whyNot'], null)
  const fresh = await addTask(ada, 'A slip')
  for (const each of [key, fresh]) await ada.ask('task', 'done', each, '--reason', 'not wanted')
  assert.deepEqual(list(await ada.ask('task', 'list'), 'tasks'), [])
  const claims = new Map(list(await ada.ask('task', 'list', '--all'), 'tasks').map((task) => [task['key'], task['claim']]))
  assert.deepEqual([claims.get(key), claims.get(fresh)], ['done', 'free'])
})

/** A model that looks where it should not, does the task and says so. */
function script({ messages, turn }: ScriptedQuestion): ScriptedReply {
  const path = /\/\S+model-lab/.exec(JSON.stringify(messages))?.[0] ?? '/nowhere'
  if (turn === 0) return { calls: [{ name: 'run', input: { command: `cat ${path}` } }] }
  if (turn === 1) return { calls: [{ name: 'write', input: { path: 'cart.txt', content: 'kept\n' } }] }
  const decision = { decision: 'A file holds the cart', why: 'It outlives the process', alternatives: ['memory'] }
  return { calls: [{ name: 'finish', input: { title: 'Keep the cart', summary: 'It is kept.', ...decision } }] }
}
