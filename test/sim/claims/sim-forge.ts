import { tasksFaults } from '../../../src/tasks/faults.ts'
import type { Forge, ForgeComment, Issue, PullRequest } from '../../../src/tasks/forges/forge.ts'
import type { LoggedPull } from '../../../src/tasks/rules/ref-log.ts'
import type { Clock } from '../../../src/lib/clock.ts'
import { parseTaskKey } from '../../../src/tasks/task.ts'
import type { LineDeps, LineState } from './sim-line.ts'
import { askServer } from './sim-line.ts'
import type { SimServer } from './sim-server.ts'

/** The label of tasks. */
export const taskLabel = 'bzzz-task'

interface KnownPull {
  readonly pull: PullRequest
  /** What its branch was at when it was merged. */
  readonly merged?: string | undefined
  readonly from: number
  readonly until: number
}

/** Issues and pull requests of one project. Refuses a second pull request of one head and base, as forges do, and one of a branch that has nothing new. */
export class SimForge {
  readonly #clock: Clock
  readonly #server: Pick<SimServer, 'ref'>
  readonly #issues = new Map<number, Issue>()
  readonly #comments = new Map<number, ForgeComment[]>()
  readonly #pulls: KnownPull[] = []
  #changes = 0
  #made = 0
  /** Requests of any kind. */
  requests = 0

  constructor(clock: Clock, server: Pick<SimServer, 'ref'>) {
    this.#clock = clock
    this.#server = server
  }

  /** A new issue that is a task; gives its number. */
  addIssue(): number {
    const number = this.#issues.size + 1
    const author = { name: 'ada', isTrusted: true }
    const text = { title: `Task ${number}`, body: 'As it says.' }
    this.#set({ number, ...text, author, labels: [taskLabel], assignees: [], isOpen: true, url: `sim:${number}`, updatedAt: 0 })
    return number
  }

