import type { Json } from '../../lib/json.ts'
import type { GithubComment, GithubIssue, GithubPull, GithubReview } from '../forges/github-shapes.ts'
import type {
  FixtureAnswer,
  FixtureComment,
  FixtureDialect,
  FixtureIssue,
  FixturePull,
  FixtureReview,
  FixtureState,
} from './fixture-forge.ts'
import { isoOf, missing, pageOf, textIn, textsIn, timeIn } from './fixture-forge.ts'

const page = { name: 'per_page', most: 100 } as const
const repo = '/repos/team/shop'

/** GitHub Enterprise, as far as tasks need it; the shapes of its answers are checked against the published description. */
export const githubFixture: FixtureDialect = {
  root: '/api/v3',
  isAllowed: ({ authorization, accept }) => authorization === 'Bearer token-of-a-test' && accept === 'application/vnd.github+json',
  answer: ({ method, path, query, body }, state) => {
    const [, number = '', rest = ''] = /^\/repos\/team\/shop\/(?:issues|pulls|commits)\/([^/]+)(\/.*)?$/.exec(path) ?? []
    const issue = state.issues.get(Number(number))
    if (path === '/user') return { status: 200, body: { login: 'althing-bot' } }
    if (path === `${repo}/issues`) return listIssues(state, query)
    if (path === `${repo}/pulls` && method === 'POST') return openPull(state, body)
    if (path === `${repo}/pulls`) return listPulls(state, query)
    if (path.startsWith(`${repo}/issues/comments/`)) return editComment(state, Number(path.split('/').at(-1)), textIn(body, 'body'))
    if (path.startsWith(`${repo}/commits/`)) return rest === '/status' ? status(state, number, query) : checkRuns(state, number, query)
    if (path.startsWith(`${repo}/pulls/`)) return onePull(state, Number(number), rest)
    if (issue === undefined) return missing
    if (rest === '/comments' && method === 'POST')
      return { status: 201, body: toComment(state, state.addComment(issue.number, 'althing-bot', textIn(body, 'body'))) }
    if (rest === '/comments') {
      const comments = state.comments.filter((comment) => comment.of === issue.number)
      return { status: 200, body: pageOf(comments, query, page).map((comment) => toComment(state, comment)) }
    }
    if (rest === '/labels') {
      for (const label of body['labels'] as readonly string[]) if (!issue.labels.includes(label)) issue.labels.push(label)
      issue.updatedAt = state.touch()
      return { status: 200, body: issue.labels.map((name) => ({ name })) }
    }
    if (rest.startsWith('/labels/')) {
      const at = issue.labels.indexOf(decodeURIComponent(rest.slice('/labels/'.length)))
      if (at < 0) return missing
      issue.labels.splice(at, 1)
      issue.updatedAt = state.touch()
      return { status: 200, body: issue.labels.map((name) => ({ name })) }
    }
    if (rest === '/assignees') return assign(state, issue, { method, names: textsIn(body, 'assignees') })
    if (method === 'PATCH') {
      if (body['state'] !== undefined) issue.isOpen = body['state'] === 'open'
      issue.updatedAt = state.touch()
    }
    return { status: 200, body: toIssue(state, issue) }
  },
}

/** Names without rights are left out, and nothing is said of it. */
function assign(
  state: FixtureState,
  issue: FixtureIssue,
  { method, names }: { readonly method: string; readonly names: readonly string[] },
): FixtureAnswer {
  const others = issue.assignees.filter((name) => !names.includes(name))
  issue.assignees = method === 'POST' ? [...others, ...names.filter((name) => state.members.has(name))] : others
  issue.updatedAt = state.touch()
  return { status: method === 'POST' ? 201 : 200, body: toIssue(state, issue) }
}

function listIssues(state: FixtureState, query: URLSearchParams): FixtureAnswer {
  const labels = (query.get('labels') ?? '').split(',').filter((label) => label !== '')
  const found = [...state.issues.values()]
    .filter((issue) => query.get('state') === 'all' || issue.isOpen)
    .filter((issue) => labels.every((label) => issue.labels.includes(label)))
    .filter((issue) => issue.updatedAt >= timeIn(query, 'since'))
    .toSorted((a, b) => a.updatedAt - b.updatedAt)
  return { status: 200, body: pageOf(found, query, page).map((issue) => toIssue(state, issue)) }
}

function openPull(state: FixtureState, body: { readonly [key: string]: Json }): FixtureAnswer {
  const [title, text, head, base] = [textIn(body, 'title'), textIn(body, 'body'), textIn(body, 'head'), textIn(body, 'base')]
  if (state.findOpenPull(head, base) !== undefined)
    return { status: 422, body: { message: 'Validation Failed', errors: [{ message: `A pull request already exists for team:${head}.` }] } }
  return { status: 201, body: toPull(state.addPull({ title, body: text, head, base })) }
}

