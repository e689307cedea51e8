import { Octokit } from '@octokit/core'
import type { Json } from '../../lib/json.ts'
import { formatCursor, nextCursor, parseCursor } from '../rules/issue-cursor.ts'
import { judgeChecks } from '../rules/judge-checks.ts'
import { areChangesRequested } from '../rules/judge-reviews.ts'
import type { AnswerFields } from './answer-fields.ts'
import { readFields, readObjects } from './answer-fields.ts'
import { toFailure, toFeedback, toRemark } from './feedback-fields.ts'
import type {
  CheckFailure,
  Forge,
  ForgeAuthor,
  ForgeComment,
  ForgeIssues,
  ForgePulls,
  Issue,
  MergedPull,
  PullRemark,
  PullRequest,
} from './forge.ts'
import type { ForgePlace } from './forge-place.ts'
import { readIssueFields } from './issue-fields.ts'
import { openOrAdopt } from './open-or-adopt.ts'
import { hasMore, readPages } from './read-pages.ts'
import type { ForgeAnswer, ForgeMethod, RestClient } from './rest-client.ts'
import { unlessDenied, unlessMissing } from './tolerate.ts'

interface Waiting {
  readonly signal: AbortSignal
}

/** How a token is told to GitHub, and which form its answers have. */
export const githubDialect = {
  headers: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
  formatToken: (token: string) => ['authorization', `Bearer ${token}`] as const,
}

const pageSize = 100

/** What is asked of one repository. */
interface Talk {
  readonly at: { readonly owner: string; readonly repo: string }
  readonly endpoint: Octokit['request']['endpoint']
  readonly send: (request: FormedRequest, waiting: Waiting) => Promise<ForgeAnswer>
}

/** What the SDK makes of a route and its parameters. */
interface FormedRequest {
  readonly method: string
  readonly url: string
  readonly body?: unknown
}

/** GitHub and GitHub Enterprise. The SDK forms each request, by the published description of the API; it sends none. */
export function createGithub(client: RestClient, place: ForgePlace): Forge {
  const talk = talkTo(client, place)
  const { endpoint, send } = talk
  return {
    kind: 'github',
    ...issuesOf(talk),
    ...pullsOf(talk),
    ...feedbackOf(talk),
    self: async (waiting) => {
      const answer = await send(endpoint('GET /user'), waiting).catch(unlessDenied)
      return answer === undefined ? undefined : readFields(answer.body, 'user').text('login')
    },
  }
}

function talkTo(client: RestClient, { api, owner, repo }: ForgePlace): Talk {
  const { endpoint } = new Octokit({ baseUrl: api }).request
  const send: Talk['send'] = (request, waiting) =>
    client.send(
      {
        method: request.method as ForgeMethod,
        path: request.url.slice(api.length),
        ...(request.body === undefined ? {} : { body: request.body as Json }),
      },
      waiting,
    )
  return { at: { owner, repo }, endpoint, send }
}

function issuesOf({ at, endpoint, send }: Talk): ForgeIssues {
  return {
    issues: async ({ labels, cursor: text }, waiting) => {
      const cursor = parseCursor(text)
      const query = {
        ...at,
        state: cursor.scope,
        ...(cursor.scope === 'open' ? { labels: labels.join(',') } : {}),
        sort: 'updated',
        direction: 'asc',
        since: new Date(cursor.since).toISOString(),
        per_page: pageSize,
        page: cursor.page,
      } as const
      const answer = await send(endpoint('GET /repos/{owner}/{repo}/issues', query), waiting)
      const found = readObjects(answer.body, 'issues')
      const seen = {
        updatedAt: found.map((each) => each.time('updated_at')),
        hasMore: hasMore(answer, { count: found.length, seen: cursor.page * found.length, pageSize }),
        isOrdered: true,
        at: answer.at,
      }
      // the list holds pull requests too
      const issues = found.filter((each) => !each.has('pull_request')).map(toIssue)
      return { issues, cursor: formatCursor(nextCursor(cursor, seen)), hasMore: seen.hasMore }
    },
    issue: async (number, waiting) => {
      const numbered = { ...at, issue_number: number }
      const answer = await send(endpoint('GET /repos/{owner}/{repo}/issues/{issue_number}', numbered), waiting)
      return toIssue(readIssueFields(answer.body, number))
    },
    comments: async (number, waiting) =>
      (
        await readPages({ what: 'comments', pageSize, beyond: 'refuse' }, (page) =>
          send(
            endpoint('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', { ...at, issue_number: number, per_page: pageSize, page }),
            waiting,
          ),
        )
      ).map(toComment),
    comment: async (number, { body, id }, waiting) => {
      const request =
        id === undefined
          ? endpoint('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', { ...at, issue_number: number, body })
          : endpoint('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', { ...at, comment_id: Number(id), body })
      return String(readFields((await send(request, waiting)).body, 'comment').count('id'))
    },
    label: async (number, { add, remove }, waiting) => {
      const numbered = { ...at, issue_number: number }
      // adding a label makes it where it is missing
      if (add.length > 0)
        await send(endpoint('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', { ...numbered, labels: [...add] }), waiting)
      for (const name of remove)
        await send(endpoint('DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}', { ...numbered, name }), waiting).catch(
          unlessMissing,
        )
    },
    setOpen: async (number, isOpen, waiting) => {
      const state = isOpen ? 'open' : 'closed'
      await send(endpoint('PATCH /repos/{owner}/{repo}/issues/{issue_number}', { ...at, issue_number: number, state }), waiting)
    },
    // to set them all would take off whom somebody else assigned meanwhile
    assign: async (number, { add, remove }, waiting) => {
      const numbered = { ...at, issue_number: number }
      if (add.length > 0)
        await send(endpoint('POST /repos/{owner}/{repo}/issues/{issue_number}/assignees', { ...numbered, assignees: [...add] }), waiting)
      if (remove.length > 0)
        await send(
          endpoint('DELETE /repos/{owner}/{repo}/issues/{issue_number}/assignees', { ...numbered, assignees: [...remove] }),
          waiting,
        )
    },
  }
}

