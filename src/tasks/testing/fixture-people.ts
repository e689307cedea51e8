import assert from 'node:assert/strict'
import type { ForgePeople, Somebody, SuiteStand } from '../suite/suite-stand.ts'
import type { FixturePull } from './fixture-state.ts'
import type { ForgeStand } from './forge-stand.ts'

const names = { member: 'ada', reviewer: 'bob', guest: 'cy', stranger: 'eve', bot: 'althing-bot' } as const
const commit = 'a'.repeat(40)

/** An imitated forge, for the suite that real ones pass too. */
export function suiteStandOf({ forge, fixture }: ForgeStand): SuiteStand {
  return { forge, wire: fixture, people: peopleOf(fixture, forge.kind), traits: { ...traits, hasEtags: forge.kind !== 'gitea' } }
}

const traits = { hasOthers: true, manyIssues: 230, manyComments: 120 }

function peopleOf({ state }: ForgeStand['fixture'], kind: string): ForgePeople {
  const pullOf = (id: string): FixturePull =>
    state.pulls.find(({ number }) => number === Number(id)) ?? assert.fail(`no pull request ${id}`)
  const failure = kind === 'gitlab' ? 'failed' : 'failure'
  const nameOf = (who: Somebody = 'member'): string => names[who]
  return {
    names,
    addIssue: async ({ labels = ['bzzz-task'], author, ...given } = {}) =>
      state.addIssue({ ...given, labels: [...labels], author: nameOf(author) }).number,
    changeIssue: async (number, { labels, ...change }) => {
      const issue = state.issues.get(number) ?? assert.fail(`no issue ${number}`)
      Object.assign(issue, change, labels === undefined ? {} : { labels: [...labels] }, { updatedAt: state.touch() })
    },
    comment: async (number, author, body) => void state.addComment(number, names[author], body),
    passTime: () => void (state.now += 600_000),
    pushBranch: async () => {},
    removeBranch: async (head) => {
      for (const pull of state.pulls) pull.isGone ||= !pull.isFork && pull.head === head
    },
    addPullAmongIssues: async () => (kind === 'gitlab' ? undefined : state.addIssue({ isPull: true }).number),
    addForkPull: async (draft) => void state.addPull({ ...draft, isFork: true }),
    countPulls: async () => state.pulls.length,
    movePull: async (id, to) => {
      const pull = pullOf(id)
      if (to === 'conflict' || to === 'mergeable') pull.isConflicted = to === 'conflict'
      else pull.state = to
    },
    pushMore: async (id) => void (pullOf(id).commit = 'f'.repeat(40)),
    review: async (id, author, word) => {
      const { number, commit: of } = pullOf(id)
      state.reviews.push({ of: number, author: names[author], word, commit: of })
    },
    commit: async () => commit,
    check: async (of, word) => void state.checks.set(of, [word === 'failure' ? failure : word]),
    pause: async () => {},
  }
}
