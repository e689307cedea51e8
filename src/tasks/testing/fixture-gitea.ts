import type { Json } from '../../lib/json.ts'
import type {
  FixtureAnswer,
  FixtureComment,
  FixtureDialect,
  FixtureIssue,
  FixturePull,
  FixtureRequest,
  FixtureState,
} from './fixture-forge.ts'
import { isoOf, missing, pageOf, textIn, textsIn, timeIn } from './fixture-forge.ts'

/** Fewer than are asked for, as where an operator set it so. */
const page = { name: 'limit', most: 30 } as const
const repo = '/repos/team/shop'

/** Gitea and Forgejo, as far as tasks need them; shapes by hand from the description that a server of 1.24 gives. */
export const giteaFixture: FixtureDialect = {
  root: '/api/v1',
  isAllowed: ({ authorization }) => authorization === 'token token-of-a-test',
  answer: (request, state) => {
    const { method, path, query, body } = request
    if (path === '/user') return { status: 200, body: { login: 'althing-bot' } }
    if (path === `${repo}/assignees`) return { status: 200, body: [...state.members].map((login) => ({ login })) }
    if (path === `${repo}/issues`) return listIssues(state, query)
    for (const issue of state.issues.values()) for (const label of issue.labels) labelId(state, label)
    if (path === `${repo}/labels` && method === 'POST')
      return { status: 201, body: { id: labelId(state, textIn(body, 'name')), name: body['name'] ?? '' } }
    if (path === `${repo}/labels`)
      return paged(
        [...state.labels].map(([name, id]) => ({ id, name })),
        query,
      )
    if (path === `${repo}/pulls` && method === 'POST') return openPull(state, body)
    if (path === `${repo}/pulls`) return listPulls(state, query)
    if (path.startsWith(`${repo}/issues/comments/`)) return editComment(state, Number(path.split('/').at(-1)), textIn(body, 'body'))
    if (path.startsWith(`${repo}/commits/`)) return status(state, path.split('/').at(-2) ?? '', query)
    if (path.startsWith(`${repo}/pulls/`)) return onePull(state, request)
    return oneIssue(state, request)
  },
}

function oneIssue(state: FixtureState, { method, path, body }: FixtureRequest): FixtureAnswer {
  const [, number = '', rest = ''] = /^\/repos\/team\/shop\/issues\/([^/]+)(\/.*)?$/.exec(path) ?? []
  const issue = state.issues.get(Number(number))
  if (issue === undefined) return missing
  if (rest === '/comments' && method === 'POST')
    return { status: 201, body: toComment(state.addComment(issue.number, 'althing-bot', textIn(body, 'body'))) }
  if (rest === '/comments') return { status: 200, body: state.comments.filter((comment) => comment.of === issue.number).map(toComment) }
  if (rest.startsWith('/labels')) return labelsOf(state, issue, { method, rest, body })
  if (method === 'PATCH') {
    if (body['state'] !== undefined) issue.isOpen = body['state'] === 'open'
    if (Array.isArray(body['assignees'])) issue.assignees = textsIn(body, 'assignees')
    issue.updatedAt = state.touch()
  }
  return { status: method === 'PATCH' ? 201 : 200, body: toIssue(state, issue) }
}

/** Labels of one issue: added by name or id, whatever nobody made being left out; taken off by id. */
function labelsOf(
  state: FixtureState,
  issue: FixtureIssue,
  { method, rest, body }: Pick<FixtureRequest, 'method' | 'body'> & { readonly rest: string },
): FixtureAnswer {
  const known = new Map([...state.labels, ...state.orgLabels])
  const removed = [...known].find(([, id]) => id === Number(rest.split('/').at(-1)))?.[0]
  if (method === 'DELETE') {
    if (removed === undefined) return { status: 422, body: { message: 'label does not exist' } }
    issue.labels = issue.labels.filter((label) => label !== removed)
    issue.updatedAt = state.touch()
    return { status: 204 }
  }
  if (method === 'POST') {
    const wanted = body['labels'] as readonly (string | number)[]
    const added = [...known].flatMap(([name, id]) => (wanted.includes(name) || wanted.includes(id) ? [name] : []))
    issue.labels = [...new Set([...issue.labels, ...added])]
    issue.updatedAt = state.touch()
  }
  return { status: 200, body: issue.labels.map((name) => ({ id: labelId(state, name), name })) }
}

function labelId(state: FixtureState, name: string): number {
  const id = state.orgLabels.get(name) ?? state.labels.get(name) ?? state.labels.size + 1
  if (!state.orgLabels.has(name)) state.labels.set(name, id)
  return id
}

