import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf, nodeOf } from '../journal/testing/bench-of-peers.ts'
import { systemChance } from '../lib/chance.ts'
import { silentLog } from '../lib/log.ts'
import type { VirtualClock } from '../lib/virtual-clock.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { makeNonce } from '../tasks/claims/make-claim.ts'
import { ProjectDesk } from '../tasks/desk.ts'
import { tasksFaults } from '../tasks/faults.ts'
import type { GitRemote } from '../tasks/git/remote.ts'
import { silentTalk } from '../tasks/talk/talk.ts'
import type { Talk, Turn } from '../tasks/talk/talk.ts'
import { openTestDesk, testDeskOptions } from '../tasks/testing/desk-bench.ts'
import { createMemoryServer } from '../tasks/testing/memory-remote.ts'
import { TaskSigns } from './task-signs.ts'
import type { FoundTask } from './task-finder.ts'
import { TaskFinder } from './task-finder.ts'
import type { WorkerNews } from './worker-news.ts'

const { signal } = new AbortController()

/** A project on a server of its own, which can be made to take a push and to say nothing from then on. */
async function openProject(url: string, clock: VirtualClock) {
  const state = { isSilent: false, isGone: false }
  const real = createMemoryServer({ clock }, { latencyMs: 5 }).connect('ada')
  const silence = (): never => {
    throw tasksFaults.create('REMOTE_UNREACHABLE', { message: 'silent by the test' })
  }
  const remote: GitRemote = {
    ...real,
    push: async (request, options) => {
      const result = await real.push(request, options)
      state.isGone = state.isSilent
      return state.isGone ? silence() : result
    },
    listRefs: (prefixes, options) => (state.isGone ? silence() : real.listRefs(prefixes, options)),
  }
  return { ...(await openTestDesk(url, { deps: { clock, openRemote: () => remote } })), state }
}

/** A worker's eyes on two projects, on virtual time. */
async function openFinder(talk: Talk = silentTalk) {
  const clock = createVirtualClock({ startsAt: 1_760_000_000_000 })
  const [shop, store] = [await openProject('/srv/git/shop.git', clock), await openProject('/srv/git/store.git', clock)]
  const news: WorkerNews[] = []
  const alone = new Set<string>()
  const finder = new TaskFinder(
    {
      ...{ clock, log: silentLog, desks: () => [shop.desk, store.desk], isMerged: async () => false, talk },
      ...{ signs: new TaskSigns({ log: silentLog, escalate: () => {} }), load: () => 0, mayTake: () => true },
      refused: () => {},
      tell: (word) => news.push(word),
      isLeftAlone: ({ key }) => alone.has(key),
    },
    { label: 'bzzz-task', types: [], pollMs: 10_000, lookMs: 300_000, price: 0, about: { models: ['ollama/qwen3-coder'] } },
  )
  const find = async (): Promise<FoundTask | undefined> => {
    finder.prompt()
    return clock.run(finder.find({ signal }))
  }
  return { clock, shop, store, alone, news, find }
}

test('rule 5: a claim of this very process that nothing here keeps is taken up again, with the reason it was taken with', async () => {
  const { clock, shop, find } = await openFinder()
  const { key } = await shop.add('The cart forgets')
  const first = await find()
  const again = await find()
  assert.deepEqual([again?.held.task.key, again?.held.holder.began], [key, first?.held.holder.began])
  assert.equal(again?.held.reason, undefined)
  await clock.run(shop.desk.interrupt(key, { kind: 'break', reason: 'by-person', signal }))
  const broken = await find()
  assert.equal(broken?.held.reason, 'by-person')
  assert.equal((await find())?.held.reason, 'by-person')
})

test('what a person said when a claim was broken is told to the agent, also after this node was interrupted', async () => {
  const { clock, shop, find } = await openFinder()
  const { key } = await shop.add('The cart forgets')
  await find()
  await clock.run(shop.desk.interrupt(key, { kind: 'break', reason: 'by-person: blue', signal }))
  const [broken, resumed] = [await find(), await find()]
  assert.deepEqual(
    [broken?.held.resumedBecause, resumed?.held.resumedBecause],
    [
      'a person wants it to be tried again. A member of the hive says of it: "blue"',
      'this node was interrupted. A member of the hive says of it: "blue"',
    ],
  )
})

test('a claim that this node keeps for somebody else is left to him', async () => {
  const { shop, find } = await openFinder()
  const { key } = await shop.add('The cart forgets')
  await find()
  shop.desk.inHand.add(key)
  assert.equal(await find(), undefined)
})

