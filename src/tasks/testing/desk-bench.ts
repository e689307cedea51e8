import { keyOf, openPeer, testHive } from '../../journal/testing/bench-of-peers.ts'
import { systemChance } from '../../lib/chance.ts'
import { silentLog } from '../../lib/log.ts'
import { makeNonce } from '../claims/make-claim.ts'
import type { DeskDeps, DeskOptions } from '../desk.ts'
import { ProjectDesk } from '../desk.ts'
import { createRemote } from '../git/create-remote.ts'
import type { PushRequest } from '../git/remote.ts'
import { createWorkView } from '../records/work-view.ts'
import type { Project, Task } from '../task.ts'
import { projectIdOf } from '../task.ts'
import type { HandClock } from './claim-bench.ts'
import { createHandClock, testRemoteOptions } from './claim-bench.ts'
import { testPrograms } from './git-server.ts'

/** One node's desk on a bare repository, and what it pushed there. */
export interface TestDesk {
  readonly desk: ProjectDesk
  readonly clock: HandClock
  readonly pushes: readonly PushRequest[]
  /** What the desk was opened with. */
  readonly own: DeskDeps
  /** Another desk of the same home: what a node that starts anew opens. */
  readonly reopen: (options?: Partial<DeskOptions>) => ProjectDesk
  readonly add: (title: string, body?: string) => Promise<Task>
}

export const testDeskOptions: DeskOptions = {
  ...{ ttlSeconds: 60, limitedNodes: 0, form: 'auto', label: 'bzzz-task', trustedAuthors: [] },
  ...{ renewalWindowMs: 100, collectAfterMs: 604_800_000, dependencyPatienceMs: 300_000 },
}

/** Opens a desk with records of its own, and a real git server. */
export async function openTestDesk(
  bare: string,
  { name = 'ada', deps = {} }: { readonly name?: string; readonly deps?: Partial<DeskDeps> } = {},
): Promise<TestDesk> {
  const peer = await openPeer(name, { views: [createWorkView()] })
  const clock = createHandClock()
  const project: Project = { id: projectIdOf(bare), url: bare, forge: 'git', base: 'main' }
  const pushes: PushRequest[] = []
  const server = createRemote(bare, { clock, programs: testPrograms, credentials: async () => undefined }, testRemoteOptions)
  const own: DeskDeps = {
    ...{ database: peer.database, journal: peer.journal, hive: testHive, key: keyOf(name), clock, chance: systemChance, log: silentLog },
    self: { peer: peer.journal.node, process: makeNonce(systemChance) },
    ...{ isAdmitted: () => true, ranHere: () => true, beforeClaim: async () => {} },
    openRemote: () => ({
      ...server,
      push: (request, waiting) => {
        pushes.push(request)
        return server.push(request, waiting)
      },
    }),
    openForge: () => Promise.reject(new Error('a repository has no forge')),
    ...deps,
  }
  const reopen: TestDesk['reopen'] = (options = {}) => new ProjectDesk(own, project, { ...testDeskOptions, ...options })
  const desk = reopen()
  return {
    ...{ desk, clock, pushes, own, reopen },
    add: async (title, body = '') => {
      const { records } = desk
      if (records === undefined) throw new Error('the set-up is wrong')
      return records.add({ title, body, labels: ['bzzz-task'] })
    },
  }
}
