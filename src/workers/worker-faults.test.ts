import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { openPeer, testHive } from '../journal/testing/bench-of-peers.ts'
import { createSeededChance } from '../lib/chance.ts'
import { silentLog } from '../lib/log.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { listHistory } from '../tasks/claims/history.ts'
import { makeNonce } from '../tasks/claims/make-claim.ts'
import type { DeskOptions } from '../tasks/desk.ts'
import { ProjectDesk } from '../tasks/desk.ts'
import type { GitRemote } from '../tasks/git/remote.ts'
import { createWorkView } from '../tasks/records/work-view.ts'
import { silentTalk } from '../tasks/talk/talk.ts'
import type { Talk } from '../tasks/talk/talk.ts'
import type { Project, Task } from '../tasks/task.ts'
import { projectIdOf } from '../tasks/task.ts'
import { createMemoryServer } from '../tasks/testing/memory-remote.ts'
import { Fault } from '../lib/fault.ts'
import { hinder } from './work-end.ts'
import type { WorkEnd } from './work-end.ts'
import type { WorkerOptions } from './worker.ts'
import type { WorkerHolding } from './worker-news.ts'
import { Worker } from './worker.ts'

const url = '/srv/git/shop.git'
const project: Project = { id: projectIdOf(url), url, forge: 'git', base: 'main' }
const deskOptions: DeskOptions = {
  ...{ ttlSeconds: 900, limitedNodes: 0, form: 'native', label: 'bzzz-task', trustedAuthors: [] },
  ...{ renewalWindowMs: 0, collectAfterMs: 604_800_000, dependencyPatienceMs: 3_600_000 },
}
const workerOptions: WorkerOptions = {
  ...{ label: 'bzzz-task', types: [], maxTasks: 2, pollMs: 10_000, lookMs: 300_000, checkpointMs: 8_000, price: 0 },
  about: { agent: 'ada-laptop:backend', models: ['ollama/qwen3-coder'], answers: false },
}
const { signal } = new AbortController()
/** Another node says that it looks at the project for all. */
const talk: Talk = { ...silentTalk, isPolledByAnother: () => true }

/** What becomes of a task that is held. */
type Supervise = (task: Task, holder: WorkerHolding['holder']) => Promise<WorkEnd>

interface Given {
  readonly findHindrance?: () => string | undefined
  readonly beforeClaim?: () => Promise<void>
  /** The server as the worker reaches it. */
  readonly wrap?: (remote: GitRemote) => GitRemote
}

/** One worker on one project, whose git server is in memory, in virtual time. */
async function openShop(t: TestContext, supervise: Supervise, given: Given = {}) {
  const clock = createVirtualClock({ startsAt: Date.UTC(2026, 0, 1) })
  const server = createMemoryServer({ clock }, { latencyMs: 5 })
  const { beforeClaim = async () => {}, wrap = (remote) => remote, ...hindrance } = given
  const peer = await openPeer('ada', { views: [createWorkView()] })
  const chance = createSeededChance(7)
  const desk = new ProjectDesk(
    {
      ...{ clock, chance, log: silentLog, hive: testHive, key: peer.key, database: peer.database, journal: peer.journal },
      self: { peer: peer.journal.node, process: makeNonce(chance) },
      ...{ isAdmitted: () => true, ranHere: () => false, beforeClaim },
      openRemote: () => wrap(server.connect('ada')),
      openForge: () => Promise.reject(new Error('a repository has no forge')),
    },
    project,
    deskOptions,
  )
  const [took, idle, lost]: [string[], string[], string[]] = [[], [], []]
  const worker = new Worker(
    {
      ...{ clock, log: silentLog, desks: () => [desk], isMerged: async () => false, escalate: () => {}, talk, ...hindrance },
      tell: (news) => {
        if (news.news === 'idle') idle.push(news.reason)
        if (news.news === 'ended' && news.end.end === 'lost') lost.push(news.end.reason)
      },
      supervise: (_desk, { task, holder }) => {
        took.push(task.title)
        return supervise(task, holder)
      },
    },
    workerOptions,
  )
  for (const title of ['one', 'two', 'three']) await desk.records?.add({ title, body: '', labels: ['bzzz-task'] })
  const stop = new AbortController()
  let running: Promise<void> | undefined
  t.after(async () => {
    stop.abort(new Error('the test is over'))
    await clock.run(running ?? Promise.resolve())
  })
  const run = (): void => {
    running = worker.run({ signal: stop.signal })
  }
  /** What stands on the chains of all tasks, by title. */
  const readChains = async (): Promise<ReadonlyMap<string, readonly string[]>> => {
    const sights = await clock.run(desk.sights({ signal }))
    const chains = (desk.records?.all() ?? []).map(({ key, title }) => {
      const chain = sights.get(key)?.chain
      const links = chain === undefined ? [] : listHistory(chain, { withRenewals: true })
      return [title, links.map(({ document }) => `${document?.kind} ${document?.reason ?? ''}`.trim())] as const
    })
    return new Map(chains)
  }
  return { clock, server, desk, worker, run, took, idle, lost, readChains, stop, ended: () => running }
}

