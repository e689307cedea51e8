import { formatCursor, nextCursor, parseCursor } from '../rules/issue-cursor.ts'
import { judgeChecks } from '../rules/judge-checks.ts'
import { areChangesRequested } from '../rules/judge-reviews.ts'
import type { AnswerFields } from './answer-fields.ts'
import { readFields, readObjects } from './answer-fields.ts'
import type { Forge, ForgeComment, ForgeIssues, ForgePulls, Issue, PullRequest } from './forge.ts'
import type { ForgePlace } from './forge-place.ts'
import { feedbackOf } from './github-feedback.ts'
import type { Talk } from './github-talk.ts'
import { pageSize, talkTo, toAuthor } from './github-talk.ts'
import { readIssueFields } from './issue-fields.ts'
import { openOrAdopt } from './open-or-adopt.ts'
import { toMerged } from './pull-fields.ts'
import { hasMore, readPages } from './read-pages.ts'
import type { RestClient } from './rest-client.ts'
import { unlessDenied, unlessMissing } from './tolerate.ts'

interface Waiting {
  readonly signal: AbortSignal
}

/** How a token is told to GitHub, and which form its answers have. */
export const githubDialect = {
  headers: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
  formatToken: (token: string) => ['authorization', `Bearer ${token}`] as const,
}

/** GitHub and GitHub Enterprise. */
export function createGithub(client: RestClient, place: ForgePlace): Forge {
  const talk = talkTo(client, place)
  const { ask } = talk
  return {
    kind: 'github',
    ...issuesOf(talk),
    ...pullsOf(talk),
    ...feedbackOf(talk),
    self: async (waiting) => {
      const answer = await ask('GET /user', {}, waiting).catch(unlessDenied)
      return answer === undefined ? undefined : readFields(answer.body, 'user').text('login')
    },
  }
}

function issuesOf({ at, ask }: Talk): ForgeIssues {
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
      const answer = await ask('GET /repos/{owner}/{repo}/issues', query, waiting)
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
      const answer = await ask('GET /repos/{owner}/{repo}/issues/{issue_number}', numbered, waiting)
      return toIssue(readIssueFields(answer.body, number))
    },
    comments: async (number, waiting) =>
      (
        await readPages({ what: 'comments', pageSize, beyond: 'refuse' }, (page) =>
          ask(
            'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
            { ...at, issue_number: number, per_page: pageSize, page },
            waiting,
          ),
        )
      ).map(toComment),
    comment: async (number, { body, id }, waiting) => {
      const answer =
        id === undefined
          ? await ask('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', { ...at, issue_number: number, body }, waiting)
          : await ask('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', { ...at, comment_id: Number(id), body }, waiting)
      return String(readFields(answer.body, 'comment').count('id'))
    },
    label: async (number, { add, remove }, waiting) => {
      const numbered = { ...at, issue_number: number }
      // adding a label makes it where it is missing
      if (add.length > 0) await ask('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', { ...numbered, labels: [...add] }, waiting)
      for (const name of remove)
        await ask('DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}', { ...numbered, name }, waiting).catch(unlessMissing)
    },
    setOpen: async (number, isOpen, waiting) => {
      const state = isOpen ? 'open' : 'closed'
      await ask('PATCH /repos/{owner}/{repo}/issues/{issue_number}', { ...at, issue_number: number, state }, waiting)
    },
    // to set them all would take off whom somebody else assigned meanwhile
    assign: async (number, { add, remove }, waiting) => {
      const numbered = { ...at, issue_number: number }
      if (add.length > 0)
        await ask('POST /repos/{owner}/{repo}/issues/{issue_number}/assignees', { ...numbered, assignees: [...add] }, waiting)
      if (remove.length > 0)
        await ask('DELETE /repos/{owner}/{repo}/issues/{issue_number}/assignees', { ...numbered, assignees: [...remove] }, waiting)
    },
  }
}

function pullsOf({ at, ask }: Talk): Omit<ForgePulls, 'feedback'> {
  const pull = async (id: string, waiting: Waiting): Promise<PullRequest> => {
    const numbered = { ...at, pull_number: Number(id) }
    const fields = readFields((await ask('GET /repos/{owner}/{repo}/pulls/{pull_number}', numbered, waiting)).body, 'pull request')
    const reviews = await readPages({ what: 'reviews', pageSize, beyond: 'refuse' }, (page) =>
      ask('GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews', { ...numbered, per_page: pageSize, page }, waiting),
    )
    return toPull(fields, reviews)
  }
  const findPull: Forge['findPull'] = async ({ head, base }, waiting) => {
    const query = { ...at, state: 'open', head: `${at.owner}:${head}`, base, per_page: pageSize } as const
    const found = readObjects((await ask('GET /repos/{owner}/{repo}/pulls', query, waiting)).body, 'pull requests')
    const ours = found.find((each) => isBetween(each, { head, base }))
    return ours === undefined ? undefined : pull(String(ours.count('number')), waiting)
  }
  const listClosed = async ({ head, base }: Pick<PullRequest, 'head' | 'base'>, waiting: Waiting): Promise<readonly AnswerFields[]> => {
    const order = { sort: 'updated', direction: 'desc', per_page: pageSize } as const
    const query = { ...at, state: 'closed', head: `${at.owner}:${head}`, base, ...order } as const
    const found = readObjects((await ask('GET /repos/{owner}/{repo}/pulls', query, waiting)).body, 'pull requests')
    return found.filter((each) => isBetween(each, { head, base }))
  }
  return {
    openPull: (draft, waiting) =>
      openOrAdopt(draft, {
        create: () => ask('POST /repos/{owner}/{repo}/pulls', { ...at, ...draft }, waiting),
        find: () => findPull(draft, waiting),
        listClosed: async () => (await listClosed(draft, waiting)).map(toMerged),
        pull: (id) => pull(id, waiting),
      }),
    findPull,
    listMerged: async (branches, waiting) => (await listClosed(branches, waiting)).filter((each) => each.has('merged_at')).map(toMerged),
    pull,
    checks: async (commit, waiting) => {
      const query = { ...at, ref: commit, per_page: pageSize }
      const [runs, statuses] = await Promise.all([
        readPages({ what: 'check runs', list: 'check_runs', pageSize, beyond: 'refuse' }, (page) =>
          ask('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', { ...query, page }, waiting),
        ).catch(unlessDenied),
        readPages({ what: 'statuses', list: 'statuses', pageSize, beyond: 'refuse' }, (page) =>
          ask('GET /repos/{owner}/{repo}/commits/{ref}/status', { ...query, page }, waiting),
        ).catch(unlessDenied),
      ])
      return judgeChecks([...(runs ?? []).map(wordOfRun), ...(statuses ?? []).map((status) => status.text('state'))])
    },
  }
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

function wordOfRun(run: AnswerFields): string {
  return run.text('status') === 'completed' ? run.textOrEmpty('conclusion') : 'pending'
}