function pullsOf({ at, endpoint, send }: Talk): Omit<ForgePulls, 'feedback'> {
  const pull = async (id: string, waiting: Waiting): Promise<PullRequest> => {
    const numbered = { ...at, pull_number: Number(id) }
    const fields = readFields(
      (await send(endpoint('GET /repos/{owner}/{repo}/pulls/{pull_number}', numbered), waiting)).body,
      'pull request',
    )
    const reviews = await readPages({ what: 'reviews', pageSize, beyond: 'refuse' }, (page) =>
      send(endpoint('GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews', { ...numbered, per_page: pageSize, page }), waiting),
    )
    return toPull(fields, reviews)
  }
  const findPull: Forge['findPull'] = async ({ head, base }, waiting) => {
    const query = { ...at, state: 'open', head: `${at.owner}:${head}`, base, per_page: pageSize } as const
    const found = readObjects((await send(endpoint('GET /repos/{owner}/{repo}/pulls', query), waiting)).body, 'pull requests')
    const ours = found.find((each) => isBetween(each, { head, base }))
    return ours === undefined ? undefined : pull(String(ours.count('number')), waiting)
  }
  return {
    openPull: (draft, waiting) =>
      openOrAdopt(draft, {
        create: () => send(endpoint('POST /repos/{owner}/{repo}/pulls', { ...at, ...draft }), waiting),
        find: () => findPull(draft, waiting),
      }),
    findPull,
    listMerged: async ({ head, base }, waiting) => {
      const query = {
        ...at,
        state: 'closed',
        head: `${at.owner}:${head}`,
        base,
        sort: 'updated',
        direction: 'desc',
        per_page: pageSize,
      } as const
      const found = readObjects((await send(endpoint('GET /repos/{owner}/{repo}/pulls', query), waiting)).body, 'pull requests')
      return found.filter((each) => each.has('merged_at') && isBetween(each, { head, base })).map(toMerged)
    },
    pull,
    checks: async (commit, waiting) => {
      const query = { ...at, ref: commit, per_page: pageSize }
      const [runs, statuses] = await Promise.all([
        readPages({ what: 'check runs', list: 'check_runs', pageSize, beyond: 'refuse' }, (page) =>
          send(endpoint('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', { ...query, page }), waiting),
        ).catch(unlessDenied),
        readPages({ what: 'statuses', list: 'statuses', pageSize, beyond: 'refuse' }, (page) =>
          send(endpoint('GET /repos/{owner}/{repo}/commits/{ref}/status', { ...query, page }), waiting),
        ).catch(unlessDenied),
      ])
      return judgeChecks([...(runs ?? []).map(wordOfRun), ...(statuses ?? []).map((status) => status.text('state'))])
    },
  }
}

function feedbackOf({ at, endpoint, send }: Talk): Pick<ForgePulls, 'feedback'> {
  return {
    feedback: async (id, waiting) => {
      const numbered = { ...at, pull_number: Number(id), issue_number: Number(id), per_page: pageSize }
      const list = { pageSize, beyond: 'cut' } as const
      const fields = readFields(
        (await send(endpoint('GET /repos/{owner}/{repo}/pulls/{pull_number}', numbered), waiting)).body,
        'pull request',
      )
      const ref = { ...at, ref: fields.object('head').text('sha'), per_page: pageSize }
      const [reviews, lines, comments, runs, statuses] = await Promise.all([
        readPages({ ...list, what: 'reviews' }, (page) =>
          send(endpoint('GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews', { ...numbered, page }), waiting),
        ),
        readPages({ ...list, what: 'review comments' }, (page) =>
          send(endpoint('GET /repos/{owner}/{repo}/pulls/{pull_number}/comments', { ...numbered, page }), waiting),
        ),
        readPages({ ...list, what: 'comments' }, (page) =>
          send(endpoint('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', { ...numbered, page }), waiting),
        ),
        readPages({ ...list, what: 'check runs', list: 'check_runs' }, (page) =>
          send(endpoint('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', { ...ref, page }), waiting),
        ).catch(unlessDenied),
        readPages({ ...list, what: 'statuses', list: 'statuses' }, (page) =>
          send(endpoint('GET /repos/{owner}/{repo}/commits/{ref}/status', { ...ref, page }), waiting),
        ).catch(unlessDenied),
      ])
      return toFeedback({ remarks: remarksOf({ reviews, lines, comments }), failures: failuresOf(runs ?? [], statuses ?? []) })
    },
  }
}

