import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { FleetPeer } from '../journal/testing/fleet.ts'
import { createFleet } from '../journal/testing/fleet.ts'
import { testHive } from '../journal/testing/bench-of-peers.ts'
import { createSeededChance } from '../lib/chance.ts'
import { silentLog } from '../lib/log.ts'
import { makeNonce } from '../tasks/claims/make-claim.ts'
import { ProjectDesk } from '../tasks/desk.ts'
import { createWorkView } from '../tasks/records/work-view.ts'
import { promptByRecords } from '../tasks/talk/prompt-by-records.ts'
import { silentTalk } from '../tasks/talk/talk.ts'
import type { Talk } from '../tasks/talk/talk.ts'
import { newsReader } from '../tasks/talk/protocol.ts'
import { TaskTalk } from '../tasks/talk/task-talk.ts'
import { createMemoryServer } from '../tasks/testing/memory-remote.ts'
import type { Project, TaskKey } from '../tasks/task.ts'
import { projectIdOf } from '../tasks/task.ts'
import type { WorkEnd } from './work-end.ts'
import type { WorkerOptions } from './worker.ts'
import { Worker } from './worker.ts'

const url = '/srv/git/shop.git'
const project: Project = { id: projectIdOf(url), url, forge: 'git', base: 'main' }
const names = ['ada', 'bob', 'cy', 'dan', 'eve', 'fay', 'gus', 'hal']
const deskOptions = {
  ...{ ttlSeconds: 900, limitedNodes: 0, form: 'native' as const, label: 'bzzz-task', trustedAuthors: [] },
  ...{ renewalWindowMs: 0, collectAfterMs: 604_800_000, dependencyPatienceMs: 3_600_000 },
}
const workerOptions: WorkerOptions = {
  ...{ label: 'bzzz-task', types: [], maxTasks: 1, pollMs: 10_000, lookMs: 300_000, checkpointMs: 8_000, price: 0 },
  about: { agent: 'ada-laptop:backend', models: ['ollama/qwen3-coder'], answers: false },
}

interface Took {
  readonly name: string
  readonly task: TaskKey
  /** Milliseconds of virtual time. */
  readonly at: number
}

/** Workers on nodes of one hive, whose git server is in memory; each works on a task as long as a test says. */
async function openShop(
  t: TestContext,
  who: readonly string[],
  given: Partial<WorkerOptions> & { readonly isSilent?: boolean; readonly ttlSeconds?: number } = {},
) {
  const { isSilent = false, ttlSeconds = deskOptions.ttlSeconds, ...options } = given
  const seed = 7
  t.diagnostic(`seed ${seed}`)
  const fleet = createFleet(t, { seed })
  const { clock } = fleet
  const server = createMemoryServer({ clock }, { latencyMs: 5 })
  const [took, looks]: [Took[], string[]] = [[], []]
  const state: { workMs: number; end: WorkEnd } = { workMs: 3_600_000, end: { end: 'in-review', pull: '1', url: 'x', wasThere: false } }
  const open = async (name: string) => {
    const peer = await fleet.open(name, { views: [createWorkView()] })
    const chance = createSeededChance(seed + names.indexOf(name))
    const deps = { clock, chance, log: silentLog, hive: testHive, key: peer.key }
    const talk = new TaskTalk({ ...deps, host: peer.host, isMember: () => true, reader: newsReader })
    const off = promptByRecords(peer.journal, (prompted) => talk.prompt(prompted))
    const remote = server.connect(name)
    const desk = new ProjectDesk(
      {
        ...deps,
        ...{ database: peer.database, journal: peer.journal, self: { peer: peer.node, process: makeNonce(chance) } },
        ...{ isAdmitted: () => true, ranHere: () => false, beforeClaim: async () => {} },
        openRemote: () => ({
          ...remote,
          listRefs: (prefixes, waiting) => {
            looks.push(name)
            return remote.listRefs(prefixes, waiting)
          },
        }),
        openForge: () => Promise.reject(new Error('a repository has no forge')),
      },
      project,
      { ...deskOptions, ttlSeconds },
    )
    const spoken: Talk = isSilent ? silentTalk : talk
    const worker = new Worker(
      {
        ...{ clock, log: silentLog, desks: () => [desk], isMerged: async () => false, tell: () => {}, escalate: () => {}, talk: spoken },
        supervise: async (_desk, { task, holder }, { signal }) => {
          took.push({ name, task: task.key, at: clock.monotonic() })
          await clock.sleep(state.workMs, { signal })
          if (state.end.end === 'released') await holder.release(state.end.reason, { signal })
          return state.end
        },
      },
      { ...workerOptions, ...options },
    )
    const stop = new AbortController()
    let running: Promise<void> | undefined
    t.after(async () => {
      off()
      stop.abort(new Error('the test is over'))
      await clock.run(Promise.all([running, talk[Symbol.asyncDispose]()]))
    })
    const run = (): void => {
      running = worker.run({ signal: stop.signal }).catch(() => {})
    }
    return { peer, desk, worker, talk, run }
  }
  const nodes: Awaited<ReturnType<typeof open>>[] = []
  for (const name of who) nodes.push(await open(name))
  await fleet.connect(...nodes.map(({ peer }): FleetPeer => peer))
  for (const { run } of nodes) run()
  await clock.advance(2_000)
  /** Adds tasks on the first node, each a journal entry that spreads. */
  const add = async (...titles: readonly string[]): Promise<void> => {
    const { records } = nodes[0]?.desk ?? assert.fail('there is no node')
    assert.ok(records !== undefined)
    for (const title of titles) await clock.run(records.add({ title, body: '', labels: ['bzzz-task'] }))
  }
  return { clock, fleet, server, nodes, took, looks, state, add }
}

