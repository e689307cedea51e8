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
import { isoOf, missing, pageOf, textIn, timeIn } from './fixture-forge.ts'

const page = { name: 'per_page', most: 100 } as const
const project = '/projects/team%2Fshop'

/** GitLab, as far as tasks need it; shapes by hand from its documentation. */
export const gitlabFixture: FixtureDialect = {
  root: '/api/v4',
  isAllowed: (headers) => headers['private-token'] === 'token-of-a-test',
  answer: (request, state) => {
    const { method, path, query, body } = request
    const ids = [...state.members]
    if (path === '/user') return { status: 200, body: { id: 1, username: 'althing-bot' } }
    if (path === '/users') {
      const at = ids.indexOf(query.get('username') ?? '')
      return { status: 200, body: at < 0 ? [] : [{ id: at + 1, username: ids[at] ?? '' }] }
    }
    if (path === `${project}/members/all`)
      return { status: 200, body: [...ids.map((username) => ({ username, access_level: 30 })), { username: 'cy', access_level: 10 }] }
    if (path === `${project}/issues`) return listIssues(state, query)
    if (path === `${project}/pipelines`)
      return { status: 200, body: (state.checks.get(query.get('sha') ?? '') ?? []).map((status) => ({ status })) }
    if (path.startsWith(`${project}/repository/commits/`)) {
      const run = [...state.pipelines.values()].find(({ sha }) => sha === path.split('/').at(-1))
      return run === undefined ? missing : { status: 200, body: { id: run.sha, parent_ids: [...run.parents] } }
    }
    if (path === `${project}/merge_requests`) return method === 'POST' ? openPull(state, body) : listPulls(state, query)
    if (path.startsWith(`${project}/merge_requests/`)) return onePull(state, request)
    return oneIssue(state, request)
  },
}

function oneIssue(state: FixtureState, { method, path, query, body }: FixtureRequest): FixtureAnswer {
  const [, number = '', rest = ''] = /\/issues\/(\d+)(\/.*)?$/.exec(path) ?? []
  const issue = state.issues.get(Number(number))
  if (issue === undefined) return missing
  if (rest === '/notes' && method === 'POST')
    return { status: 201, body: toNote(state.addComment(issue.number, 'althing-bot', textIn(body, 'body'))) }
  if (rest === '/notes') {
    const notes = state.comments.filter((comment) => comment.of === issue.number)
    return { status: 200, body: pageOf(notes, query, page).map(toNote) }
  }
  if (rest.startsWith('/notes/')) {
    const note = state.comments.find(({ id }) => id === Number(rest.split('/').at(-1)))
    if (note === undefined) return missing
    note.body = textIn(body, 'body')
    return { status: 200, body: toNote(note) }
  }
  if (method === 'PUT') change(state, issue, body)
  return { status: 200, body: toIssue(state, issue) }
}

function change(state: FixtureState, issue: FixtureIssue, body: { readonly [key: string]: Json }): void {
  const words = (name: string): readonly string[] =>
    textIn(body, name)
      .split(',')
      .filter((word) => word !== '')
  issue.labels = [...new Set([...issue.labels, ...words('add_labels')])].filter((label) => !words('remove_labels').includes(label))
  if (body['state_event'] !== undefined) issue.isOpen = body['state_event'] === 'reopen'
  const ids = body['assignee_ids']
  if (Array.isArray(ids)) issue.assignees = ids.flatMap((id) => [...state.members][Number(id) - 1] ?? [])
  issue.updatedAt = state.touch()
}

function listIssues(state: FixtureState, query: URLSearchParams): FixtureAnswer {
  const labels = (query.get('labels') ?? '').split(',').filter((label) => label !== '')
  const found = [...state.issues.values()]
    .filter((issue) => !issue.isPull && (query.get('state') === 'all' || issue.isOpen))
    .filter((issue) => labels.every((label) => issue.labels.includes(label)))
    .filter((issue) => issue.updatedAt >= timeIn(query, 'updated_after'))
    .toSorted((a, b) => a.updatedAt - b.updatedAt)
  return {
    status: 200,
    body: pageOf(found, query, page).map((issue) => toIssue(state, issue)),
    headers: { 'x-total': String(found.length) },
  }
}