function paged(items: readonly Json[], query: URLSearchParams): FixtureAnswer {
  return { status: 200, body: pageOf(items, query, page), headers: { 'x-total-count': String(items.length) } }
}

/** Of several labels, what has any; the newest issue first, whenever it changed. */
function listIssues(state: FixtureState, query: URLSearchParams): FixtureAnswer {
  const labels = (query.get('labels') ?? '').split(',').filter((label) => label !== '')
  const found = [...state.issues.values()]
    .filter((issue) => !issue.isPull && (query.get('state') === 'all' || issue.isOpen))
    .filter((issue) => labels.length === 0 || labels.some((label) => issue.labels.includes(label)))
    .filter((issue) => issue.updatedAt >= timeIn(query, 'since'))
    .toSorted((a, b) => b.number - a.number)
  return paged(
    found.map((issue) => toIssue(state, issue)),
    query,
  )
}

/** It cannot be asked for those of a branch. */
function listPulls(state: FixtureState, query: URLSearchParams): FixtureAnswer {
  const isOpen = query.get('state') === 'open'
  const found = state.pulls.filter((pull) => (pull.state === 'open') === isOpen).toSorted((a, b) => b.updatedAt - a.updatedAt)
  return paged(found.map(toPull), query)
}

function openPull(state: FixtureState, body: { readonly [key: string]: Json }): FixtureAnswer {
  const [title, text, head, base] = [textIn(body, 'title'), textIn(body, 'body'), textIn(body, 'head'), textIn(body, 'base')]
  if (state.findOpenPull(head, base) !== undefined)
    return { status: 409, body: { message: 'pull request already exists for these targets' } }
  return { status: 201, body: toPull(state.addPull({ title, body: text, head, base })) }
}

function onePull(state: FixtureState, { path, query }: FixtureRequest): FixtureAnswer {
  const [, number = '', rest = ''] = /^\/repos\/team\/shop\/pulls\/([^/]+)(\/.*)?$/.exec(path) ?? []
  const pull = state.pulls.find((each) => each.number === Number(number))
  if (pull === undefined) return missing
  if (rest === '') return { status: 200, body: toPull(pull) }
  const reviews = state.reviews.filter(({ of }) => of === pull.number)
  return paged(
    reviews.map((review) => ({
      user: { login: review.author },
      state: review.word === 'approved' ? 'APPROVED' : 'REQUEST_CHANGES',
      commit_id: review.commit,
      dismissed: false,
    })),
    query,
  )
}

function editComment(state: FixtureState, id: number, text: string): FixtureAnswer {
  const comment = state.comments.find((each) => each.id === id)
  if (comment === undefined) return missing
  comment.body = text
  return { status: 200, body: toComment(comment) }
}

/** Gitea says null of a commit without any status. */
function status(state: FixtureState, commit: string, query: URLSearchParams): FixtureAnswer {
  const words = state.checks.get(commit) ?? []
  const statuses = pageOf(words, query, page).map((word) => ({ status: word }))
  const headers = { 'x-total-count': String(words.length) }
  return { status: 200, headers, body: { state: '', total_count: words.length, statuses: words.length === 0 ? null : statuses } }
}

function toIssue(state: FixtureState, issue: FixtureIssue): Json {
  return {
    number: issue.number,
    title: issue.title,
    body: issue.body,
    user: { login: issue.author },
    labels: issue.labels.map((name) => ({ id: labelId(state, name), name })),
    assignees: issue.assignees.length === 0 ? null : issue.assignees.map((login) => ({ login })),
    state: issue.isOpen ? 'open' : 'closed',
    html_url: `https://gitea.example/team/shop/issues/${issue.number}`,
    updated_at: isoOf(issue.updatedAt),
    pull_request: issue.isPull ? { merged: false } : null,
  }
}

function toComment(comment: FixtureComment): Json {
  return { id: comment.id, body: comment.body, user: { login: comment.author }, updated_at: isoOf(comment.updatedAt) }
}

function toPull(pull: FixturePull): Json {
  return {
    number: pull.number,
    title: pull.title,
    body: pull.body,
    html_url: `https://gitea.example/team/shop/pulls/${pull.number}`,
    state: pull.state === 'open' ? 'open' : 'closed',
    merged: pull.state === 'merged',
    // of one that is over a server says now this, now that
    mergeable: !pull.isConflicted && pull.state === 'open',
    draft: false,
    updated_at: isoOf(pull.updatedAt),
    head: {
      label: pull.head,
      ref: pull.isGone ? `refs/pull/${pull.number}/head` : pull.head,
      sha: pull.commit,
      repo: { full_name: pull.isFork ? 'eve/shop' : 'team/shop' },
    },
    base: { ref: pull.base, repo: { full_name: 'team/shop' } },
  }
}
