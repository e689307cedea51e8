import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { openPeer, testHive } from '../journal/testing/bench-of-peers.ts'
import { createSeededChance } from '../lib/chance.ts'
import { silentLog } from '../lib/log.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { makeNonce } from '../tasks/claims/make-claim.ts'
import { ProjectDesk } from '../tasks/desk.ts'
import { tasksFaults } from '../tasks/faults.ts'
import { createWorkView } from '../tasks/records/work-view.ts'
import type { Projection, TaskSource } from '../tasks/source.ts'
import { silentTalk } from '../tasks/talk/talk.ts'
import type { Project } from '../tasks/task.ts'
import { projectIdOf } from '../tasks/task.ts'
import { createMemoryServer } from '../tasks/testing/memory-remote.ts'
import type { WorkEnd } from './work-end.ts'
import type { WorkerHolding } from './worker-news.ts'
import { Worker } from './worker.ts'

const url = '/srv/git/shop.git'
const project: Project = { id: projectIdOf(url), url, forge: 'git', base: 'main' }
const { signal } = new AbortController()
const patienceMs = 3_600_000

type Supervise = (holder: WorkerHolding['holder']) => Promise<WorkEnd>

/** One worker and one task; what people are shown of it, and what the operator's server would be told. */
async function openShop(t: TestContext, supervise: Supervise, body = '') {
  const clock = createVirtualClock({ startsAt: Date.UTC(2026, 0, 1) })
  const peer = await openPeer('ada', { views: [createWorkView()] })
  const chance = createSeededChance(7)
  const desk = new ProjectDesk(
    {
      ...{ clock, chance, log: silentLog, hive: testHive, key: peer.key, database: peer.database, journal: peer.journal },
      self: { peer: peer.journal.node, process: makeNonce(chance) },
      ...{ isAdmitted: () => true, ranHere: () => false, beforeClaim: async () => {} },
      openRemote: () => createMemoryServer({ clock }, { latencyMs: 5 }).connect('ada'),
      openForge: () => Promise.reject(new Error('a repository has no forge')),
    },
    project,
    {
      ...{ ttlSeconds: 900, limitedNodes: 0, form: 'native', label: 'bzzz-task', trustedAuthors: [] },
      ...{ renewalWindowMs: 0, collectAfterMs: 604_800_000, dependencyPatienceMs: patienceMs },
    },
  )
  const [told, shown]: [string[], Projection[]] = [[], []]
  const { project: show } = desk.source
  const lastComment = (): string => shown.findLast(({ comment }) => comment !== undefined)?.comment ?? ''
  const forge = {
    /** Whether it refuses to show what is to be shown. */
    isDown: false,
    takeOff: (label: string): Promise<void> => show(task.key, { add: [], remove: [label] }, { signal }),
  }
  const noteAndShow: TaskSource['project'] = async (key, projection, waiting) => {
    if (forge.isDown) throw tasksFaults.create('FORGE_FAILED', { message: 'down by the test' })
    shown.push(projection)
    return show(key, projection, waiting)
  }
  Object.assign(desk.source, { project: noteAndShow, isTold: async (_key: string, comment: string) => comment === lastComment() })
  const worker = new Worker(
    {
      ...{ clock, log: silentLog, desks: () => [desk], isMerged: async () => false, tell: () => {}, talk: silentTalk },
      escalate: ({ reason }) => told.push(reason),
      supervise: (_desk, { holder }) => supervise(holder),
    },
    {
      ...{ label: 'bzzz-task', types: [], maxTasks: 1, pollMs: 10_000, lookMs: 300_000, checkpointMs: 8_000, price: 0 },
      about: { agent: 'ada-laptop:backend', models: ['ollama/qwen3-coder'], answers: false },
    },
  )
  const task = (await desk.records?.add({ title: 'The cart forgets', body, labels: ['bzzz-task'] })) ?? assert.fail()
  const stop = new AbortController()
  const running = worker.run({ signal: stop.signal })
  t.after(async () => {
    stop.abort(new Error('the test is over'))
    await clock.run(running)
  })
  /** Labels of the task, and what its one comment says. */
  const look = async () => {
    const now = await desk.source.find(task.key, { signal })
    return { labels: now?.labels ?? [], comment: lastComment() }
  }
  return { clock, told, look, forge }
}

const failing: Supervise = async (holder) => {
  await holder.release('failed: it gave up', { signal })
  return { end: 'released', reason: 'failed: it gave up' }
}

const asking: Supervise = async (holder) => {
  await holder.release('failed: needs a person: which database?', { signal })
  return { end: 'needs-human', reason: 'which database?' }
}

const scenes: readonly (readonly [why: string, supervise: Supervise, body: string, reason: RegExp])[] = [
  ['an agent that asks, whose budget is spent, or whom nobody answers', asking, '', /^which database\?$/],
  ['three holdings in a row that failed', failing, '', /^work on it failed 3 times in a row$/],
  [
    'a task that is nowhere, on which this one depends,',
    failing,
    'It depends on t-0123456789ab.',
    /^it depends on t-0123456789ab, which no project of this node has$/,
  ],
]

for (const [why, supervise, body, reason] of scenes)
  test(`${why} brings a task before a person: by its label, its comment, and once to the server that is to hear of it`, async (t) => {
    const { clock, told, look } = await openShop(t, supervise, body)
    await clock.advance(patienceMs + 600_000)
    assert.equal(told.length, 1)
    assert.match(told[0] ?? '', reason)
    const { labels, comment } = await look()
    assert.deepEqual(labels, ['bzzz-task', 'needs-human'])
    assert.ok(comment.startsWith('This waits for a person: '), comment)
    assert.ok(comment.includes(told[0] ?? ''), comment)
    // the label keeps it from everybody
    await clock.advance(600_000)
    assert.equal(told.length, 1)
  })

test('a question that the forge did not take when it was asked is shown later, and the task is not worked on meanwhile', async (t) => {
  let holdings = 0
  const { clock, told, look, forge } = await openShop(t, async (holder) => {
    holdings += 1
    return asking(holder)
  })
  forge.isDown = true
  await clock.advance(60_000)
  assert.deepEqual((await look()).labels, ['bzzz-task'])
  forge.isDown = false
  await clock.advance(patienceMs)
  assert.deepEqual((await look()).labels, ['bzzz-task', 'needs-human'])
  assert.equal(holdings, 1)
  assert.deepEqual([...new Set(told)], ['which database?'])
  // a person takes the label off
  await forge.takeOff('needs-human')
  await clock.advance(600_000)
  assert.equal(holdings, 2)
})
