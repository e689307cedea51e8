import { createHash } from 'node:crypto'

/** What a forge has, whatever it calls it. */
export interface FixtureIssue {
  number: number
  title: string
  body: string
  author: string
  labels: string[]
  assignees: string[]
  isOpen: boolean
  isPull: boolean
  isConfidential: boolean
  updatedAt: number
}

export interface FixtureComment {
  readonly id: number
  readonly of: number
  readonly author: string
  body: string
  readonly isSystem: boolean
  isInternal: boolean
  updatedAt: number
}

export interface FixturePull {
  readonly number: number
  readonly title: string
  readonly body: string
  readonly head: string
  readonly base: string
  /** Whether it is from a repository of another owner, or from another of the same one. */
  readonly isFork: boolean | 'own'
  state: 'open' | 'merged' | 'closed'
  isConflicted: boolean
  /** Whether its branch was taken away. */
  isGone: boolean
  commit: string
  updatedAt: number
}

/** A review; forges that have none write it down as a note. */
export interface FixtureReview {
  readonly of: number
  readonly author: string
  /** `pending`: its author still writes it. */
  readonly word: 'approved' | 'changes-requested' | 'commented' | 'pending'
  readonly commit: string
  readonly body?: string
  /** Wall time of the forge, in milliseconds; that of the pull request where nothing is said. */
  readonly at?: number
  readonly isDismissed?: boolean
  readonly lines?: readonly FixtureLine[]
}

/** What is said at a line of a file. */
export interface FixtureLine {
  readonly author: string
  readonly path: string
  /** Where it is now; undefined where the file changed since. */
  readonly line: number | undefined
  readonly originalLine: number
  readonly body: string
  readonly at: number
  readonly isResolved?: boolean
}

/** What ran for a commit, in the words of its forge. */
export interface FixtureCheck {
  readonly word: string
  readonly name: string
  readonly said: string
  /** Whether it may fail, as GitLab has it. */
  readonly mayFail?: boolean
}

/** Everything of one repository, `team/shop`. The account of the token is `althing-bot`. */
export class FixtureState {
  readonly issues = new Map<number, FixtureIssue>()
  readonly comments: FixtureComment[] = []
  readonly labels = new Map<string, number>()
  /** Labels that the organisation has for all its repositories, with their ids. */
  readonly orgLabels = new Map<string, number>()
  readonly pulls: FixturePull[] = []
  readonly reviews: FixtureReview[] = []
  /** What ran for a commit, or its word alone; GitHub's statuses under `status …`. */
  readonly checks = new Map<string, readonly (string | FixtureCheck)[]>()
  /** What GitLab ran last for a pull request, by its number, and the parents of the commit that it ran on. */
  readonly pipelines = new Map<number, { readonly sha: string; readonly status: string; readonly parents: readonly string[] }>()
  /** Those who may write. */
  readonly members = new Set(['ada', 'bob', 'althing-bot'])
  /** Wall time of the forge; a second passes with each change. */
  now = Date.UTC(2026, 0, 1)
  #numbers = 0

  /** What ran for a commit. */
  checksOf(commit: string): readonly FixtureCheck[] {
    return (this.checks.get(commit) ?? []).map((check, at) =>
      typeof check === 'string' ? { word: check, name: `check ${at}`, said: '' } : check,
    )
  }

  next(): number {
    this.#numbers += 1
    return this.#numbers
  }

  touch(): number {
    this.now += 1_000
    return this.now
  }

  addIssue(given: Partial<FixtureIssue> = {}): FixtureIssue {
    const number = this.next()
    const plain = { title: `Issue ${number}`, body: 'It should not.', author: 'ada', labels: ['bzzz-task'], assignees: [] }
    const issue = { ...plain, isOpen: true, isPull: false, isConfidential: false, ...given, number, updatedAt: this.touch() }
    this.issues.set(number, issue)
    return issue
  }

  addComment(of: number, author: string, body: string, isSystem = false): FixtureComment {
    const updatedAt = this.touch()
    const comment = { id: 1_000 + this.comments.length, of, author, body, isSystem, isInternal: false, updatedAt }
    this.comments.push(comment)
    const issue = this.issues.get(of)
    if (issue !== undefined) issue.updatedAt = updatedAt
    return comment
  }

  addPull(given: Pick<FixturePull, 'title' | 'body' | 'head' | 'base'> & { readonly isFork?: FixturePull['isFork'] }): FixturePull {
    const updatedAt = this.touch()
    const commit = createHash('sha1').update(`${given.head}${updatedAt}`).digest('hex')
    const pull = {
      isFork: false,
      ...given,
      number: this.next(),
      state: 'open' as const,
      isConflicted: false,
      isGone: false,
      commit,
      updatedAt,
    }
    this.pulls.push(pull)
    return pull
  }

  /** Pull requests of these branches, those of forks too, that a list in this state has; the newest change first. */
  pullsBetween(head: string, base: string, states: readonly FixturePull['state'][]): readonly FixturePull[] {
    return this.pulls
      .filter((pull) => states.includes(pull.state) && pull.head === head && pull.base === base)
      .toSorted((a, b) => b.updatedAt - a.updatedAt)
  }

  findOpenPull(head: string, base: string): FixturePull | undefined {
    return this.pullsBetween(head, base, ['open']).find(({ isFork }) => !isFork)
  }
}
