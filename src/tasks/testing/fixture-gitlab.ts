import type { Json } from '../../lib/json.ts'
import type { FixtureDialect } from './fixture-forge.ts'
import type { FixtureAnswer, FixtureQuestion, FixtureRequest, FixtureRoutes } from './fixture-routes.ts'
import { isoOf, linksOf, missing, pageOf, textIn, timeIn } from './fixture-routes.ts'
import type { FixtureComment, FixtureIssue, FixturePull, FixtureReview, FixtureState } from './fixture-state.ts'
import { testToken } from './test-names.ts'

const paging = { name: 'per_page', usual: 20, most: 100 } as const
const pages = ['per_page', 'page'] as const
const sorted = ['order_by', 'sort', ...pages] as const
const project = '/projects/{project}'

const routes: FixtureRoutes = {
  'GET /user': { takes: [], answer: () => ({ status: 200, body: { id: 1, username: 'althing-bot' } }) },
  'GET /users': {
    takes: ['username'],
    answer: ({ query }, state) => {
      const at = [...state.members].indexOf(query.get('username') ?? '')
      return { status: 200, body: at < 0 ? [] : [{ id: at + 1, username: query.get('username') ?? '' }] }
    },
  },
  [`GET ${project}/members/all`]: {
    takes: pages,
    answer: (question, state) => {
      const members = [...state.members].map((username) => ({ username, access_level: 30 }))
      return paged([...members, { username: 'cy', access_level: 10 }], question)
    },
  },
  [`GET ${project}/issues`]: { takes: ['state', 'labels', 'updated_after', 'scope', ...sorted], answer: listIssues },
  [`GET ${project}/issues/{issue_iid}`]: {
    takes: [],
    answer: ({ params }, state) => onIssue(state, params, (issue) => ({ status: 200, body: toIssue(state, issue) })),
  },
  [`PUT ${project}/issues/{issue_iid}`]: {
    takes: ['add_labels', 'remove_labels', 'state_event', 'assignee_ids'],
    answer: ({ params, body }, state) =>
      onIssue(state, params, (issue) => {
        change(state, issue, body)
        return { status: 200, body: toIssue(state, issue) }
      }),
  },
  [`GET ${project}/issues/{issue_iid}/notes`]: {
    takes: sorted,
    answer: (question, state) =>
      onIssue(state, question.params, ({ number }) => paged(state.comments.filter(({ of }) => of === number).map(toNote), question)),
  },
  [`POST ${project}/issues/{issue_iid}/notes`]: {
    takes: ['body'],
    answer: ({ params, body }, state) =>
      onIssue(state, params, ({ number }) => {
        return { status: 201, body: toNote(state.addComment(number, 'althing-bot', textIn(body, 'body'))) }
      }),
  },
  [`PUT ${project}/issues/{issue_iid}/notes/{note_id}`]: {
    takes: ['body'],
    answer: ({ params, body }, state) =>
      onIssue(state, params, ({ number }) => {
        const note = state.comments.find(({ id, of }) => of === number && id === Number(params['note_id']))
        if (note === undefined) return missing
        note.body = textIn(body, 'body')
        return { status: 200, body: toNote(note) }
      }),
  },
  [`GET ${project}/merge_requests`]: { takes: ['state', 'source_branch', 'target_branch', ...sorted], answer: listPulls },
  [`POST ${project}/merge_requests`]: { takes: ['source_branch', 'target_branch', 'title', 'description'], answer: openPull },
  [`GET ${project}/merge_requests/{merge_request_iid}`]: {
    takes: [],
    answer: ({ params }, state) => onPull(state, params, (pull) => ({ status: 200, body: withPipeline(state, pull) })),
  },
  [`GET ${project}/merge_requests/{merge_request_iid}/notes`]: {
    takes: sorted,
    answer: (question, state) => onPull(state, question.params, (pull) => paged(notesOf(state, pull), question)),
  },
  [`GET ${project}/pipelines`]: {
    takes: ['sha', ...sorted],
    answer: (question, state) =>
      paged(
        state.checksOf(question.query.get('sha') ?? '').map(({ word }) => ({ status: word })),
        question,
      ),
  },
  [`GET ${project}/pipelines/{pipeline_id}/jobs`]: { takes: ['scope[]', ...pages], answer: listJobs },
  [`GET ${project}/repository/commits/{sha}`]: {
    takes: [],
    answer: ({ params }, state) => {
      const run = [...state.pipelines.values()].find(({ sha }) => sha === params['sha'])
      return run === undefined ? missing : { status: 200, body: { id: run.sha, parent_ids: [...run.parents] } }
    },
  },
}

