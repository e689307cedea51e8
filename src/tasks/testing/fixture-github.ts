import type {
  GithubAnswers,
  GithubComment,
  GithubIssue,
  GithubLine,
  GithubListedPull,
  GithubPublished,
  GithubPull,
  GithubReview,
  GithubRun,
} from '../forges/github-shapes.ts'
import type { FixtureDialect } from './fixture-forge.ts'
import type { FixtureQuestion } from './fixture-routes.ts'
import { isoOf, linksOf, missing, pageOf, textIn, textsIn, timeIn } from './fixture-routes.ts'
import type { FixtureCheck, FixtureComment, FixtureIssue, FixtureLine, FixturePull, FixtureReview, FixtureState } from './fixture-state.ts'
import { testToken } from './test-names.ts'

const paging = { name: 'per_page', usual: 30, most: 100 } as const
const pages = ['per_page', 'page'] as const

/** What a route answers, of which its published type has every field; or that it is not there, or not taken. */
type Answer<R extends keyof GithubAnswers> =
  | { readonly status: GithubPublished<R>['status']; readonly body: GithubAnswers[R]; readonly headers?: Readonly<Record<string, string>> }
  | { readonly status: 404 | 422; readonly body: { readonly message: string; readonly errors?: readonly { readonly message: string }[] } }

type Routes = {
  readonly [R in keyof GithubAnswers]: {
    readonly takes: GithubPublished<R>['takes']
    readonly answer: (question: FixtureQuestion, state: FixtureState) => Answer<R>
  }
}

const routes: Routes = {
  'GET /user': { takes: [], answer: () => ({ status: 200, body: { login: 'althing-bot' } }) },
  'GET /repos/{owner}/{repo}/issues': { takes: ['state', 'labels', 'sort', 'direction', 'since', ...pages], answer: listIssues },
  'GET /repos/{owner}/{repo}/issues/{issue_number}': {
    takes: [],
    answer: ({ params }, state) => onIssue(state, params, (issue) => ({ status: 200, body: toIssue(state, issue) })),
  },
  'PATCH /repos/{owner}/{repo}/issues/{issue_number}': {
    takes: ['state'],
    answer: ({ params, body }, state) =>
      onIssue(state, params, (issue) => {
        issue.isOpen = textIn(body, 'state') === 'open'
        issue.updatedAt = state.touch()
        return { status: 200, body: toIssue(state, issue) }
      }),
  },
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments': { takes: pages, answer: listComments },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': {
    takes: ['body'],
    answer: ({ params, body }, state) =>
      isThere(state, params)
        ? { status: 201, body: toComment(state, state.addComment(Number(params['issue_number']), 'althing-bot', textIn(body, 'body'))) }
        : missing,
  },
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': {
    takes: ['body'],
    answer: ({ params, body }, state) => {
      const comment = state.comments.find(({ id }) => id === Number(params['comment_id']))
      if (comment === undefined) return missing
      comment.body = textIn(body, 'body')
      return { status: 200, body: toComment(state, comment) }
    },
  },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/labels': {
    takes: ['labels'],
    answer: ({ params, body }, state) =>
      onIssue(state, params, (issue) => {
        issue.labels = [...new Set([...issue.labels, ...textsIn(body, 'labels')])]
        issue.updatedAt = state.touch()
        return { status: 200, body: issue.labels.map((name) => ({ name })) }
      }),
  },
  'DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}': {
    takes: [],
    answer: ({ params }, state) =>
      onIssue(state, params, (issue) => {
        const at = issue.labels.indexOf(params['name'] ?? '')
        if (at < 0) return missing
        issue.labels.splice(at, 1)
        issue.updatedAt = state.touch()
        return { status: 200, body: issue.labels.map((name) => ({ name })) }
      }),
  },
  // names without rights are left out, and nothing is said of it
  'POST /repos/{owner}/{repo}/issues/{issue_number}/assignees': {
    takes: ['assignees'],
    answer: ({ params, body }, state) =>
      onIssue(state, params, (issue) => {
        const names = textsIn(body, 'assignees').filter((name) => state.members.has(name))
        return { status: 201, body: assign(state, issue, [...new Set([...issue.assignees, ...names])]) }
      }),
  },
  'DELETE /repos/{owner}/{repo}/issues/{issue_number}/assignees': {
    takes: ['assignees'],
    answer: ({ params, body }, state) =>
      onIssue(state, params, (issue) => {
        const names = textsIn(body, 'assignees')
        const kept = issue.assignees.filter((name) => !names.includes(name))
        return { status: 200, body: assign(state, issue, kept) }
      }),
  },
  'GET /repos/{owner}/{repo}/pulls': { takes: ['state', 'head', 'base', 'sort', 'direction', ...pages], answer: listPulls },
  'POST /repos/{owner}/{repo}/pulls': { takes: ['title', 'body', 'head', 'base'], answer: openPull },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': {
    takes: [],
    answer: ({ params }, state) => {
      const pull = findPull(state, params)
      return pull === undefined ? missing : { status: 200, body: toPull(pull) }
    },
  },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews': {
    takes: pages,
    answer: (question, state) => {
      const pull = findPull(state, question.params)
      if (pull === undefined) return missing
      const reviews = state.reviews
        .filter(({ of }) => of === pull.number)
        .map((review, at) => toReview(state, pull, { ...review, id: at + 1 }))
      return { status: 200, body: pageOf(reviews, question, paging), headers: linksOf(reviews.length, question, paging) }
    },
  },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/comments': {
    takes: pages,
    answer: (question, state) => {
      const pull = findPull(state, question.params)
      if (pull === undefined) return missing
      const lines = state.reviews.filter(({ of }) => of === pull.number).flatMap(({ lines: said = [] }) => said)
      const found = lines.map((line, at) => toLine(state, line, at + 1))
      return { status: 200, body: pageOf(found, question, paging), headers: linksOf(found.length, question, paging) }
    },
  },
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': {
    takes: pages,
    answer: (question, state) => {
      const runs = state.checksOf(question.params['ref'] ?? '').map(toRun)
      const body = { total_count: runs.length, check_runs: pageOf(runs, question, paging) }
      return { status: 200, body, headers: linksOf(runs.length, question, paging) }
    },
  },
  // "pending" is said of a commit without any status too
  'GET /repos/{owner}/{repo}/commits/{ref}/status': {
    takes: pages,
    answer: (question, state) => {
      const found = state.checksOf(`status ${question.params['ref']}`)
      const statuses = found.map(({ word, name, said }) => ({ context: name, state: word, description: said === '' ? null : said }))
      const body = { state: 'pending', total_count: statuses.length, statuses: pageOf(statuses, question, paging) }
      return { status: 200, body, headers: linksOf(statuses.length, question, paging) }
    },
  },
}

