import type { Json } from '../../lib/json.ts'
import { judgeAnswered, judgeAsked, readDescription } from './described-forge.ts'
import type { FixtureDialect } from './fixture-forge.ts'
import type { FixtureAnswer, FixtureQuestion, FixtureRoutes } from './fixture-routes.ts'
import { isoOf, linksOf, missing, pageOf, textIn, textsIn, timeIn } from './fixture-routes.ts'
import type { FixtureComment, FixtureIssue, FixtureLine, FixturePull, FixtureReview, FixtureState } from './fixture-state.ts'
import { testToken } from './test-names.ts'

/** Fewer than are asked for, as where an operator set it so. */
const paging = { name: 'limit', usual: 30, most: 30 } as const
const repo = '/repos/{owner}/{repo}'

const routes: FixtureRoutes = {
  'GET /user': { answer: () => ({ status: 200, body: { login: 'althing-bot' } }) },
  [`GET ${repo}/assignees`]: { answer: (_question, state) => ({ status: 200, body: [...state.members].map((login) => ({ login })) }) },
  [`GET ${repo}/issues`]: { answer: listIssues },
  [`GET ${repo}/issues/{index}`]: {
    answer: ({ params }, state) => onIssue(state, params, (issue) => ({ status: 200, body: toIssue(state, issue) })),
  },
  [`PATCH ${repo}/issues/{index}`]: {
    answer: ({ params, body }, state) =>
      onIssue(state, params, (issue) => {
        if (body['state'] !== undefined) issue.isOpen = body['state'] === 'open'
        if (body['assignees'] !== undefined) issue.assignees = textsIn(body, 'assignees')
        issue.updatedAt = state.touch()
        return { status: 201, body: toIssue(state, issue) }
      }),
  },
  // all of them at once
  [`GET ${repo}/issues/{index}/comments`]: {
    answer: ({ params }, state) => {
      const number = Number(params['index'])
      if (!state.issues.has(number) && !state.pulls.some((pull) => pull.number === number)) return missing
      const comments = state.comments.filter(({ of }) => of === number).map(toComment)
      return { status: 200, body: comments, headers: { 'x-total-count': String(comments.length) } }
    },
  },
  [`POST ${repo}/issues/{index}/comments`]: {
    answer: ({ params, body }, state) =>
      onIssue(state, params, ({ number }) => {
        return { status: 201, body: toComment(state.addComment(number, 'althing-bot', textIn(body, 'body'))) }
      }),
  },
  [`PATCH ${repo}/issues/comments/{id}`]: {
    answer: ({ params, body }, state) => {
      const comment = state.comments.find(({ id }) => id === Number(params['id']))
      if (comment === undefined) return missing
      comment.body = textIn(body, 'body')
      return { status: 200, body: toComment(comment) }
    },
  },
  [`GET ${repo}/issues/{index}/labels`]: {
    answer: ({ params }, state) => onIssue(state, params, (issue) => ({ status: 200, body: labelsOf(state, issue) })),
  },
  [`POST ${repo}/issues/{index}/labels`]: { answer: addLabels },
  [`DELETE ${repo}/issues/{index}/labels/{id}`]: { answer: removeLabel },
  [`POST ${repo}/labels`]: {
    answer: ({ body }, state) => ({ status: 201, body: { id: labelId(state, textIn(body, 'name')), name: textIn(body, 'name') } }),
  },
  [`GET ${repo}/pulls`]: { answer: listPulls },
  [`POST ${repo}/pulls`]: { answer: openPull },
  [`GET ${repo}/pulls/{index}`]: {
    answer: ({ params }, state) => onPull(state, params, (pull) => ({ status: 200, body: toPull(pull) })),
  },
  [`GET ${repo}/pulls/{index}/reviews`]: {
    answer: (question, state) =>
      onPull(state, question.params, (pull) =>
        counted(
          reviewsOf(state, pull).map((review) => toReview(pull, review)),
          question,
        ),
      ),
  },
  [`GET ${repo}/pulls/{index}/reviews/{id}/comments`]: {
    answer: ({ params }, state) =>
      onPull(state, params, (pull) => {
        const review = reviewsOf(state, pull).find(({ id }) => id === Number(params['id']))
        return review === undefined ? missing : { status: 200, body: (review.lines ?? []).map(toLine) }
      }),
  },
  [`GET ${repo}/commits/{ref}/status`]: { answer: status },
}

const description = readDescription('forge-gitea')

/** Gitea and Forgejo, as far as tasks need them: every exchange is held against the description that a server serves of itself. */
export const giteaFixture: FixtureDialect = {
  root: '/api/v1',
  isAllowed: ({ authorization }) => authorization === `token ${testToken}`,
  hasEtags: false,
  routes,
  judge: {
    asked: (route, question) => judgeAsked(description, route, question),
    answered: (route, answer) => judgeAnswered(description, route, answer),
  },
}

type Params = FixtureQuestion['params']

function onIssue(state: FixtureState, params: Params, answer: (issue: FixtureIssue) => FixtureAnswer): FixtureAnswer {
  const issue = state.issues.get(Number(params['index']))
  return issue === undefined ? missing : answer(issue)
}

function onPull(state: FixtureState, params: Params, answer: (pull: FixturePull) => FixtureAnswer): FixtureAnswer {
  const pull = state.pulls.find(({ number }) => number === Number(params['index']))
  return pull === undefined ? missing : answer(pull)
}