test('F19: a server that never says whether it took a claim does not keep another project waiting, and its claim is found later', async () => {
  const { clock, shop, store, news, find } = await openFinder()
  const silent = await shop.add('The cart forgets')
  const other = await store.add('The shelf is low')
  shop.state.isSilent = true
  const found = await find()
  assert.equal(found?.held.task.key, other.key)
  assert.match(news.map((word) => (word.news === 'idle' ? word.reason : word.news)).join(), /shop.*does not say whether it took the claim/)
  assert.ok(clock.monotonic() < 120_000, `${clock.monotonic()} ms`)
  shop.state.isSilent = shop.state.isGone = false
  const late = await find()
  assert.deepEqual([late?.held.task.key, late?.held.holder.terms.epoch], [silent.key, 1])
})

test('a task that cannot be looked at hides no other of its project, open or closed', async () => {
  const { shop, find } = await openFinder()
  const [broken, closed, other] = [
    await shop.add('The cart forgets'),
    await shop.add('The shelf is low'),
    await shop.add('The door is open'),
  ]
  const { source } = shop.desk
  const findWell = source.find.bind(source)
  const refuse = (key: string) => {
    throw tasksFaults.create('FORGE_MISSING', { message: `${key} is hidden by the test` })
  }
  Object.assign(source, {
    find: async (...[key, waiting]: Parameters<typeof source.find>) => (key === broken.key ? refuse(key) : findWell(key, waiting)),
  })
  const first = await find()
  assert.equal(first?.held.task.key, closed.key)
  await source.project(closed.key, { add: [], remove: [], state: 'closed' }, { signal })
  Object.assign(source, {
    find: async (...[key, waiting]: Parameters<typeof source.find>) => (key === other.key ? findWell(key, waiting) : refuse(key)),
  })
  assert.equal((await find())?.held.task.key, other.key)
})

test('a claim of ours on what is no task any more is given back, unless it is worked on', async () => {
  const { clock, shop, alone, find } = await openFinder()
  const { key } = await shop.add('The cart forgets')
  await find()
  await shop.desk.source.project(key, { add: [], remove: [], state: 'closed' }, { signal })
  const meaning = async () => (await clock.run(shop.desk.sight(key, { signal }))).meaning.meaning
  alone.add(key)
  assert.deepEqual([await find(), await meaning()], [undefined, 'ours'])
  alone.clear()
  assert.deepEqual([await find(), await meaning()], [undefined, 'free'])
})

test('rule 16: of what was closed the forge is not asked while it is left to others; then this node says that it is over', async () => {
  const { clock, shop, find } = await openFinder({ ...silentTalk, standingInProject: () => ({ rank: 2, of: 50 }) })
  const { key } = await shop.add('The cart forgets')
  await find()
  await clock.run(shop.desk.interrupt(key, { kind: 'break', reason: 'by-person', signal }))
  const { source } = shop.desk
  await source.project(key, { add: [], remove: [], state: 'closed' }, { signal })
  const findWell = source.find
  let asked = 0
  Object.assign(source, {
    find: async (...question: Parameters<typeof source.find>) => {
      asked += 1
      return findWell(...question)
    },
  })
  const looks: (readonly [asked: number, meaning: string])[] = []
  for (let look = 0; look < 4; look++) {
    await find()
    looks.push([asked, (await clock.run(shop.desk.sight(key, { signal }))).meaning.meaning])
  }
  assert.deepEqual(looks, [
    [0, 'free'],
    [0, 'free'],
    [1, 'done'],
    [1, 'done'],
  ])
})

test('rule 16: of a task whose record this node does not have nothing is said: it may be on its way, and others work on it', async () => {
  const { clock, shop, find } = await openFinder()
  const { key } = await shop.add('The cart forgets')
  const won = await find()
  await clock.run(won?.held.holder.review('bafy', { signal }) ?? assert.fail('nothing was won'))
  const meaning = async () => (await clock.run(shop.desk.sight(key, { signal }))).meaning.meaning
  Object.assign(shop.desk.source, { open: async () => [], find: async () => undefined })
  assert.deepEqual([await find(), await meaning()], [undefined, 'in-review'])
})

test('what is won says of which holdings the work may be merged unsaid: all since a person or a node said that it was over', async () => {
  const { clock, shop, find } = await openFinder()
  const { key } = await shop.add('The cart forgets')
  const first = await find()
  assert.deepEqual(first?.held.unsettled, [])
  const resumed = await find()
  assert.deepEqual(resumed?.held.unsettled, [first?.held.holder.began])
  const say = (kind: 'break' | 'done', reason: string) => clock.run(shop.desk.interrupt(key, { kind, reason, signal }))
  await say('done', 'merged')
  await say('break', 'by-person: again')
  const again = await find()
  assert.deepEqual(again?.held.unsettled, [])
  assert.deepEqual((await find())?.held.unsettled, [again?.held.holder.began])
})