function openPull(state: FixtureState, body: { readonly [key: string]: Json }): FixtureAnswer {
  const [head, base] = [textIn(body, 'source_branch'), textIn(body, 'target_branch')]
  if (state.findOpenPull(head, base) !== undefined)
    return { status: 409, body: { message: ['Another open merge request already exists for this source branch: !1'] } }
  return { status: 201, body: toPull(state.addPull({ title: textIn(body, 'title'), body: textIn(body, 'description'), head, base })) }
}

function listPulls(state: FixtureState, query: URLSearchParams): FixtureAnswer {
  const states = query.get('state') === 'opened' ? (['open'] as const) : (['merged'] as const)
  const found = state.pullsBetween(query.get('source_branch') ?? '', query.get('target_branch') ?? '', states)
  return { status: 200, body: pageOf(found, query, page).map(toPull) }
}

function onePull(state: FixtureState, { path, query }: FixtureRequest): FixtureAnswer {
  const [, number = '', rest = ''] = /\/merge_requests\/(\d+)(\/.*)?$/.exec(path) ?? []
  const pull = state.pulls.find((each) => each.number === Number(number))
  if (pull === undefined) return missing
  if (rest === '') return { status: 200, body: withPipeline(state, pull) }
  const notes = state.reviews
    .filter(({ of }) => of === pull.number)
    .flatMap((review) => [
      {
        id: 1,
        system: true,
        author: { username: review.author },
        body: review.word === 'approved' ? 'approved this merge request' : 'requested changes',
      },
      // commits that came after it
      ...(review.commit === pull.commit
        ? []
        : [{ id: 2, system: true, author: { username: 'ada' }, body: 'added 1 commit\n\n<ul><li>abc</li></ul>' }]),
    ])
  const said = state.comments.filter(({ of }) => of === pull.number).map(toNote)
  return { status: 200, body: pageOf([...notes, ...said].toReversed(), query, page) }
}

/** What GitLab says of one merge request, and of a list not. */
function withPipeline(state: FixtureState, pull: FixturePull): Json {
  const run = state.pipelines.get(pull.number)
  return { ...toPull(pull), head_pipeline: run === undefined ? null : { id: 1, sha: run.sha, status: run.status } }
}

function toIssue(state: FixtureState, issue: FixtureIssue): Json {
  return {
    id: 90_000 + issue.number,
    iid: issue.number,
    title: issue.title,
    description: issue.body === '' ? null : issue.body,
    author: { username: issue.author },
    labels: [...issue.labels],
    assignees: issue.assignees.map((username) => ({ id: [...state.members].indexOf(username) + 1, username })),
    state: issue.isOpen ? 'opened' : 'closed',
    confidential: issue.isConfidential,
    web_url: `https://gitlab.example/team/shop/-/issues/${issue.number}`,
    updated_at: isoOf(issue.updatedAt),
  }
}

function toNote(comment: FixtureComment): Json {
  const { id, body, isSystem, isInternal, updatedAt } = comment
  return { id, body, system: isSystem, internal: isInternal, author: { username: comment.author }, updated_at: isoOf(updatedAt) }
}

function toPull(pull: FixturePull): { readonly [key: string]: Json } {
  return {
    id: 80_000 + pull.number,
    iid: pull.number,
    title: pull.title,
    description: pull.body,
    web_url: `https://gitlab.example/team/shop/-/merge_requests/${pull.number}`,
    state: pull.state === 'open' ? 'opened' : pull.state,
    has_conflicts: pull.isConflicted,
    source_branch: pull.head,
    target_branch: pull.base,
    source_project_id: pull.isFork ? 2 : 1,
    target_project_id: 1,
    sha: pull.commit === '' ? null : pull.commit,
  }
}