const review: Supervise = async (_task, holder) => {
  await holder.review('1', { signal })
  return { end: 'in-review', pull: '1', url: 'x', wasThere: false }
}

test('a task that cannot even be begun is given back and counts for nothing, and others that are under way go on', async (t) => {
  const begun = Promise.withResolvers<void>()
  const supervise: Supervise = async (task, holder) => {
    if (task.title === 'one') return begun.promise.then(() => review(task, holder))
    throw new Fault('SECRET_EXPOSED', 'denied', { message: 'the key can be read by everybody' })
  }
  const { clock, worker, run, took, readChains } = await openShop(t, supervise)
  run()
  await clock.advance(5_000)
  assert.deepEqual(new Set(took), new Set(['one', took.find((title) => title !== 'one')]))
  const [failed = ''] = took.filter((title) => title !== 'one')
  assert.deepEqual((await readChains()).get(failed), ['claim', 'release node-failed: the key can be read by everybody'])
  assert.equal(worker.status.tasks.length, 1)
  begun.resolve()
  await clock.advance(100)
  assert.deepEqual(worker.status.ended, { inReview: 1, released: 1, needsHuman: 0, lost: 0 })
})

test('what is no fault at all ends its task, and neither the worker nor the process', async (t) => {
  const { clock, worker, run, took } = await openShop(t, () => Promise.reject(new TypeError('undefined is not a function')))
  run()
  await clock.advance(5_000)
  assert.ok(took.length >= 1)
  assert.equal(worker.status.state, 'looking')
  assert.match(worker.status.hindrance ?? '', /not a function/)
})

test('a node that ends says so of a task that it could not begin', async (t) => {
  const stand = await openShop(t, async () => {
    stand.stop.abort(new Error('SIGTERM'))
    throw new Error('called off')
  })
  stand.run()
  await stand.clock.run(stand.ended() ?? Promise.resolve())
  const [first = ''] = stand.took
  assert.deepEqual((await stand.readChains()).get(first), ['claim', 'release shutdown: the node ends'])
})

test('a worker whose task a person paused or ended, also on its own node, says so', async (t) => {
  const kinds = { one: 'pause', two: 'done', three: 'break' } as const
  const shop = await openShop(t, async (task) => {
    const kind = kinds[task.title as keyof typeof kinds]
    await shop.desk.interrupt(task.key, { kind, reason: 'by-person: we talk', signal })
    return { end: 'lost', reason: 'the claim was taken away' }
  })
  shop.run()
  await shop.clock.advance(5_000)
  const said = new Set(shop.lost)
  for (const words of ['a person paused it', 'a person says that it is done', 'a person took it away'])
    assert.ok(said.has(`the claim was taken away: ${words}: we talk`), [...said].join('; '))
})

const down: Supervise = async (_task, holder) => {
  await holder.release('model-down: ollama does not answer', { signal })
  return hinder({ end: 'released', reason: 'model-down: ollama does not answer' }, 'ollama does not answer')
}