const trusted = new Set(['OWNER', 'MEMBER', 'COLLABORATOR'])

/** The account of somebody who left is null. */
function toAuthor(fields: AnswerFields): ForgeAuthor {
  const name = fields.has('user') ? fields.object('user').text('login') : 'ghost'
  return { name, isTrusted: trusted.has(fields.textOrEmpty('author_association')) }
}

function toIssue(fields: AnswerFields): Issue {
  return {
    number: fields.count('number'),
    title: fields.text('title'),
    body: fields.textOrEmpty('body'),
    author: toAuthor(fields),
    labels: fields.objects('labels').map((label) => label.text('name')),
    assignees: fields.objects('assignees').map((user) => user.text('login')),
    isOpen: fields.text('state') === 'open',
    url: fields.text('html_url'),
    updatedAt: fields.time('updated_at'),
  }
}

function toComment(fields: AnswerFields): ForgeComment {
  return {
    id: String(fields.count('id')),
    author: toAuthor(fields),
    body: fields.textOrEmpty('body'),
    updatedAt: fields.time('updated_at'),
  }
}

/** Whether it goes from `head` to `base` within the repository: `owner:branch` finds that of a fork by the same owner too. */
function isBetween(fields: AnswerFields, { head, base }: { readonly head: string; readonly base: string }): boolean {
  const [from, to] = [fields.object('head'), fields.object('base')]
  if (from.text('ref') !== head || to.text('ref') !== base || !from.has('repo')) return false
  return from.object('repo').text('full_name') === to.object('repo').text('full_name')
}

function toMerged(fields: AnswerFields): MergedPull {
  return { id: String(fields.count('number')), url: fields.text('html_url'), body: fields.textOrEmpty('body') }
}

function toPull(fields: AnswerFields, reviews: readonly AnswerFields[]): PullRequest {
  const commit = fields.object('head').text('sha')
  const said = reviews.map((review) => ({
    author: toAuthor(review),
    state: review.text('state'),
    isOfCommit: review.textOrEmpty('commit_id') === commit,
  }))
  return {
    id: String(fields.count('number')),
    url: fields.text('html_url'),
    head: fields.object('head').text('ref'),
    base: fields.object('base').text('ref'),
    state: fields.isTrue('merged') ? 'merged' : fields.text('state') === 'open' ? 'open' : 'closed',
    isConflicted: fields.textOrEmpty('mergeable_state') === 'dirty',
    areChangesRequested: areChangesRequested(said),
    body: fields.textOrEmpty('body'),
    commit,
  }
}

function remarksOf({
  reviews,
  lines,
  comments,
}: Readonly<Record<'reviews' | 'lines' | 'comments', readonly AnswerFields[]>>): readonly PullRemark[] {
  return [
    // one that its author still writes has no time
    ...reviews.filter((each) => each.has('submitted_at')).map((each) => toRemark(each, { author: toAuthor(each), time: 'submitted_at' })),
    ...lines.map((each) =>
      toRemark(each, { author: toAuthor(each), time: 'updated_at', path: each.textOrEmpty('path'), lines: ['line', 'original_line'] }),
    ),
    ...comments.map((each) => toRemark(each, { author: toAuthor(each), time: 'updated_at' })),
  ]
}

function failuresOf(runs: readonly AnswerFields[], statuses: readonly AnswerFields[]): readonly CheckFailure[] {
  return [
    ...runs.flatMap((run) => {
      const [failure] = toFailure(run, { word: 'conclusion', name: 'name', words: [] })
      if (failure === undefined || !run.has('output')) return failure ?? []
      const output = run.object('output')
      const said = ['title', 'summary', 'text'].map((field) => output.textOrEmpty(field).trim())
      return { ...failure, words: said.filter((text) => text !== '').join('\n') }
    }),
    ...statuses.flatMap((status) => toFailure(status, { word: 'state', name: 'context', words: ['description'] })),
  ]
}

function wordOfRun(run: AnswerFields): string {
  return run.text('status') === 'completed' ? run.textOrEmpty('conclusion') : 'pending'
}