test('from first sight to a claim takes well under a second, and of two nodes one pushes', async (t) => {
  const { clock, server, took, add } = await openShop(t, ['ada', 'bob'])
  const began = clock.monotonic()
  await add('The cart forgets')
  await clock.advance(5_000)
  assert.equal(took.length, 1)
  assert.ok((took[0]?.at ?? 0) - began < 900, `${(took[0]?.at ?? 0) - began} ms`)
  assert.equal(server.pushes.length, 1)
})

test('of eight nodes that see a task at once one pushes', async (t) => {
  const { clock, server, took, add } = await openShop(t, names)
  const began = clock.monotonic()
  await add('The cart forgets')
  await clock.advance(20_000)
  assert.equal(took.length, 1)
  assert.ok((took[0]?.at ?? 0) - began < 500, `${(took[0]?.at ?? 0) - began} ms`)
  assert.equal(server.pushes.length, 1)
})

test('without a word among them all eight push, and one wins', async (t) => {
  const { clock, server, took, add } = await openShop(t, names, { isSilent: true })
  await add('The cart forgets')
  await clock.advance(20_000)
  assert.equal(took.length, 1)
  assert.ok(server.pushes.length > 1, `${server.pushes.length} pushes`)
})

test('eight nodes take eight tasks, each one, in few pushes and little time', async (t) => {
  const { clock, server, took, add } = await openShop(t, names)
  const began = clock.monotonic()
  await add(...Array.from({ length: 8 }, (_, index) => `Task ${index}`))
  await clock.advance(20_000)
  assert.equal(new Set(took.map(({ task }) => task)).size, 8)
  assert.equal(new Set(took.map(({ name }) => name)).size, 8)
  assert.ok(server.pushes.length <= 9, `${server.pushes.length} pushes`)
  const last = Math.max(...took.map(({ at }) => at)) - began
  assert.ok(last < 600, `${last} ms`)
})