test('rule 15: a model that is down is tried with a task at a time, ever more seldom, and quarantines nothing', async (t) => {
  const { clock, worker, run, took, idle, readChains } = await openShop(t, down)
  run()
  await clock.advance(15_000)
  const first = took.length
  assert.ok(first <= workerOptions.maxTasks, `${first} tasks`)
  assert.equal(worker.status.hindrance, 'ollama does not answer')
  assert.deepEqual(idle, ['no task is taken for now: ollama does not answer'])
  await clock.advance(3_600_000)
  // without a rest that grows it would be some hundred
  assert.ok(took.length > first && took.length < 20, `${took.length} tasks`)
  for (const links of (await readChains()).values()) assert.ok(links.every((link) => !link.startsWith('release failed')))
  assert.equal(worker.status.ended.needsHuman, 0)
})

test('rule 15: a token that lacks a right burns no backlog: the tasks of its project are tried ever more seldom, and quarantined never', async (t) => {
  const denied: Supervise = async (_task, holder) => {
    await holder.release('refused-by-forge: no right', { signal })
    return hinder({ end: 'released', reason: 'refused-by-forge: no right' }, 'no right', 'project')
  }
  const { clock, worker, run, took, idle } = await openShop(t, denied)
  run()
  await clock.advance(15_000)
  assert.ok(took.length <= workerOptions.maxTasks, `${took.length} tasks`)
  assert.equal(worker.status.hindrance, `${project.id}: no right`)
  assert.ok(idle.includes(`no task of ${project.id} is taken for now: no right`))
  await clock.advance(3_600_000)
  assert.ok(took.length < 20, `${took.length} tasks`)
  const before = took.length
  worker.resume()
  await clock.advance(5_000)
  assert.ok(took.length > before)
})

test('rules 5 and 20: a server that refuses claims by its policy is told to people with its words, and asked ever more seldom until it takes them', async (t) => {
  const state = { pushes: 0, denies: true }
  const wrap = (remote: GitRemote): GitRemote => ({
    ...remote,
    push: (request, options) => {
      state.pushes += 1
      if (!state.denies) return remote.push(request, options)
      return Promise.resolve({
        unpackError: undefined,
        refs: request.updates.map(({ ref }) => ({ ref, result: 'refused', reason: 'pre-receive hook declined' }) as const),
      })
    },
  })
  const { clock, worker, run, took, idle } = await openShop(t, review, { wrap })
  run()
  await clock.advance(15_000)
  assert.equal(state.pushes, 1)
  assert.equal(worker.status.hindrance, `${project.id}: the git server refuses claims: pre-receive hook declined`)
  assert.ok(idle.some((reason) => reason.includes('the git server refuses claims: pre-receive hook declined')))
  await clock.advance(3_600_000)
  assert.ok(state.pushes <= 12, `${state.pushes} pushes in an hour`)
  state.denies = false
  await clock.advance(3_600_000)
  assert.equal(took.length, 3)
  assert.equal(worker.status.hindrance, undefined)
})

test('a task whose claim cannot be had for no reason of anybody is left alone for a while, and keeps no other waiting', async (t) => {
  const pushes: string[] = []
  let first: string | undefined
  const wrap = (remote: GitRemote): GitRemote => ({
    ...remote,
    push: (request, options) => {
      const ref = request.updates[0]?.ref ?? ''
      first ??= ref
      if (ref !== first) return remote.push(request, options)
      pushes.push(ref)
      return Promise.resolve({ unpackError: undefined, refs: [{ ref, result: 'refused', reason: 'missing necessary objects' }] })
    },
  })
  const { clock, worker, run, took, idle } = await openShop(t, review, { wrap })
  run()
  await clock.advance(120_000)
  assert.equal(took.length, 2)
  assert.ok(idle.some((reason) => /is left alone for a while: .*missing necessary objects/.test(reason)))
  assert.equal(worker.status.hindrance, undefined)
  await clock.advance(3_600_000)
  assert.ok(pushes.length < 100, `${pushes.length} pushes`)
})

