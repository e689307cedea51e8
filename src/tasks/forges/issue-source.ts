import type { Clock } from '../../lib/clock.ts'
import { describeError, Fault } from '../../lib/fault.ts'
import type { Log } from '../../lib/log.ts'
import { issueHashOf } from '../issue-hash.ts'
import type { Projection, PullRequests, TaskSource } from '../source.ts'
import type { ProjectId, Task, TaskKey } from '../task.ts'
import { issueOfTaskKey, taskKeyOfIssue } from '../task.ts'
import type { Forge, ForgeAuthor, Issue } from './forge.ts'
import { unlessMissing } from './tolerate.ts'

interface Waiting {
  readonly signal: AbortSignal
}

export interface IssueSourceDeps {
  readonly clock: Clock
  readonly log: Log
  /** Asked once; loads what the forge needs. */
  readonly openForge: () => Promise<Forge>
}

export interface IssueSourceOptions {
  readonly project: ProjectId
  /** The label that makes an issue a task. */
  readonly label: string
  /** Names whose text counts beside that of owners, members and collaborators. */
  readonly trustedAuthors: readonly string[]
}

/** Everything open is looked at anew after so long, in milliseconds: an issue may be gone without having changed. */
const wholeLookMs = 300_000
/** Most pages of one look. */
const maxPages = 100
/** How a comment of ours is known. A person's text with it counts for nothing. */
const marker = '<!-- althing -->'

function commentOf(text: string): string {
  return `${text}\n\n${marker}`
}

/** The issues of a forge that have the label as tasks, and its pull requests. */
export function createIssueSource(deps: IssueSourceDeps, options: IssueSourceOptions): TaskSource & PullRequests {
  return new IssueSource(deps, options)
}

/** After these the forge is asked no more: it does not answer, or wants to be left alone. */
const silences: readonly string[] = ['FORGE_FAILED', 'FORGE_LIMITED']

/** One after another, each though the forge refused one before it. @throws the first refusal */
async function takeAll(steps: readonly (() => Promise<void>)[]): Promise<void> {
  let first: Fault | undefined
  for (const step of steps)
    try {
      await step()
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      first ??= error
      if (silences.includes(error.code)) break
    }
  if (first !== undefined) throw first
}

interface KnownIssue {
  readonly issue: Issue
  readonly task: Task
}

class IssueSource implements TaskSource, PullRequests {
  readonly #deps: IssueSourceDeps
  readonly #options: IssueSourceOptions
  readonly #known = new Map<number, KnownIssue>()
  /** Issues that were too long to be read, and when they were changed last then. */
  readonly #tooLong = new Map<number, number>()
  #forge: Promise<Forge> | undefined
  #self: string | undefined
  #cursor: string | undefined
  #lookedAt = 0

  constructor(deps: IssueSourceDeps, options: IssueSourceOptions) {
    this.#deps = deps
    this.#options = options
  }