/** By name or id; whatever nobody made is left out. */
function addLabels({ params, body }: FixtureQuestion, state: FixtureState): FixtureAnswer {
  return onIssue(state, params, (issue) => {
    const wanted = Array.isArray(body['labels']) ? body['labels'] : []
    const added = [...knownLabels(state)].flatMap(([name, id]) => (wanted.includes(name) || wanted.includes(id) ? [name] : []))
    issue.labels = [...new Set([...issue.labels, ...added])]
    issue.updatedAt = state.touch()
    return { status: 200, body: labelsOf(state, issue) }
  })
}

function removeLabel({ params }: FixtureQuestion, state: FixtureState): FixtureAnswer {
  return onIssue(state, params, (issue) => {
    const removed = [...knownLabels(state)].find(([, id]) => id === Number(params['id']))?.[0]
    if (removed === undefined) return { status: 422, body: { message: 'label does not exist' } }
    issue.labels = issue.labels.filter((label) => label !== removed)
    issue.updatedAt = state.touch()
    return { status: 204 }
  })
}

/** Labels of the repository, among them those that people gave an issue, and of its organisation. */
function knownLabels(state: FixtureState): ReadonlyMap<string, number> {
  for (const issue of state.issues.values()) for (const label of issue.labels) labelId(state, label)
  return new Map([...state.labels, ...state.orgLabels])
}

function labelId(state: FixtureState, name: string): number {
  const id = state.orgLabels.get(name) ?? state.labels.get(name) ?? state.labels.size + 1
  if (!state.orgLabels.has(name)) state.labels.set(name, id)
  return id
}

function labelsOf(state: FixtureState, issue: FixtureIssue): Json[] {
  return issue.labels.map((name) => ({ id: labelId(state, name), name }))
}

/** A page, and how many there are. */
function counted(items: readonly Json[], question: FixtureQuestion): FixtureAnswer {
  return { status: 200, body: pageOf(items, question, paging), headers: { 'x-total-count': String(items.length) } }
}

/** A page, how many there are, and where the pages beside it are. */
function linked(items: readonly Json[], question: FixtureQuestion): FixtureAnswer {
  const page = counted(items, question)
  return { ...page, headers: { ...page.headers, ...linksOf(items.length, question, paging) } }
}

/** Of several labels, what has any; the newest issue first, whenever it changed. */
function listIssues(question: FixtureQuestion, state: FixtureState): FixtureAnswer {
  const { query } = question
  const labels = (query.get('labels') ?? '').split(',').filter((label) => label !== '')
  const found = [...state.issues.values()]
    .filter((issue) => !issue.isPull && (query.get('state') === 'all' || issue.isOpen))
    .filter((issue) => labels.length === 0 || labels.some((label) => issue.labels.includes(label)))
    .filter((issue) => issue.updatedAt >= timeIn(query, 'since'))
    .toSorted((a, b) => b.number - a.number)
  return linked(
    found.map((issue) => toIssue(state, issue)),
    question,
  )
}

/** It cannot be asked for those of a branch. */
function listPulls(question: FixtureQuestion, state: FixtureState): FixtureAnswer {
  const isOpen = question.query.get('state') === 'open'
  const found = state.pulls.filter((pull) => (pull.state === 'open') === isOpen).toSorted((a, b) => b.updatedAt - a.updatedAt)
  return linked(found.map(toPull), question)
}

function openPull({ body }: FixtureQuestion, state: FixtureState): FixtureAnswer {
  const [title, text, head, base] = [textIn(body, 'title'), textIn(body, 'body'), textIn(body, 'head'), textIn(body, 'base')]
  if (state.findOpenPull(head, base) !== undefined)
    return { status: 409, body: { message: 'pull request already exists for these targets' } }
  return { status: 201, body: toPull(state.addPull({ title, body: text, head, base })) }
}

/** State and list are nothing of a commit without any status; `total_count` counts this page. */
function status(question: FixtureQuestion, state: FixtureState): FixtureAnswer {
  const all = state.checksOf(question.params['ref'] ?? '')
  const page = pageOf(all, question, paging).map(({ word, name, said }) => ({ status: word, context: name, description: said }))
  const body = { state: page[0]?.status ?? '', total_count: page.length, statuses: page.length === 0 ? null : page }
  return { status: 200, body, headers: { 'x-total-count': String(all.length) } }
}

type NumberedReview = FixtureReview & { readonly id: number }

function reviewsOf(state: FixtureState, pull: FixturePull): readonly NumberedReview[] {
  return state.reviews.flatMap((review, at) => (review.of === pull.number ? [{ ...review, id: at + 1 }] : []))
}

const reviewWords = { approved: 'APPROVED', 'changes-requested': 'REQUEST_CHANGES', commented: 'COMMENT', pending: 'PENDING' } as const

function toReview(
  pull: FixturePull,
  { id, author, word, commit, body = '', at = pull.updatedAt, isDismissed = false, lines = [] }: NumberedReview,
): Json {
  return {
    id,
    user: { login: author },
    state: reviewWords[word],
    body,
    commit_id: commit,
    submitted_at: isoOf(at),
    dismissed: isDismissed,
    comments_count: lines.length,
  }
}

/** A line that is at none now is 0. */
function toLine({ author, path, line = 0, originalLine, body, at }: FixtureLine): Json {
  return { user: { login: author }, body, path, position: line, original_position: originalLine, updated_at: isoOf(at) }
}

function toIssue(state: FixtureState, issue: FixtureIssue): Json {
  return {
    number: issue.number,
    title: issue.title,
    body: issue.body,
    user: { login: issue.author },
    labels: labelsOf(state, issue),
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
    base: { label: pull.base, ref: pull.base, sha: 'b'.repeat(40), repo: { full_name: 'team/shop' } },
  }
}