test('a person who says to go on is believed: a model that came back is tried at once', async (t) => {
  let isDown = true
  const { clock, worker, run, took } = await openShop(t, async (task, holder) => (isDown ? down : review)(task, holder))
  run()
  await clock.advance(5_000)
  const before = took.length
  isDown = false
  worker.resume()
  await clock.advance(2_000)
  assert.ok(took.length > before)
  assert.equal(worker.status.hindrance, undefined)
})

test('a budget that is spent is looked at before a task is claimed, and the next day begins by itself', async (t) => {
  let spent: string | undefined = '$10 of "day usd=10" is spent'
  const { clock, worker, run, took, idle } = await openShop(t, review, { findHindrance: () => spent })
  run()
  await clock.advance(60_000)
  assert.deepEqual([took, idle], [[], ['no task is taken for now: $10 of "day usd=10" is spent']])
  assert.equal(worker.status.hindrance, spent)
  spent = undefined
  await clock.advance(30_000)
  assert.equal(took.length, 3)
})

test('F3: nothing is claimed before this process is on disk, where the next one finds it', async (t) => {
  const noted = Promise.withResolvers<void>()
  const beforeClaim = (): Promise<void> => noted.promise
  const { clock, server, run, took } = await openShop(t, review, { beforeClaim })
  run()
  await clock.advance(20_000)
  assert.equal(server.pushes.length, 0)
  noted.resolve()
  await clock.advance(20_000)
  assert.equal(took.length, 3)
})

test('of three tasks the one that failed counts against a node, one in review for it, and one that was in review before it came not at all', async (t) => {
  const supervise: Supervise = async (task, holder) => {
    if (task.title === 'one') {
      await holder.release('failed: no answer', { signal })
      return { end: 'released', reason: 'failed: no answer' }
    }
    await holder.review('1', { signal })
    return { end: 'in-review', pull: '1', url: 'x', wasThere: task.title === 'two' }
  }
  const { clock, desk, run, took } = await openShop(t, supervise)
  run()
  await clock.advance(5_000)
  assert.deepEqual(new Set(took), new Set(['one', 'two', 'three']))
  await clock.run(desk.sights({ signal }))
  assert.deepEqual(desk.record.countLike('general'), { tried: 2, wentWell: 1 })
})

test('a task that a node could not even begin counts for nothing in its record', async (t) => {
  const { clock, desk, run, took } = await openShop(t, () => Promise.reject(new Error('ENOSPC')))
  run()
  await clock.advance(5_000)
  assert.ok(took.length >= 1)
  await clock.run(desk.sights({ signal }))
  assert.deepEqual(desk.record.countLike('general'), { tried: 0, wentWell: 0 })
})

test('a task whose work was merged before its claim said so is closed, as done by whoever did it', async (t) => {
  const supervise: Supervise = async (task, holder) => {
    await holder.done('merged: x', { signal })
    return { end: 'merged', url: 'x', holding: task.title === 'one' ? holder.began : '0'.repeat(40) }
  }
  const { clock, desk, run, took } = await openShop(t, supervise)
  run()
  await clock.advance(60_000)
  assert.deepEqual(took.toSorted(), ['one', 'three', 'two'], 'each once')
  const shown = (desk.records?.all() ?? []).map(({ state, labels }) => [state, ...labels].join())
  assert.deepEqual(shown, Array(3).fill('closed,bzzz-task,completed'))
  await clock.run(desk.sights({ signal }))
  assert.deepEqual(desk.record.countLike('general'), { tried: 1, wentWell: 1 })
})

test('F27: a task of which the agent says that it cannot work, though it works on others, keeps none of them waiting', async (t) => {
  const supervise: Supervise = (task, holder) => (task.title === 'urgent' ? down(task, holder) : review(task, holder))
  const { clock, desk, worker, run, took } = await openShop(t, supervise)
  await desk.records?.add({ title: 'urgent', body: '', labels: ['bzzz-task', 'priority-1'] })
  run()
  await clock.advance(5_000)
  assert.deepEqual([took, worker.status.hindrance], [['urgent'], 'ollama does not answer'])
  await clock.advance(30_000)
  assert.deepEqual(took.slice(1, 4).toSorted(), ['one', 'three', 'two'])
  assert.deepEqual(took.slice(4, 5), ['urgent'], 'it is tried again after them')
})