/** GitLab, as far as tasks need it; routes, parameters and shapes by hand from its documentation: https://docs.gitlab.com/api/rest/ */
export const gitlabFixture: FixtureDialect = {
  root: '/api/v4',
  isAllowed: (headers) => headers['private-token'] === testToken,
  hasEtags: true,
  routes,
  judge: { asked: judgeWords, answered: () => [] },
}

/** What each parameter may say. @see https://docs.gitlab.com/api/issues/ https://docs.gitlab.com/api/merge_requests/ https://docs.gitlab.com/api/pipelines/ */
const patterns: Readonly<Record<string, RegExp>> = {
  state: /^(opened|closed|locked|merged|all)$/,
  scope: /^(created_by_me|assigned_to_me|all)$/,
  'scope[]': /^(created|pending|running|failed|success|canceled|skipped|manual)$/,
  order_by: /^(id|created_at|updated_at)$/,
  sort: /^(asc|desc)$/,
  per_page: /^([1-9]\d?|100)$/,
  page: /^[1-9]\d*$/,
  updated_after: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
  sha: /^[0-9a-f]{40}$/,
  state_event: /^(close|reopen)$/,
  issue_iid: /^\d+$/,
  note_id: /^\d+$/,
  merge_request_iid: /^\d+$/,
  pipeline_id: /^\d+$/,
}

function judgeWords(_route: string, { params, query, body }: FixtureQuestion): readonly string[] {
  const { assignee_ids: ids = [0], ...texts } = body
  const given = [...Object.entries(params), ...query, ...Object.entries(texts)]
  const wrong = given.flatMap(([name, value]) => {
    if (typeof value === 'string' && patterns[name]?.test(value) !== false) return []
    return [`${name} is never ${JSON.stringify(value)}`]
  })
  // 0 stands for nobody; of an empty list nothing is said
  const areIds = Array.isArray(ids) && ids.length > 0 && ids.every((id) => Number.isSafeInteger(id))
  return areIds ? wrong : [...wrong, `assignee_ids are ${JSON.stringify(ids)}`]
}

type Params = FixtureQuestion['params']

function onIssue(state: FixtureState, params: Params, answer: (issue: FixtureIssue) => FixtureAnswer): FixtureAnswer {
  const issue = state.issues.get(Number(params['issue_iid']))
  return issue === undefined ? missing : answer(issue)
}

function onPull(state: FixtureState, params: Params, answer: (pull: FixturePull) => FixtureAnswer): FixtureAnswer {
  const pull = state.pulls.find(({ number }) => number === Number(params['merge_request_iid']))
  return pull === undefined ? missing : answer(pull)
}

function paged(items: readonly Json[], question: FixtureQuestion): FixtureAnswer {
  const headers = { 'x-total': String(items.length), ...linksOf(items.length, question, paging) }
  return { status: 200, body: pageOf(items, question, paging), headers }
}

