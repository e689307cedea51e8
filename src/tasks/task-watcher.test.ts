import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withDeadline } from '../lib/deadline.ts'
import { createMemoryServer } from './testing/memory-remote.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { openTestDesk } from './testing/desk-bench.ts'
import { TaskWatcher } from './task-watcher.ts'

const { signal } = new AbortController()

async function openStand() {
  const clock = createVirtualClock({ startsAt: 1_000_000 })
  const server = createMemoryServer({ clock }, { latencyMs: 5 })
  const strangers = new Set<string>()
  const [ada, bob] = await Promise.all(
    ['ada', 'bob'].map((name) => {
      const isAdmitted = (peer: string): boolean => name === 'bob' || !strangers.has(peer)
      return openTestDesk('/srv/git/shop.git', { name, deps: { clock, isAdmitted, openRemote: () => server.connect(name) } })
    }),
  )
  if (ada === undefined || bob === undefined) throw new Error('the set-up is wrong')
  const watcher = new TaskWatcher({ clock }, { pollMs: 1_000 })
  const next = (after: number | undefined, waitMs: number) =>
    watcher.next([ada.desk], { after, late: withDeadline(clock, waitMs, signal), signal })
  return { clock, ada, bob, next, strangers }
}

test('who watches is told what others do with tasks, once each and in order', async () => {
  const { clock, ada, bob, next } = await openStand()
  const first = await clock.run(next(undefined, 0))
  assert.deepEqual([first.items, first.hasGap], [[], false])
  const waiting = next(first.after, 60_000)
  await clock.advance(2_500)
  const task = await ada.add('The cart forgets')
  const told = await clock.run(waiting)
  assert.deepEqual(
    told.items.map(({ event, key, title, holder, epoch }) => [event, key, title, holder, epoch]),
    [['added', task.key, 'The cart forgets', null, 0]],
  )
  const sight = await clock.run(bob.desk.sight(task.key, { signal }))
  await clock.run(bob.desk.claim(task, sight, { epoch: 1, signal }))
  const then = await clock.run(next(told.after, 60_000))
  assert.deepEqual(
    then.items.map(({ event, epoch }) => [event, epoch]),
    [['claimed', 1]],
  )
  await clock.run(bob.desk.interrupt(task.key, { kind: 'pause', reason: 'by-person: we talk', signal }))
  const last = await clock.run(next(then.after, 60_000))
  assert.deepEqual(
    last.items.map(({ event, reason }) => [event, reason]),
    [['paused', 'by-person: we talk']],
  )
  assert.deepEqual((await clock.run(next(told.after, 0))).items, [...then.items, ...last.items])
})

test('a watch that nothing happens to ends in time, and one that goes on from before this process says that there may be a gap', async () => {
  const { clock, next } = await openStand()
  const { after } = await clock.run(next(undefined, 5_000))
  assert.deepEqual(await clock.run(next(after, 5_000)), { items: [], after, hasGap: false, failed: [] })
  assert.equal((await clock.run(next(3, 0))).hasGap, true)
})

test('all that happened to a claim between two looks is told, each with its holder, and the time that its link says', async () => {
  const { clock, ada, bob, next } = await openStand()
  const first = await clock.run(next(undefined, 0))
  const task = await ada.add('The cart forgets')
  const sight = await clock.run(bob.desk.sight(task.key, { signal }))
  const attempt = await clock.run(bob.desk.claim(task, sight, { epoch: 1, signal }))
  if (attempt.result !== 'held') throw new Error(attempt.result)
  const claimedAt = clock.now()
  await clock.advance(5_000)
  await clock.run(attempt.holder.renew({ signal }))
  await clock.run(attempt.holder.release('shutdown', { signal }))
  const releasedAt = clock.now()
  await clock.advance(20_000)
  const { items } = await clock.run(next(first.after, 60_000))
  const node = bob.own.self.peer
  assert.deepEqual(
    items.map(({ event, holder, epoch, reason }) => [event, holder, epoch, reason]),
    [
      ['added', null, 0, null],
      ['claimed', node, 1, null],
      ['released', node, 1, 'shutdown'],
    ],
  )
  const [added, claimed, released] = items.map(({ at }) => at)
  assert.ok(Math.abs((claimed ?? 0) - claimedAt) < 1_000 && Math.abs((released ?? 0) - releasedAt) < 1_000, `${claimed} ${released}`)
  assert.equal(added, task.updatedAt, 'a task is told as of the record that added it')
})

test('links of somebody whom the hive does not admit are not told as if they counted', async () => {
  const { clock, ada, bob, next, strangers } = await openStand()
  const task = await ada.add('The cart forgets')
  const first = await clock.run(next(undefined, 0))
  strangers.add(bob.own.self.peer)
  const sight = await clock.run(bob.desk.sight(task.key, { signal }))
  const attempt = await clock.run(bob.desk.claim(task, sight, { epoch: 1, signal }))
  if (attempt.result === 'held') await clock.run(attempt.holder.done('merged', { signal }))
  const { items } = await clock.run(next(first.after, 60_000))
  assert.deepEqual(
    items.map(({ holder, reason }) => [holder, reason]),
    [[null, null]],
  )
})

test('of two who watch at once the look that ends late takes nothing back: what happened is told once', async () => {
  const { clock, ada, next } = await openStand()
  const { after } = await clock.run(next(undefined, 0))
  const { source } = ada.desk
  const open = source.open.bind(source)
  let isSlow = true
  const slowly: typeof open = async (options) => {
    const tasks = await open(options)
    if (isSlow) {
      isSlow = false
      await clock.sleep(100, { signal })
    }
    return tasks
  }
  Object.assign(source, { open: slowly })
  const late = next(after, 0)
  await clock.advance(50)
  await ada.add('The cart forgets')
  await clock.run(Promise.all([late, next(after, 0)]))
  const { items } = await clock.run(next(after, 0))
  assert.deepEqual(
    items.map(({ event }) => event),
    ['added'],
  )
})

test('a task that nobody claimed is told of though it was added and closed between two looks, and one that is over by its title', async () => {
  const { clock, ada, bob, next } = await openStand()
  const old = await ada.add('It is over')
  await ada.desk.source.project(old.key, { add: [], remove: [], state: 'closed' }, { signal })
  const { after } = await clock.run(next(undefined, 0))
  const task = await ada.add('Not wanted')
  await ada.desk.source.project(task.key, { add: [], remove: [], state: 'closed' }, { signal })
  const sight = await clock.run(bob.desk.sight(old.key, { signal }))
  await clock.run(bob.desk.claim(old, sight, { epoch: 1, signal }))
  const { items } = await clock.run(next(after, 0))
  assert.deepEqual(
    new Set(items.map(({ event, title }) => `${event} ${title}`)),
    new Set(['added Not wanted', 'closed Not wanted', 'claimed It is over']),
  )
})