/** GitHub Enterprise, as far as tasks need it: routes, what they take and what they answer have the types that GitHub publishes. */
export const githubFixture: FixtureDialect = {
  root: '/api/v3',
  isAllowed: ({ authorization, accept }) => authorization === `Bearer ${testToken}` && accept === 'application/vnd.github+json',
  hasEtags: true,
  requestsPerHour: 5_000,
  routes,
}

type Params = FixtureQuestion['params']

function isThere(state: FixtureState, params: Params): boolean {
  return state.issues.has(Number(params['issue_number']))
}

function onIssue<T>(state: FixtureState, params: Params, answer: (issue: FixtureIssue) => T): T | typeof missing {
  const issue = state.issues.get(Number(params['issue_number']))
  return issue === undefined ? missing : answer(issue)
}

function findPull(state: FixtureState, params: Params): FixturePull | undefined {
  return state.pulls.find(({ number }) => number === Number(params['pull_number']))
}

function assign(state: FixtureState, issue: FixtureIssue, names: string[]): GithubIssue {
  issue.assignees = names
  issue.updatedAt = state.touch()
  return toIssue(state, issue)
}

function listIssues(question: FixtureQuestion, state: FixtureState): Answer<'GET /repos/{owner}/{repo}/issues'> {
  const { query } = question
  const labels = (query.get('labels') ?? '').split(',').filter((label) => label !== '')
  const found = [...state.issues.values()]
    .filter((issue) => query.get('state') === 'all' || issue.isOpen)
    .filter((issue) => labels.every((label) => issue.labels.includes(label)))
    .filter((issue) => issue.updatedAt >= timeIn(query, 'since'))
    .toSorted((a, b) => a.updatedAt - b.updatedAt)
  const body = pageOf(found, question, paging).map((issue) => toIssue(state, issue))
  return { status: 200, body, headers: linksOf(found.length, question, paging) }
}

function listComments(question: FixtureQuestion, state: FixtureState): Answer<'GET /repos/{owner}/{repo}/issues/{issue_number}/comments'> {
  const number = Number(question.params['issue_number'])
  if (!state.issues.has(number) && !state.pulls.some((pull) => pull.number === number)) return missing
  const comments = state.comments.filter(({ of }) => of === number)
  const body = pageOf(comments, question, paging).map((comment) => toComment(state, comment))
  return { status: 200, body, headers: linksOf(comments.length, question, paging) }
}