function listPulls(state: FixtureState, query: URLSearchParams): FixtureAnswer {
  const [owner, head = ''] = (query.get('head') ?? '').split(':')
  const states = query.get('state') === 'open' ? (['open'] as const) : (['merged', 'closed'] as const)
  const between = state.pullsBetween(head, query.get('base') ?? '', states)
  const found = between.filter((pull) => owner === repoOf(pull).split('/')[0])
  return { status: 200, body: pageOf(found, query, page).map(toPull) }
}

/** Where its branch is; the team that owns the repository may have forked it. */
function repoOf({ isFork }: FixturePull): string {
  return isFork === 'own' ? 'team/shop-2' : isFork ? 'eve/shop' : 'team/shop'
}

function onePull(state: FixtureState, number: number, rest: string): FixtureAnswer {
  const pull = state.pulls.find((each) => each.number === number)
  if (pull === undefined) return missing
  if (rest === '') return { status: 200, body: toPull(pull) }
  return { status: 200, body: state.reviews.filter(({ of }) => of === number).map((review) => toReview(state, review)) }
}

function editComment(state: FixtureState, id: number, text: string): FixtureAnswer {
  const comment = state.comments.find((each) => each.id === id)
  if (comment === undefined) return missing
  comment.body = text
  return { status: 200, body: toComment(state, comment) }
}

function checkRuns(state: FixtureState, commit: string, query: URLSearchParams): FixtureAnswer {
  const runs = (state.checks.get(commit) ?? []).map((word) =>
    word === 'pending' ? { status: 'in_progress', conclusion: null } : { status: 'completed', conclusion: word },
  )
  return { status: 200, body: { total_count: runs.length, check_runs: pageOf(runs, query, page) } }
}

/** GitHub says "pending" of a commit without any status. */
function status(state: FixtureState, commit: string, query: URLSearchParams): FixtureAnswer {
  const statuses = (state.checks.get(`status ${commit}`) ?? []).map((word) => ({ state: word }))
  return { status: 200, body: { state: 'pending', total_count: statuses.length, statuses: pageOf(statuses, query, page) } }
}

function associationOf(state: FixtureState, name: string) {
  return state.members.has(name) ? 'COLLABORATOR' : 'CONTRIBUTOR'
}

function toIssue(state: FixtureState, issue: FixtureIssue): Json {
  const shape: Omit<GithubIssue, 'user' | 'assignees' | 'pull_request'> = {
    number: issue.number,
    title: issue.title,
    body: issue.body === '' ? null : issue.body,
    author_association: associationOf(state, issue.author),
    labels: issue.labels.map((name) => ({ name, color: 'ededed' })),
    state: issue.isOpen ? 'open' : 'closed',
    html_url: `https://github.example/team/shop/issues/${issue.number}`,
    updated_at: isoOf(issue.updatedAt),
  }
  const pull = issue.isPull ? { pull_request: { url: 'https://github.example/api/v3/repos/team/shop/pulls/1' } } : {}
  return { ...plain(shape), ...pull, user: { login: issue.author }, assignees: issue.assignees.map((login) => ({ login })) }
}

function toComment(state: FixtureState, comment: FixtureComment): Json {
  const shape: Omit<GithubComment, 'user'> = {
    id: comment.id,
    body: comment.body,
    author_association: associationOf(state, comment.author),
    updated_at: isoOf(comment.updatedAt),
  }
  return { ...plain(shape), user: { login: comment.author } }
}

function toPull(pull: FixturePull): Json {
  const shape: GithubPull = {
    number: pull.number,
    title: pull.title,
    body: pull.body,
    html_url: `https://github.example/team/shop/pull/${pull.number}`,
    state: pull.state === 'open' ? 'open' : 'closed',
    merged: pull.state === 'merged',
    merged_at: pull.state === 'merged' ? isoOf(pull.updatedAt) : null,
    mergeable: !pull.isConflicted,
    mergeable_state: pull.isConflicted ? 'dirty' : 'clean',
    updated_at: isoOf(pull.updatedAt),
  }
  return {
    ...plain(shape),
    head: { ref: pull.head, sha: pull.commit, repo: { full_name: repoOf(pull) } },
    base: { ref: pull.base, repo: { full_name: 'team/shop' } },
  }
}

function toReview(state: FixtureState, review: FixtureReview): Json {
  const shape: Omit<GithubReview, 'user'> = {
    state: review.word === 'approved' ? 'APPROVED' : 'CHANGES_REQUESTED',
    commit_id: review.commit,
    author_association: associationOf(state, review.author),
  }
  return { ...plain(shape), user: { login: review.author } }
}

/** What goes over the wire of a shape. */
function plain(shape: object): { readonly [key: string]: Json } {
  return JSON.parse(JSON.stringify(shape))
}
