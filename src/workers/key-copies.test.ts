import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../lib/log.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import type { FoundTask } from './task-finder.ts'
import { TaskFinder } from './task-finder.ts'
import { silentTalk } from '../tasks/talk/talk.ts'
import { openTestDesk } from '../tasks/testing/desk-bench.ts'
import { createMemoryServer } from '../tasks/testing/memory-remote.ts'
import { TaskSigns } from './task-signs.ts'
import type { WorkerNews } from './worker-news.ts'

const { signal } = new AbortController()

test('rule 19: a claim of our key in a process that this home does not know is told once, left alone while its lease is renewed, and taken over when it is not', async () => {
  const clock = createVirtualClock({ startsAt: 1_760_000_000_000 })
  const server = createMemoryServer({ clock }, { latencyMs: 5 })
  const open = (name: string) =>
    openTestDesk('/srv/git/shop.git', { deps: { clock, openRemote: () => server.connect(name), ranHere: () => false } })
  // two homes with one key
  const [ada, copy] = [await open('ada'), await open('copy')]
  const task = await ada.add('The cart forgets')
  const attempt = await clock.run(copy.desk.claim(task, await clock.run(copy.desk.sight(task.key, { signal })), { epoch: 1, signal }))
  const holder = attempt.result === 'held' ? attempt.holder : assert.fail(attempt.result)
  const news: WorkerNews[] = []
  const finder = new TaskFinder(
    {
      ...{ clock, log: silentLog, desks: () => [ada.desk], isMerged: async () => false, talk: silentTalk, isLeftAlone: () => false },
      ...{ signs: new TaskSigns({ log: silentLog, escalate: () => {} }), load: () => 0, mayTake: () => true, refused: () => {} },
      tell: (word) => news.push(word),
    },
    { label: 'bzzz-task', types: [], pollMs: 10_000, lookMs: 300_000, price: 0, about: { models: [] } },
  )
  const find = async (): Promise<FoundTask | undefined> => {
    finder.prompt()
    return clock.run(finder.find({ signal }))
  }
  for (let round = 0; round < 8; round += 1) {
    assert.equal(await find(), undefined)
    await clock.run(holder.renew({ signal }))
    await clock.advance(20_000)
  }
  assert.equal(news.length, 1)
  assert.match(news.map((word) => (word.news === 'idle' ? word.reason : word.news)).join(), /this node's key.*revoke it/)

  assert.equal(await find(), undefined)
  await clock.advance(67_500)
  const found = await find()
  assert.deepEqual([found?.held.task.key, found?.held.holder.terms.epoch, found?.held.reason], [task.key, 2, 'expired'])
  assert.equal((await clock.run(holder.renew({ signal }))).result, 'lost')
})