test('gossip that is split costs a push, and never a second holder', async (t) => {
  const { clock, fleet, server, nodes, took, add } = await openShop(t, ['ada', 'bob'])
  for (const { worker } of nodes) worker.pause()
  await add('The cart forgets')
  await clock.advance(1_000)
  fleet.network.partition(nodes.map(({ peer }) => [peer.node]))
  await clock.advance(91_000)
  for (const { worker } of nodes) worker.resume()
  await clock.advance(5_000)
  assert.deepEqual(
    server.pushes.map(({ isTaken }) => isTaken),
    [true, false],
  )
  assert.equal(took.length, 1)
})

test('of idle nodes one looks at a project for all; a node that another prompts looks at once', async (t) => {
  const { clock, looks, took, add, fleet, nodes } = await openShop(t, ['ada', 'bob', 'cy'])
  await clock.advance(60_000)
  looks.length = 0
  await clock.advance(120_000)
  const [poller, ...others] = [...new Set(looks)]
  assert.ok(poller !== undefined)
  assert.deepEqual(others, [])
  assert.ok(looks.length >= 12)
  await add('The cart forgets')
  await clock.advance(3_000)
  assert.equal(took.length, 1)
  // another looks when the poller falls silent, long before its own five minutes
  const gone = nodes.find(({ peer }) => peer.name === poller)
  assert.ok(gone !== undefined)
  fleet.network.sleep(gone.peer.node)
  gone.worker.pause()
  looks.length = 0
  await clock.advance(60_000)
  assert.ok(looks.some((name) => name !== poller))
})

test('everybody looks himself in time, whoever says that it looks for all', async (t) => {
  const { clock, looks } = await openShop(t, ['ada', 'bob'], { lookMs: 100_000 })
  await clock.advance(10_000)
  looks.length = 0
  await clock.advance(220_000)
  assert.equal(new Set(looks).size, 2)
})

test('a task that is given back is taken by another at once, and not after its rest', async (t) => {
  const { clock, took, state, add } = await openShop(t, ['ada', 'bob'], { pollMs: 60_000 })
  state.workMs = 1_000
  state.end = { end: 'released', reason: 'failed: no idea' }
  await add('The cart forgets')
  await clock.advance(5_000)
  assert.deepEqual(took.map(({ name }) => name).toSorted(), ['ada', 'bob'])
  const [first, second] = took
  assert.ok(first !== undefined && second !== undefined && second.at - first.at < 2_500, `${(second?.at ?? 0) - (first?.at ?? 0)} ms`)
})

test('a worker that is busy, paused or gone says so, and nobody waits for it', async (t) => {
  const { clock, nodes, add, took } = await openShop(t, ['ada', 'bob'])
  const [ada, bob] = nodes
  assert.ok(ada !== undefined && bob !== undefined)
  assert.deepEqual(
    ada.talk.workers().map(({ slots }) => slots),
    [1],
  )
  bob.worker.pause()
  await clock.advance(100)
  assert.deepEqual(
    ada.talk.workers().map(({ slots }) => slots),
    [0],
  )
  const began = clock.monotonic()
  await add('The cart forgets')
  await clock.advance(1_000)
  assert.deepEqual(
    took.map(({ name }) => name),
    ['ada'],
  )
  assert.ok((took[0]?.at ?? 0) - began < 100)
  assert.deepEqual(
    bob.talk.workers().map(({ slots }) => slots),
    [0],
  )
})

test('rule 13: who is heard but does not renew keeps its task for one lease more; who fell silent does not', async (t) => {
  for (const [isAlive, from, to] of [
    [true, 120_000, 160_000],
    [false, 60_000, 110_000],
  ] as const) {
    const { clock, fleet, nodes, took, add } = await openShop(t, ['ada', 'bob'], { ttlSeconds: 60 })
    await add('The cart forgets')
    await clock.advance(3_000)
    const holder = nodes.find(({ peer }) => peer.name === took[0]?.name)
    assert.ok(holder !== undefined)
    if (!isAlive) fleet.network.sleep(holder.peer.node)
    await clock.advance(200_000)
    const [first, second] = took
    assert.ok(first !== undefined && second !== undefined && second.name !== first.name)
    const waited = second.at - first.at
    assert.ok(waited > from && waited < to, `${waited} ms`)
  }
})