test('a merge that the forge could not be shown is shown later, once; an issue that a person opened again after it is left open', async () => {
  const { clock, shop, find } = await openFinder()
  const { key } = await shop.add('The cart forgets')
  await find()
  await clock.run(shop.desk.interrupt(key, { kind: 'break', reason: 'by-person', signal }))
  await clock.run(shop.desk.interrupt(key, { kind: 'done', reason: 'merged', signal }))
  assert.equal(await find(), undefined)
  const shown = await clock.run(shop.desk.source.find(key, { signal }))
  assert.deepEqual([shown?.state, shown?.labels], ['closed', ['bzzz-task', 'completed']])
  await clock.run(shop.desk.source.project(key, { add: [], remove: [], state: 'open' }, { signal }))
  assert.equal(await find(), undefined)
  assert.equal((await clock.run(shop.desk.source.find(key, { signal })))?.state, 'open')
})

test('two words from outside that say the same agree, also where a renewal came between', async () => {
  const { clock, shop, find } = await openFinder()
  const { key } = await shop.add('The cart forgets')
  const holder = (await find())?.held.holder
  const other = shop.reopen()
  const say = (kind: 'break' | 'done') => other.interrupt(key, { kind, reason: 'by-person', signal })
  await clock.run(Promise.all([holder?.renew({ signal }), say('break')]))
  await clock.run(Promise.all([say('done'), shop.desk.interrupt(key, { kind: 'done', reason: 'merged', signal })]))
  assert.equal((await clock.run(shop.desk.sight(key, { signal }))).meaning.meaning, 'done')
})

test('a claim says the lease that its holder goes by where a forge limits pushes', async () => {
  const { clock, shop } = await openFinder()
  const task = await shop.add('The cart forgets')
  const desk = shop.reopen({ limitedNodes: 6 })
  const attempt = await clock.run(desk.claim(task, await clock.run(desk.sight(task.key, { signal })), { epoch: 1, signal }))
  assert.deepEqual(attempt.result === 'held' && [attempt.holder.terms.ttlSeconds, attempt.holder.times.ttlMs], [180, 180_000])
})

test('a turn says what success this node can expect, the same at every look, and less once such a task failed here', async () => {
  const turns: Turn[] = []
  const takeTurn: Talk['takeTurn'] = async (turn) => {
    turns.push(turn)
    return 'taken'
  }
  const { clock, shop, find } = await openFinder({ ...silentTalk, takeTurn })
  const task = await shop.add('Fix the cart')
  await find()
  await find()
  const failing = await shop.add('Fix the till')
  const sight = await clock.run(shop.desk.sight(failing.key, { signal }))
  const attempt = await clock.run(shop.desk.claim(failing, sight, { epoch: 1, signal }))
  assert.ok(attempt.result === 'held')
  await shop.desk.record.begin(failing, { epoch: 1, models: ['ollama/qwen3-coder'] })
  await clock.run(attempt.holder.release('failed: no answer', { signal }))
  await find()
  const [first, second, third] = turns.filter((turn) => turn.task.key === task.key).map(({ success }) => success)
  assert.ok(first !== undefined && third !== undefined && first > 0 && first < 1)
  assert.equal(second, first)
  assert.ok(third < first, `${third} after ${first}`)
})

test('a task that is closed while its claim was given back, or its holder is gone, is said to be over', async () => {
  const { clock, shop, find } = await openFinder()
  const [given, left] = [await shop.add('The cart forgets'), await shop.add('The shelf is low')]
  const first = await find()
  assert.equal(first?.held.task.key, given.key)
  await clock.run(first.held.holder.release('shutdown', { signal }))
  const self = { peer: nodeOf('bob'), process: makeNonce(systemChance) }
  const bob = new ProjectDesk({ ...shop.own, key: keyOf('bob'), self }, shop.desk.project, testDeskOptions)
  await clock.run(bob.sight(left.key, { signal }).then((sight) => bob.claim(left, sight, { epoch: 1, signal })))
  for (const { key } of [given, left]) await shop.desk.source.project(key, { add: [], remove: [], state: 'closed' }, { signal })
  const meanings = async () => {
    const sights = await clock.run(shop.desk.sights({ signal }))
    return [given, left].map(({ key }) => sights.get(key)?.meaning.meaning)
  }
  assert.equal(await find(), undefined)
  assert.deepEqual(await meanings(), ['done', 'held'])
  await clock.advance(120_000)
  for (let looks = 0; looks < 3; looks++) await find()
  assert.deepEqual(await meanings(), ['done', 'done'])
})