  readonly open = async (waiting: Waiting): Promise<readonly Task[]> => {
    const now = this.#deps.clock.monotonic()
    const isWhole = this.#cursor === undefined || now - this.#lookedAt >= wholeLookMs
    const seen = await this.#look(isWhole ? undefined : this.#cursor, waiting)
    if (isWhole) {
      for (const issues of [this.#known, this.#tooLong])
        for (const number of issues.keys()) if (!seen.issues.has(number)) issues.delete(number)
      this.#lookedAt = now
    }
    for (const issue of seen.issues.values()) {
      if (!this.#isTask(issue)) this.#known.delete(issue.number)
      else if (this.#known.get(issue.number)?.issue.updatedAt !== issue.updatedAt) await this.#readIfCan(issue, waiting)
    }
    // kept last: a look that broke off is made again. Where the small looks stand a whole one leaves: it knows less of what was closed
    if (!isWhole || this.#cursor === undefined) this.#cursor = seen.cursor
    return [...this.#known.values()].map(({ task }) => task)
  }

  readonly find = async (key: TaskKey, waiting: Waiting): Promise<Task | undefined> => {
    const number = issueOfTaskKey(key)
    if (number === undefined) return undefined
    const forge = await this.#open()
    const issue = await forge.issue(number, waiting).catch(unlessMissing)
    if (issue !== undefined && issue.isConfidential !== true) return this.#read(issue, waiting)
    this.#known.delete(number)
    return undefined
  }

  readonly project = async (key: TaskKey, { add, remove, comment, state, assignee }: Projection, waiting: Waiting): Promise<void> => {
    const number = issueOfTaskKey(key)
    if (number === undefined) return
    const forge = await this.#open()
    const issue = await forge.issue(number, waiting)
    const change = {
      add: add.filter((label) => !issue.labels.includes(label)),
      remove: remove.filter((label) => issue.labels.includes(label)),
    }
    await takeAll([
      // first: the label of a task that is over stands for an issue that was closed
      async () => {
        if (state !== undefined && issue.isOpen !== (state === 'open')) await forge.setOpen(number, state === 'open', waiting)
      },
      async () => {
        if (change.add.length + change.remove.length > 0) await forge.label(number, change, waiting)
      },
      async () => {
        if (assignee !== undefined) await this.#assign(issue, assignee, waiting)
      },
      async () => {
        if (comment !== undefined) await this.#comment(number, comment, waiting)
      },
    ])
  }

  readonly isTold = async (key: TaskKey, text: string, waiting: Waiting): Promise<boolean> => {
    const number = issueOfTaskKey(key)
    if (number === undefined) return true
    const self = await this.#who(waiting)
    const comments = await (await this.#open()).comments(number, waiting)
    return comments.some(({ body, author }) => body === commentOf(text) && (author.name === self || this.#isTrusted(author)))
  }

  readonly openPull: PullRequests['openPull'] = async (draft, waiting) => (await this.#open()).openPull(draft, waiting)
  readonly findPull: PullRequests['findPull'] = async (branches, waiting) => (await this.#open()).findPull(branches, waiting)
  readonly listMerged: PullRequests['listMerged'] = async (branches, waiting) => (await this.#open()).listMerged(branches, waiting)
  readonly pull: PullRequests['pull'] = async (id, waiting) => (await this.#open()).pull(id, waiting)
  readonly checks: PullRequests['checks'] = async (commit, waiting) => (await this.#open()).checks(commit, waiting)

  readonly feedback: PullRequests['feedback'] = async (id, waiting) => {
    const said = await (await this.#open()).feedback(id, waiting)
    return { ...said, remarks: said.remarks.filter(({ author, text }) => this.#isTrusted(author) && !text.includes(marker)) }
  }

  #open(): Promise<Forge> {
    return (this.#forge ??= this.#deps.openForge())
  }

  /** The newest form of each issue; one may come twice, for looks overlap. */
  async #look(
    from: string | undefined,
    waiting: Waiting,
  ): Promise<{ readonly issues: Map<number, Issue>; readonly cursor: string | undefined }> {
    const forge = await this.#open()
    const issues = new Map<number, Issue>()
    let cursor = from
    for (let page = 0; page < maxPages; page++) {
      const found = await forge.issues({ labels: [this.#options.label], cursor }, waiting)
      for (const issue of found.issues) if ((issues.get(issue.number)?.updatedAt ?? 0) <= issue.updatedAt) issues.set(issue.number, issue)
      ;({ cursor } = found)
      if (!found.hasMore) break
    }
    return { issues, cursor }
  }

  /** One that is gone, or has more comments than are read, is no task, and keeps no other from being one: anybody may write comments. */
  async #readIfCan(issue: Issue, waiting: Waiting): Promise<void> {
    const { number, updatedAt } = issue
    if (this.#tooLong.get(number) === updatedAt) return
    try {
      await this.#read(issue, waiting)
      this.#tooLong.delete(number)
    } catch (error) {
      if (!(error instanceof Fault) || (error.code !== 'FORGE_TOO_LONG' && error.code !== 'FORGE_MISSING')) throw error
      this.#known.delete(number)
      // gone since it was listed
      if (error.code === 'FORGE_MISSING') return
      this.#tooLong.set(number, updatedAt)
      this.#deps.log.warn('an issue is no task, for it is too long', {
        project: this.#options.project,
        number,
        reason: describeError(error),
      })
    }
  }

  /** An issue with what trusted people said below it. */
  async #read(issue: Issue, waiting: Waiting): Promise<Task> {
    const forge = await this.#open()
    const comments = (await forge.comments(issue.number, waiting)).filter(
      ({ author, body }) => this.#isTrusted(author) && !body.includes(marker),
    )
    const { number, title, body, labels, url, updatedAt } = issue
    const task: Task = {
      project: this.#options.project,
      key: taskKeyOfIssue(number),
      number,
      title,
      body: [body, ...comments.map((comment) => `${comment.author.name} said:\n${comment.body}`)].join('\n\n---\n\n'),
      labels,
      state: issue.isOpen ? 'open' : 'closed',
      issueHash: issueHashOf({ title, body, comments: comments.map((comment) => comment.body) }),
      url,
      updatedAt,
      ...(this.#isTrusted(issue.author) ? {} : { untrustedAuthor: issue.author.name }),
    }
    if (this.#isTask(issue)) this.#known.set(number, { issue, task })
    else this.#known.delete(number)
    return task
  }

  #isTask({ isOpen, isConfidential, labels }: Issue): boolean {
    return isOpen && isConfidential !== true && labels.includes(this.#options.label)
  }

  #isTrusted({ name, isTrusted }: ForgeAuthor): boolean {
    return isTrusted || this.#options.trustedAuthors.includes(name)
  }

  async #assign({ number, assignees }: Issue, who: 'self' | 'nobody', waiting: Waiting): Promise<void> {
    const self = await this.#who(waiting)
    if (self === undefined || assignees.includes(self) === (who === 'self')) return
    const change = who === 'self' ? { add: [self], remove: [] } : { add: [], remove: [self] }
    await (await this.#open()).assign(number, change, waiting)
  }

  /** F21: what is there decides, not what a forge said of an earlier writing. */
  async #comment(number: number, text: string, waiting: Waiting): Promise<void> {
    const forge = await this.#open()
    const self = await this.#who(waiting)
    const body = commentOf(text)
    const findOurs = async () =>
      (await forge.comments(number, waiting)).find(
        (each) => each.body.includes(marker) && (self === undefined || each.author.name === self),
      )
    const ours = await findOurs()
    if (ours?.body === body) return
    try {
      await forge.comment(number, { body, ...(ours === undefined ? {} : { id: ours.id }) }, waiting)
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'FORGE_FAILED' || (await findOurs())?.body !== body) throw error
    }
  }

  async #who(waiting: Waiting): Promise<string | undefined> {
    return (this.#self ??= await (await this.#open()).self(waiting))
  }
}