function change(state: FixtureState, issue: FixtureIssue, body: FixtureRequest['body']): void {
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

function listIssues(question: FixtureQuestion, state: FixtureState): FixtureAnswer {
  const { query } = question
  const labels = (query.get('labels') ?? '').split(',').filter((label) => label !== '')
  const found = [...state.issues.values()]
    .filter((issue) => !issue.isPull && (query.get('state') === 'all' || issue.isOpen))
    .filter((issue) => labels.every((label) => issue.labels.includes(label)))
    .filter((issue) => issue.updatedAt >= timeIn(query, 'updated_after'))
    .toSorted((a, b) => a.updatedAt - b.updatedAt)
  return paged(
    found.map((issue) => toIssue(state, issue)),
    question,
  )
}

function openPull({ body }: FixtureQuestion, state: FixtureState): FixtureAnswer {
  const [head, base] = [textIn(body, 'source_branch'), textIn(body, 'target_branch')]
  if (state.findOpenPull(head, base) !== undefined)
    return { status: 409, body: { message: ['Another open merge request already exists for this source branch: !1'] } }
  return { status: 201, body: toPull(state.addPull({ title: textIn(body, 'title'), body: textIn(body, 'description'), head, base })) }
}

/** What its words for a state of merge requests stand for. */
const statesOf: Readonly<Record<string, readonly FixturePull['state'][]>> = {
  opened: ['open'],
  merged: ['merged'],
  closed: ['closed'],
  all: ['open', 'merged', 'closed'],
}

function listPulls(question: FixtureQuestion, state: FixtureState): FixtureAnswer {
  const { query } = question
  const found = state.pullsBetween(
    query.get('source_branch') ?? '',
    query.get('target_branch') ?? '',
    statesOf[query.get('state') ?? 'all'] ?? [],
  )
  return paged(found.map(toPull), question)
}

/** What people and GitLab itself wrote under a merge request, the newest first. */
function notesOf(state: FixtureState, pull: FixturePull): readonly Json[] {
  const decided = state.reviews.filter(({ of }) => of === pull.number).flatMap((review) => notesOfReview(pull, review))
  const said = state.comments.filter(({ of }) => of === pull.number).map(toNote)
  return [...decided, ...said].map((note, id) => ({ ...note, id: note['id'] ?? id })).toReversed()
}

type Note = Readonly<Record<string, Json>>

const decisions = { approved: 'approved this merge request', 'changes-requested': 'requested changes' } as const

function notesOfReview(
  pull: FixturePull,
  { author, word, commit, body = '', at = pull.updatedAt, lines = [] }: FixtureReview,
): readonly Note[] {
  const written = { author: { username: author }, internal: false, updated_at: isoOf(at) }
  return [
    ...(body === '' ? [] : [{ ...written, system: false, body }]),
    ...lines.map((line) => ({
      ...{ system: false, internal: false, author: { username: line.author }, body: line.body, updated_at: isoOf(line.at) },
      ...{ resolvable: true, resolved: line.isResolved === true },
      position: { new_path: line.path, new_line: line.line ?? null, old_line: line.line === undefined ? line.originalLine : null },
    })),
    ...(word === 'approved' || word === 'changes-requested' ? [{ ...written, system: true, body: decisions[word] }] : []),
    // commits that came after it
    ...(commit === pull.commit ? [] : [{ ...written, system: true, body: 'added 1 commit\n\n<ul><li>abc</li></ul>' }]),
  ]
}

/** Those of the pipeline of a pull request, as the checks of its newest commit say them. */
function listJobs(question: FixtureQuestion, state: FixtureState): FixtureAnswer {
  const run = [...state.pipelines.values()][Number(question.params['pipeline_id']) - 1]
  if (run === undefined) return missing
  const jobs = state.checksOf(run.sha).filter(({ word }) => word === (question.query.get('scope[]') ?? word))
  return paged(
    jobs.map(({ word, name, said, mayFail = false }) => ({ name, status: word, failure_reason: said, allow_failure: mayFail })),
    question,
  )
}

/** What GitLab says of one merge request, and of a list not. */
function withPipeline(state: FixtureState, pull: FixturePull): Json {
  const run = state.pipelines.get(pull.number)
  const id = [...state.pipelines.keys()].indexOf(pull.number) + 1
  return { ...toPull(pull), head_pipeline: run === undefined ? null : { id, sha: run.sha, status: run.status } }
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

function toNote(comment: FixtureComment): Note {
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
