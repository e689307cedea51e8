import type { Chance } from '../../src/lib/chance.ts'
import type { LoggedPull } from '../../src/tasks/rules/ref-log.ts'
import { parseTaskKey } from '../../src/tasks/task.ts'
import { openFixture } from '../../src/tasks/testing/fixture-forge.ts'
import { giteaFixture } from '../../src/tasks/testing/fixture-gitea.ts'
import type { Owner } from '../../src/tasks/testing/git-server.ts'
import { makeRepository, serveHttp } from '../../src/tasks/testing/git-server.ts'
import { openFaultyProxy } from './faulty-proxy.ts'
import type { FaultyProxy } from './faulty-proxy.ts'
import { logEverything } from './logged-repository.ts'

/** A forge of its own on loopback: git behind `http-backend`, issues and pull requests as Gitea has them, all behind a proxy that lets them fail. */
export interface ChaosForge {
  /** Of the repository. */
  readonly url: string
  /** Path of the bare repository. */
  readonly bare: string
  readonly proxy: FaultyProxy
  readonly addTasks: (count: number) => void
  /** Tasks that people have what they wanted of: their issues are closed. */
  readonly countOver: () => number
  /** What people do: merges pull requests that were open when this was called before. Each says which issue it closes, and does. */
  readonly mergeOld: () => void
  /** Pull requests, by the wall clock. */
  readonly pulls: () => readonly LoggedPull[]
}

/** Opens the forge; it is gone with its owner. */
export async function openChaosForge(owner: Owner, chance: Chance): Promise<ChaosForge> {
  const bare = await makeRepository(owner)
  await logEverything(bare)
  const git = await serveHttp(owner, bare)
  const { origin: api, state } = await openFixture(owner, giteaFixture)
  const target = (path: string): URL => (path.startsWith('/api/') ? new URL(path, api) : new URL(path.replace('/team/', '/'), git))
  const proxy = await openFaultyProxy(owner, chance, target)
  const spans = new Map<number, { readonly from: number; until: number }>()
  const look = (): void => {
    for (const { number, state: now } of state.pulls) {
      const span = spans.get(number) ?? { from: Date.now(), until: Infinity }
      spans.set(number, span)
      if (now !== 'open') span.until = Math.min(span.until, Date.now())
    }
  }
  return {
    url: `${proxy.origin}/team/shop.git`,
    bare,
    proxy,
    addTasks: (count) => {
      for (let added = 0; added < count; added++) state.addIssue({ body: 'As it says.' })
    },
    countOver: () => [...state.issues.values()].filter(({ isOpen }) => !isOpen).length,
    mergeOld: () => {
      for (const pull of state.pulls.filter(({ number, state: now }) => now === 'open' && spans.has(number))) {
        pull.state = 'merged'
        pull.updatedAt = state.touch()
        const issue = state.issues.get(Number(/Closes #(\d+)/.exec(pull.body)?.[1]))
        if (issue === undefined) continue
        issue.isOpen = false
        issue.updatedAt = state.touch()
      }
      look()
    },
    pulls: () => {
      look()
      return state.pulls.flatMap(({ number, head, base }): readonly LoggedPull[] => {
        const task = parseTaskKey(head.replace('althing/', ''))
        const span = spans.get(number)
        return task === undefined || span === undefined ? [] : [{ task, base, id: String(number), ...span }]
      })
    },
  }
}
