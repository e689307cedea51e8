import type { Forge, PullDraft } from '../forges/forge.ts'
import type { FixtureForge } from '../testing/fixture-forge.ts'

/** A repository on a forge, imitated or real, with the people around it. */
export interface SuiteStand {
  /** Ours, with the token of the account `names.bot`, which may write. */
  readonly forge: Forge
  readonly people: ForgePeople
  /** What is sent and answered on the way, and what goes wrong there. */
  readonly wire: Pick<FixtureForge, 'seen' | 'mischief'>
  readonly traits: ForgeTraits
}

/** What a forge has, or what can be tried of it with the accounts there are. */
export interface ForgeTraits {
  /** Whether it says that nothing changed. */
  readonly hasEtags: boolean
  /** Whether there are a member, a guest and a stranger beside the account of the token. */
  readonly hasOthers: boolean
  /** More than stand on one page, and not so many that an operator minds. */
  readonly manyIssues: number
  readonly manyComments: number
}

/** `member` and `reviewer` may write. `guest`: known to the repository in some way, without the right to write. */
export type Somebody = 'member' | 'reviewer' | 'guest' | 'stranger'

/** What people do on a forge, without us. */
export interface ForgePeople {
  readonly names: Readonly<Record<Somebody | 'bot', string>>
  /** Opens an issue with the label `bzzz-task`, by a member, where nothing else is said; gives its number. */
  readonly addIssue: (given?: {
    readonly body?: string
    readonly labels?: readonly string[]
    readonly author?: Somebody
    readonly isOpen?: boolean
  }) => Promise<number>
  readonly changeIssue: (number: number, change: { readonly isOpen?: boolean; readonly labels?: readonly string[] }) => Promise<void>
  readonly comment: (number: number, author: Somebody, body: string) => Promise<void>
  /** Lets so much time pass as looks overlap; where time cannot be made to pass, nothing. */
  readonly passTime: () => void
  /** Pushes a branch with a commit that `main` lacks. */
  readonly pushBranch: (head: string) => Promise<void>
  /** Takes a branch away, as people do after a merge. */
  readonly removeBranch: (head: string) => Promise<void>
  /** Opens a pull request that is listed among issues too, where a forge does that; gives its number there, undefined where it has none. */
  readonly addPullAmongIssues: () => Promise<number | undefined>
  /** Opens a pull request from a stranger's fork, from a branch of the same name. */
  readonly addForkPull: (draft: PullDraft) => Promise<void>
  readonly countPulls: () => Promise<number>
  /** Makes `main` conflict with a pull request, or not any more; merges, closes or opens it again. */
  readonly movePull: (id: string, to: 'conflict' | 'mergeable' | 'merged' | 'closed' | 'open') => Promise<void>
  /** Pushes one more commit to the branch of a pull request. */
  readonly pushMore: (id: string) => Promise<void>
  readonly review: (id: string, author: Somebody, word: 'approved' | 'changes-requested') => Promise<void>
  /** A commit of which nothing was checked yet. */
  readonly commit: () => Promise<string>
  /** Says how the one check of a commit stands. */
  readonly check: (commit: string, word: 'success' | 'pending' | 'failure') => Promise<void>
  /** Between two looks at what a forge works out by and by. */
  readonly pause: () => Promise<void>
}