  /** What a person does: merges the pull requests that have been open for so long. Every second one closes its issue, as its text asks for. */
  mergeOlderThan(ms: number): void {
    for (const [index, known] of this.#pulls.entries()) {
      if (known.pull.state !== 'open' || this.#clock.monotonic() - known.from < ms) continue
      const merged = this.#server.ref(`refs/heads/${known.pull.head}`)
      this.#pulls[index] = { ...known, pull: { ...known.pull, state: 'merged' }, merged, until: this.#clock.monotonic() }
      const number = Number(known.pull.head.replace('althing/issue-', ''))
      if (number % 2 === 0) this.#set({ ...this.#issue(number), isOpen: false })
    }
  }

  /** Every pull request that was ever open. */
  pulls(): readonly LoggedPull[] {
    return this.#pulls.flatMap(({ pull, from, until }) => {
      const task = parseTaskKey(pull.head.replace('althing/', ''))
      return task === undefined ? [] : [{ task, base: pull.base, id: pull.id, from, until }]
    })
  }

  /** The forge as one process reaches it. */
  reach(deps: LineDeps, line: LineState): Forge {
    const failures = {
      unreachable: () => tasksFaults.create('FORGE_FAILED', { message: 'the connection broke' }),
      late: () => tasksFaults.create('FORGE_FAILED', { message: 'no answer came' }),
    }
    const ask = <T>(work: () => T, { signal }: { readonly signal: AbortSignal }): Promise<T> => {
      this.requests += 1
      return askServer(deps, line, { work, failures, signal })
    }
    return {
      kind: 'gitea',
      self: () => Promise.resolve('althing-bot'),
      issues: ({ cursor }, waiting) => ask(() => this.#page(cursor), waiting),
      issue: (number, waiting) => ask(() => this.#issue(number), waiting),
      comments: (number, waiting) => ask(() => this.#comments.get(number) ?? [], waiting),
      comment: (number, { body, id }, waiting) => ask(() => this.#comment(number, body, id), waiting),
      label: (number, { add, remove }, waiting) =>
        ask(() => {
          const issue = this.#issue(number)
          this.#set({ ...issue, labels: [...issue.labels.filter((label) => !remove.includes(label)), ...add] })
        }, waiting),
      setOpen: (number, isOpen, waiting) => ask(() => this.#set({ ...this.#issue(number), isOpen }), waiting),
      assign: (number, { add, remove }, waiting) =>
        ask(() => {
          const issue = this.#issue(number)
          this.#set({ ...issue, assignees: [...issue.assignees.filter((name) => !remove.includes(name)), ...add] })
        }, waiting),
      openPull: ({ head, base, body }, waiting) => ask(() => this.#openPull(head, base, body), waiting),
      findPull: (branches, waiting) => ask(() => this.#findOpen(branches), waiting),
      listMerged: (branches, waiting) => ask(() => this.#listMerged(branches), waiting),
      pull: (id, waiting) => ask(() => this.#pull(id), waiting),
      feedback: async () => ({ remarks: [], failures: [] }),
      checks: (_, waiting) => ask(() => 'none' as const, waiting),
    }
  }

  #page(cursor: string | undefined) {
    const since = cursor === undefined ? undefined : Number(cursor)
    const isWanted = (issue: Issue): boolean => (since === undefined ? issue.isOpen : issue.updatedAt > since)
    return { issues: [...this.#issues.values()].filter(isWanted), cursor: String(this.#changes), hasMore: false }
  }

  #issue(number: number): Issue {
    const issue = this.#issues.get(number)
    if (issue === undefined) throw tasksFaults.create('FORGE_MISSING', { message: `there is no issue ${number}` })
    return issue
  }

  /** The time of a change is its number: no two are at once. */
  #set(issue: Issue): void {
    this.#changes += 1
    this.#issues.set(issue.number, { ...issue, updatedAt: this.#changes })
  }

  #comment(number: number, body: string, id: string | undefined): string {
    const comments = this.#comments.get(number) ?? []
    const own = id ?? `${number}-${comments.length}`
    const comment = { id: own, author: { name: 'althing-bot', isTrusted: true }, body, updatedAt: this.#changes }
    this.#comments.set(number, [...comments.filter((each) => each.id !== own), comment])
    this.#set(this.#issue(number))
    return own
  }

  #openPull(head: string, base: string, body: string): PullRequest & { readonly wasThere: boolean } {
    const known = this.#findOpen({ head, base })
    if (known !== undefined) return { ...known, wasThere: true }
    // a request that came twice, the second time after the merge: a holding opens one, and whoever asks finds it
    const merged = this.#listMerged({ head, base }).find((pull) => pull.body === body)
    if (merged !== undefined) return { ...merged, wasThere: true }
    const at = this.#server.ref(`refs/heads/${head}`)
    if (this.#pulls.some(({ pull, merged: was }) => pull.head === head && pull.base === base && was !== undefined && was === at))
      throw tasksFaults.create('FORGE_REFUSED', { message: `no commits between ${base} and ${head}`, data: { status: 422 } })
    this.#made += 1
    const [id, url] = [String(this.#made), `sim:pull/${this.#made}`]
    const pull: PullRequest = { id, url, head, base, state: 'open', isConflicted: false, areChangesRequested: false, body }
    this.#pulls.push({ pull, from: this.#clock.monotonic(), until: Infinity })
    return { ...pull, wasThere: false }
  }

  #findOpen({ head, base }: { readonly head: string; readonly base: string }): PullRequest | undefined {
    return this.#pulls.find(({ pull }) => pull.state === 'open' && pull.head === head && pull.base === base)?.pull
  }

  #listMerged({ head, base }: { readonly head: string; readonly base: string }): readonly PullRequest[] {
    const merged = this.#pulls.filter(({ pull }) => pull.state === 'merged' && pull.head === head && pull.base === base)
    return merged.toSorted((a, b) => b.until - a.until).map(({ pull }) => pull)
  }

  #pull(id: string): PullRequest {
    const known = this.#pulls.find(({ pull }) => pull.id === id)
    if (known === undefined) throw tasksFaults.create('FORGE_MISSING', { message: `there is no pull request ${id}` })
    return known.pull
  }
}
