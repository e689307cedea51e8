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
  const [ada, bob] = await Promise.all(
    ['ada', 'bob'].map((name) => openTestDesk('/srv/git/shop.git', { name, deps: { clock, openRemote: () => server.connect(name) } })),
  )
  if (ada === undefined || bob === undefined) throw new Error('the set-up is wrong')
  const watcher = new TaskWatcher({ clock }, { pollMs: 1_000 })
  const next = (after: number | undefined, waitMs: number) =>
    watcher.next([ada.desk], { after, late: withDeadline(clock, waitMs, signal), signal })
  return { clock, ada, bob, next }
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
    told.items.map(({ event, key, title }) => [event, key, title]),
    [['added', task.key, 'The cart forgets']],
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
  assert.deepEqual(await clock.run(next(after, 5_000)), { items: [], after, hasGap: false })
  assert.equal((await clock.run(next(3, 0))).hasGap, true)
})
