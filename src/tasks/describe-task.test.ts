import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { describeTask, sinceOf, whyNotTaken } from './describe-task.ts'
import type { ObjectId } from './git/objects.ts'
import type { Task } from './task.ts'
import { openTestDesk } from './testing/desk-bench.ts'
import { createMemoryServer } from './testing/memory-remote.ts'

const { signal } = new AbortController()

/** A task on a server of its own, and how it is told after so many holdings that failed. */
async function openStand() {
  const clock = createVirtualClock({ startsAt: 1_000_000 })
  const remote = createMemoryServer({ clock }, { latencyMs: 5 }).connect('ada')
  const { desk, add } = await openTestDesk('/srv/git/shop.git', { deps: { clock, openRemote: () => remote } })
  const task = await add('The cart forgets')
  const fail = async (reason: string): Promise<void> => {
    const sight = await clock.run(desk.sight(task.key, { signal }))
    const epoch = sight.meaning.meaning === 'free' ? sight.meaning.epoch : assert.fail(sight.meaning.meaning)
    const attempt = await clock.run(desk.claim(task, sight, { epoch, signal }))
    if (attempt.result === 'held') await clock.run(attempt.holder.release(reason, { signal }))
  }
  const told = async (change: Partial<Task> = {}) => {
    const [changed, sight] = [{ ...task, ...change }, await clock.run(desk.sight(task.key, { signal }))]
    const { claim, epoch, holder } = describeTask(changed, sight)
    const needed = { open: new Set<string>(), missing: new Map() }
    return [claim, epoch, holder, whyNotTaken(changed, sight, { wishes: { labels: [], types: [] }, needed })]
  }
  const since = async (change: Partial<Task> = {}) => sinceOf({ ...task, ...change }, await clock.run(desk.sight(task.key, { signal })))
  const hold = async () => {
    const attempt = await clock.run(desk.claim(task, await clock.run(desk.sight(task.key, { signal })), { epoch: 1, signal }))
    return attempt.result === 'held' ? attempt.holder : assert.fail(attempt.result)
  }
  return { clock, desk, remote, task, fail, hold, told, since }
}

test('a task that waits for a person is told so, with the epoch it had and what the person is needed for', async () => {
  const { fail, told } = await openStand()
  assert.deepEqual(await told(), ['free', 0, null, undefined])
  await fail('failed: needs a person: which database?')
  assert.deepEqual(await told(), ['free', 1, null, undefined])
  assert.deepEqual(await told({ labels: ['needs-human'] }), ['needs-human', 1, null, 'it waits for a person: which database?'])
  assert.deepEqual(await told({ labels: ['needs-human'], state: 'closed' }), ['free', 1, null, 'it is closed'])
})

test('a task that failed three times in a row waits for a person, with or without the label, and says why it failed last', async () => {
  const { fail, told } = await openStand()
  for (const reason of ['failed: one', 'failed: two', 'failed: the tests hang']) await fail(reason)
  const why = 'it waits for a person: work on it failed 3 times in a row; the last time: the tests hang'
  assert.deepEqual(await told(), ['needs-human', 3, null, why])
  assert.deepEqual(await told({ labels: ['needs-human'] }), ['needs-human', 3, null, why])
})

test('how a task stands is told with the moment since when it does, which no renewal moves', async () => {
  const { clock, desk, task, hold, since } = await openStand()
  assert.equal(await since(), undefined)
  const holder = await hold()
  const claimed = await since()
  await clock.advance(60_000)
  await clock.run(holder.renew({ signal }))
  assert.deepEqual([await since(), claimed?.slice(0, 16)], [claimed, '1970-01-01T00:16'])
  await clock.run(holder.release('failed: needs a person: which database?', { signal }))
  assert.equal((await since({ labels: ['needs-human'] }))?.slice(0, 16), '1970-01-01T00:17')
  await clock.run(desk.interrupt(task.key, { kind: 'done', reason: 'by-person: no', signal }))
  assert.equal((await since({ state: 'closed' }))?.slice(0, 16), '1970-01-01T00:17')
})

test('of a label that a person put on, and of an issue that a person closed, the chain does not say since when', async () => {
  const { fail, since } = await openStand()
  await fail('shutdown: the node ends')
  assert.notEqual(await since(), undefined)
  assert.deepEqual([await since({ labels: ['needs-human'] }), await since({ state: 'closed' })], [undefined, undefined])
})

test('of a claim that the git server names and does not give a person is told what to do', async () => {
  const { clock, remote, task, told } = await openStand()
  const update = { ref: `refs/althing/claims/${task.key}`, old: undefined, new: 'f'.repeat(40) as ObjectId }
  await clock.run(remote.push({ updates: [update], objects: [], isAtomic: false }, { signal }))
  const [claim, , , why] = await told()
  assert.equal(claim, 'unreadable')
  assert.match(String(why), /names f{40} as its claim and does not give that commit.*delete the ref/)
})
