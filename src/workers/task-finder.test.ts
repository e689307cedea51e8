import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestPeer } from '../journal/testing/bench-of-peers.ts'
import { openPeer, testHive } from '../journal/testing/bench-of-peers.ts'
import { createSeededChance } from '../lib/chance.ts'
import { silentLog } from '../lib/log.ts'
import type { VirtualClock } from '../lib/virtual-clock.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { makeNonce } from '../tasks/claims/make-claim.ts'
import { ProjectDesk } from '../tasks/desk.ts'
import { tasksFaults } from '../tasks/faults.ts'
import type { GitRemote } from '../tasks/git/remote.ts'
import { createWorkView } from '../tasks/records/work-view.ts'
import { silentTalk } from '../tasks/talk/talk.ts'
import type { Project } from '../tasks/task.ts'
import { projectIdOf } from '../tasks/task.ts'
import { createMemoryServer } from '../tasks/testing/memory-remote.ts'
import { TaskSigns } from './show-task.ts'
import type { FoundTask } from './task-finder.ts'
import { TaskFinder } from './task-finder.ts'
import type { WorkerNews } from './worker.ts'

const { signal } = new AbortController()
const chance = createSeededChance(7)

/** A project on a server of its own, which can be made to take a push and to say nothing from then on. */
function openProject(peer: TestPeer, { clock, url }: { readonly clock: VirtualClock; readonly url: string }) {
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
  const project: Project = { id: projectIdOf(url), url, forge: 'git', base: 'main' }
  const desk = new ProjectDesk(
    {
      ...{ clock, chance, log: silentLog, hive: testHive, key: peer.key, database: peer.database, journal: peer.journal },
      ...{ self: { peer: peer.node, process: makeNonce(chance) }, isAdmitted: () => true, ranHere: () => false },
      beforeClaim: async () => {},
      openRemote: () => remote,
      openForge: () => Promise.reject(new Error('a repository has no forge')),
    },
    project,
    {
      ...{ ttlSeconds: 900, limitedNodes: 0, form: 'native', label: 'bzzz-task', trustedAuthors: [] },
      ...{ renewalWindowMs: 0, collectAfterMs: 604_800_000, dependencyPatienceMs: 3_600_000 },
    },
  )
  const add = (title: string) => desk.records?.add({ title, body: '', labels: ['bzzz-task'] }) ?? assert.fail('there are records')
  return { desk, state, add }
}

/** A worker's eyes on two projects, on virtual time. */
async function openFinder() {
  const clock = createVirtualClock({ startsAt: 1_760_000_000_000 })
  const peer = await openPeer('ada', { views: [createWorkView()], clock })
  const [shop, store] = ['/srv/git/shop.git', '/srv/git/store.git'].map((url) => openProject(peer, { clock, url }))
  if (shop === undefined || store === undefined) return assert.fail('there are two projects')
  const news: WorkerNews[] = []
  const finder = new TaskFinder(
    {
      ...{ clock, log: silentLog, desks: () => [shop.desk, store.desk], isMerged: async () => false, talk: silentTalk },
      tell: (word) => news.push(word),
      ...{ signs: new TaskSigns({ log: silentLog, escalate: () => {} }), isLeftAlone: () => false, leaveAlone: () => {}, load: () => 0 },
      mayTake: () => true,
    },
    { label: 'bzzz-task', types: [], pollMs: 10_000, lookMs: 300_000, price: 0 },
  )
  const find = async (): Promise<FoundTask | undefined> => {
    finder.prompt()
    return clock.run(finder.find({ signal }))
  }
  return { clock, shop, store, news, find }
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