function openPull({ body }: FixtureQuestion, state: FixtureState): Answer<'POST /repos/{owner}/{repo}/pulls'> {
  const [title, text, head, base] = [textIn(body, 'title'), textIn(body, 'body'), textIn(body, 'head'), textIn(body, 'base')]
  if (state.findOpenPull(head, base) !== undefined)
    return { status: 422, body: { message: 'Validation Failed', errors: [{ message: `A pull request already exists for team:${head}.` }] } }
  return { status: 201, body: toPull(state.addPull({ title, body: text, head, base })) }
}

function listPulls(question: FixtureQuestion, state: FixtureState): Answer<'GET /repos/{owner}/{repo}/pulls'> {
  const { query } = question
  const [owner, head = ''] = (query.get('head') ?? '').split(':')
  const states = query.get('state') === 'open' ? (['open'] as const) : (['merged', 'closed'] as const)
  const between = state.pullsBetween(head, query.get('base') ?? '', states)
  const found = between.filter((pull) => owner === repoOf(pull).split('/')[0])
  return { status: 200, body: pageOf(found, question, paging).map(toListedPull), headers: linksOf(found.length, question, paging) }
}

/** Where its branch is; the team that owns the repository may have forked it. */
function repoOf({ isFork }: FixturePull): string {
  return isFork === 'own' ? 'team/shop-2' : isFork ? 'eve/shop' : 'team/shop'
}

function associationOf(state: FixtureState, name: string) {
  return state.members.has(name) ? 'COLLABORATOR' : 'CONTRIBUTOR'
}

function toIssue(state: FixtureState, issue: FixtureIssue): GithubIssue {
  return {
    number: issue.number,
    title: issue.title,
    body: issue.body === '' ? null : issue.body,
    user: { login: issue.author },
    author_association: associationOf(state, issue.author),
    labels: issue.labels.map((name) => ({ name })),
    assignees: issue.assignees.map((login) => ({ login })),
    state: issue.isOpen ? 'open' : 'closed',
    html_url: `https://github.example/team/shop/issues/${issue.number}`,
    updated_at: isoOf(issue.updatedAt),
    ...(issue.isPull ? { pull_request: { url: `https://github.example/api/v3/repos/team/shop/pulls/${issue.number}` } } : {}),
  }
}

function toComment(state: FixtureState, { id, author, body, updatedAt }: FixtureComment): GithubComment {
  return { id, body, user: { login: author }, author_association: associationOf(state, author), updated_at: isoOf(updatedAt) }
}

function toListedPull(pull: FixturePull): GithubListedPull {
  return {
    number: pull.number,
    title: pull.title,
    body: pull.body,
    html_url: `https://github.example/team/shop/pull/${pull.number}`,
    state: pull.state === 'open' ? 'open' : 'closed',
    merged_at: pull.state === 'merged' ? isoOf(pull.updatedAt) : null,
    updated_at: isoOf(pull.updatedAt),
    head: { ref: pull.head, sha: pull.commit, repo: { full_name: repoOf(pull) } },
    base: { ref: pull.base, repo: { full_name: 'team/shop' } },
  }
}

function toPull(pull: FixturePull): GithubPull {
  const mergeability = pull.isConflicted ? 'dirty' : 'clean'
  return { ...toListedPull(pull), merged: pull.state === 'merged', mergeable: !pull.isConflicted, mergeable_state: mergeability }
}

const reviewWords = { approved: 'APPROVED', 'changes-requested': 'CHANGES_REQUESTED', commented: 'COMMENTED', pending: 'PENDING' } as const

function toReview(state: FixtureState, pull: FixturePull, review: FixtureReview & { readonly id: number }): GithubReview {
  const { id, author, word, commit, body = '', at = pull.updatedAt, isDismissed = false } = review
  return {
    id,
    user: { login: author },
    author_association: associationOf(state, author),
    state: isDismissed ? 'DISMISSED' : reviewWords[word],
    commit_id: commit,
    body,
    ...(word === 'pending' ? {} : { submitted_at: isoOf(at) }),
  }
}

function toLine(state: FixtureState, { author, path, line, originalLine, body, at }: FixtureLine, id: number): GithubLine {
  const who = { user: { login: author }, author_association: associationOf(state, author) } as const
  return { id, ...who, path, line: line ?? null, original_line: originalLine, body, updated_at: isoOf(at) }
}

const conclusions = ['success', 'failure', 'neutral', 'cancelled', 'skipped', 'timed_out', 'action_required'] as const

/** @throws Error for a word that GitHub never concludes with */
function toRun({ word, name, said }: FixtureCheck): GithubRun {
  const output = { title: said === '' ? null : said, summary: null, text: null }
  if (word === 'pending') return { name, status: 'in_progress', conclusion: null, output }
  const conclusion = conclusions.find((each) => each === word)
  if (conclusion === undefined) throw new Error(`no check run concludes with ${word}`)
  return { name, status: 'completed', conclusion, output }
}
