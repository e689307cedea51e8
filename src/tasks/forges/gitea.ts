import type { Clock } from '../../lib/clock.ts'
import type { Json } from '../../lib/json.ts'
import { formatCursor, nextCursor, parseCursor } from '../rules/issue-cursor.ts'
import { judgeChecks } from '../rules/judge-checks.ts'
import { areChangesRequested } from '../rules/judge-reviews.ts'
import type { AnswerFields } from './answer-fields.ts'
import { readFields, readObjects } from './answer-fields.ts'
import { toComment } from './comment-fields.ts'
import { toFailure, toFeedback, toRemark } from './feedback-fields.ts'
import type { Forge, ForgeAuthor, ForgeIssues, ForgePulls, Issue, MergedPull, PullRequest } from './forge.ts'
import type { ForgePlace } from './forge-place.ts'
import { readIssueFields } from './issue-fields.ts'
import { openOrAdopt } from './open-or-adopt.ts'
import { toMerged } from './pull-fields.ts'
import type { PagedList } from './read-pages.ts'
import { hasMore, readPages } from './read-pages.ts'
import type { ForgeAnswer, ForgeMethod, RestClient } from './rest-client.ts'
import { unlessDenied, unlessMissing } from './tolerate.ts'
import { TrustedPeople } from './trusted-people.ts'

interface Waiting {
  readonly signal: AbortSignal
}

/** How a token is told to Gitea and Forgejo. */
export const giteaDialect = {
  headers: { accept: 'application/json' },
  formatToken: (token: string) => ['authorization', `token ${token}`] as const,
}

/** What Gitea gives at the most when nobody changed its settings. */
const pageSize = 50
/** Reviews whose words at lines are read, the newest: each is a request of its own. */
const maxReviews = 20
/** Pages of closed pull requests that are looked through: it cannot be asked for those of a branch. */
const maxClosedPages = 2
/** A pull request is called unmergeable also while Gitea still looks whether it is, in milliseconds. */
const mergeCheckMs = 60_000

/** What is asked of one repository. */
interface Talk extends ForgePlace {
  readonly send: (method: ForgeMethod, path: string, waiting: Waiting, body?: Json) => Promise<ForgeAnswer>
  readonly pages: (list: Omit<PagedList, 'pageSize'>, path: string, waiting: Waiting) => Promise<readonly AnswerFields[]>
  /** Of those who wrote these, whose text counts. */
  readonly trustedOf: (written: readonly AnswerFields[], waiting: Waiting) => Promise<ReadonlySet<string>>
}

/** Gitea and Forgejo, by the description they serve at `/api/swagger`. */
export function createGitea(client: RestClient, place: ForgePlace, { clock }: { readonly clock: Clock }): Forge {
  const talk = talkTo(client, place, clock)
  return {
    kind: 'gitea',
    ...issuesOf(talk),
    ...pullsOf(talk, clock),
    ...feedbackOf(talk),
    self: async (waiting) => {
      const answer = await client.send({ method: 'GET', path: '/user' }, waiting).catch(unlessDenied)
      return answer === undefined ? undefined : readFields(answer.body, 'user').text('login')
    },
  }
}

function talkTo(client: RestClient, place: ForgePlace, clock: Clock): Talk {
  const { owner, repo } = place
  const root = `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(repo)}`
  const send = (method: ForgeMethod, path: string, waiting: Waiting, body?: Json): Promise<ForgeAnswer> =>
    client.send({ method, path: `${root}${path}`, ...(body === undefined ? {} : { body }) }, waiting)
  const pages: Talk['pages'] = (list, path, waiting) =>
    readPages({ ...list, pageSize }, (page) =>
      send('GET', `${path}${path.includes('?') ? '&' : '?'}limit=${pageSize}&page=${page}`, waiting),
    )
  /**
   * Those who may be given an issue: owner, collaborators who may write, and who is in a team that may write one thing here or read pull requests.
   * Gitea says it with no text; what one person may do in a repository it tells administrators alone.
   */
  const read = async (waiting: Waiting): Promise<ReadonlySet<string>> => {
    const users = readObjects((await send('GET', '/assignees', waiting)).body, 'assignees')
    return new Set([owner.toLowerCase(), ...users.map((user) => user.text('login').toLowerCase())])
  }
  const people = new TrustedPeople({ clock, read })
  return { ...place, send, pages, trustedOf: (written, waiting) => people.among(written.map(authorOf), waiting) }
}

function issuesOf({ send, trustedOf }: Talk): ForgeIssues {
  const readIssue = async (number: number, waiting: Waiting): Promise<Issue> => {
    const fields = readIssueFields((await send('GET', `/issues/${number}`, waiting)).body, number)
    return toIssue(fields, await trustedOf([fields], waiting))
  }
  return {
    issues: async ({ labels, cursor: text }, waiting) => {
      const cursor = parseCursor(text)
      const wanted = cursor.scope === 'open' && labels.length > 0 ? `&labels=${labels.map(encodeURIComponent).join(',')}` : ''
      const since = cursor.since === 0 ? '' : `&since=${encodeURIComponent(new Date(cursor.since).toISOString())}`
      const path = `/issues?type=issues&state=${cursor.scope}${wanted}${since}&limit=${pageSize}&page=${cursor.page}`
      const answer = await send('GET', path, waiting)
      const found = readObjects(answer.body, 'issues')
      const trusted = await trustedOf(found, waiting)
      const more = hasMore(answer, { count: found.length, seen: cursor.page * found.length, pageSize })
      const seen = { updatedAt: found.map((each) => each.time('updated_at')), hasMore: more, isOrdered: false, at: answer.at }
      // of several labels Gitea gives what has any
      const issues = found
        .map((each) => toIssue(each, trusted))
        .filter((issue) => cursor.scope === 'all' || labels.every((label) => issue.labels.includes(label)))
      return { issues, cursor: formatCursor(nextCursor(cursor, seen)), hasMore: more }
    },
    issue: readIssue,
    comments: async (number, waiting) => {
      const found = readObjects((await send('GET', `/issues/${number}/comments`, waiting)).body, 'comments')
      const trusted = await trustedOf(found, waiting)
      return found.map((each) => toComment(each, toAuthor(each, trusted)))
    },
    comment: async (number, { body, id }, waiting) => {
      const answer =
        id === undefined
          ? await send('POST', `/issues/${number}/comments`, waiting, { body })
          : await send('PATCH', `/issues/comments/${Number(id)}`, waiting, { body })
      return String(readFields(answer.body, 'comment').count('id'))
    },
    label: async (number, { add, remove }, waiting) => {
      const at = `/issues/${number}/labels`
      if (add.length > 0) {
        // by name a label of the organisation is found too; one that nobody made is left out, and nothing is said of it
        const there = namesOf(readObjects((await send('POST', at, waiting, { labels: [...add] })).body, 'labels'))
        const missing = add.filter((name) => !there.includes(name))
        for (const name of missing) await send('POST', '/labels', waiting, { name, color: '#ededed' })
        if (missing.length > 0) await send('POST', at, waiting, { labels: missing })
      }
      if (remove.length === 0) return
      for (const label of readObjects((await send('GET', at, waiting)).body, 'labels'))
        if (remove.includes(label.text('name'))) await send('DELETE', `${at}/${label.count('id')}`, waiting).catch(unlessMissing)
    },
    setOpen: async (number, isOpen, waiting) =>
      void (await send('PATCH', `/issues/${number}`, waiting, { state: isOpen ? 'open' : 'closed' })),
    // Gitea knows no way to add one: who is there is read just before, and sent again
    assign: async (number, { add, remove }, waiting) => {
      const { assignees } = await readIssue(number, waiting)
      const names = [...new Set([...assignees, ...add])].filter((name) => !remove.includes(name))
      await send('PATCH', `/issues/${number}`, waiting, { assignees: names })
    },
  }
}

function pullsOf({ owner, repo, send, pages, trustedOf }: Talk, clock: Clock): Omit<ForgePulls, 'feedback'> {
  const pull = async (id: string, waiting: Waiting): Promise<PullRequest> => {
    const fields = readFields((await send('GET', `/pulls/${Number(id)}`, waiting)).body, 'pull request')
    const reviews = await pages({ what: 'reviews', beyond: 'refuse' }, `/pulls/${Number(id)}/reviews`, waiting)
    return toPull(fields, { reviews, trusted: await trustedOf(reviews, waiting), now: clock.now() })
  }
  const findPull: Forge['findPull'] = async ({ head, base }, waiting) => {
    const isThat = (each: AnswerFields): boolean => isOurs(each, { owner, repo, head, base })
    const list = { what: 'pull requests', isEnough: (page: readonly AnswerFields[]) => page.some(isThat), beyond: 'cut' } as const
    const ours = (await pages(list, '/pulls?state=open&sort=recentupdate', waiting)).find(isThat)
    return ours === undefined ? undefined : pull(String(ours.count('number')), waiting)
  }
  const listClosed = async (
    { head, base }: Pick<PullRequest, 'head' | 'base'>,
    waiting: Waiting,
    isWanted: (each: AnswerFields) => boolean = () => true,
  ): Promise<readonly MergedPull[]> => {
    const isThat = (each: AnswerFields): boolean => isWanted(each) && isOurs(each, { owner, repo, head, base })
    const isEnough = (page: readonly AnswerFields[]): boolean => page.some(isThat)
    const list = { what: 'pull requests', isEnough, maxPages: maxClosedPages, beyond: 'cut' } as const
    return (await pages(list, '/pulls?state=closed&sort=recentupdate', waiting)).filter(isThat).map(toMerged)
  }
  return {
    openPull: (draft, waiting) =>
      openOrAdopt(draft, {
        create: () => send('POST', '/pulls', waiting, { ...draft }),
        find: () => findPull(draft, waiting),
        listClosed: () => listClosed(draft, waiting),
        pull: (id) => pull(id, waiting),
      }),
    findPull,
    listMerged: (branches, waiting) => listClosed(branches, waiting, (each) => each.isTrue('merged')),
    pull,
    checks: async (commit, waiting) => {
      const list = { what: 'statuses', list: 'statuses', beyond: 'refuse' } as const
      const statuses = await pages(list, `/commits/${encodeURIComponent(commit)}/status`, waiting).catch(unlessDenied)
      return judgeChecks((statuses ?? []).map((status) => status.text('status')))
    },
  }
}

function feedbackOf({ send, pages, trustedOf }: Talk): Pick<ForgePulls, 'feedback'> {
  return {
    feedback: async (id, waiting) => {
      const at = `/pulls/${Number(id)}`
      const fields = readFields((await send('GET', at, waiting)).body, 'pull request')
      const reviews = await pages({ what: 'reviews', beyond: 'cut' }, `${at}/reviews`, waiting)
      const comments = readObjects((await send('GET', `/issues/${Number(id)}/comments`, waiting)).body, 'comments')
      const lines: AnswerFields[] = []
      for (const review of reviews.filter((each) => each.has('comments_count') && each.count('comments_count') > 0).slice(-maxReviews))
        lines.push(...readObjects((await send('GET', `${at}/reviews/${review.count('id')}/comments`, waiting)).body, 'review comments'))
      const trusted = await trustedOf([...reviews, ...comments, ...lines], waiting)
      const commit = encodeURIComponent(fields.object('head').text('sha'))
      const statuses = await pages({ what: 'statuses', list: 'statuses', beyond: 'cut' }, `/commits/${commit}/status`, waiting).catch(
        unlessDenied,
      )
      return toFeedback({
        remarks: [
          ...reviews
            .filter((each) => !each.isTrue('dismissed') && each.has('submitted_at'))
            .map((each) => toRemark(each, { author: toAuthor(each, trusted), time: 'submitted_at' })),
          ...lines.map((each) =>
            toRemark(each, {
              author: toAuthor(each, trusted),
              time: 'updated_at',
              path: each.textOrEmpty('path'),
              lines: ['position', 'original_position'],
            }),
          ),
          ...comments.map((each) => toRemark(each, { author: toAuthor(each, trusted), time: 'updated_at' })),
        ],
        failures: (statuses ?? []).flatMap((each) => toFailure(each, { word: 'status', name: 'context', words: ['description'] })),
      })
    },
  }
}

function namesOf(labels: readonly AnswerFields[]): readonly string[] {
  return labels.map((label) => label.text('name'))
}

/** Who wrote something; an account that is gone has this name. */
function nameOf(fields: AnswerFields): string {
  return fields.has('user') ? fields.object('user').text('login') : 'ghost'
}

/** Names count without regard to case. */
function authorOf(fields: AnswerFields): string {
  return nameOf(fields).toLowerCase()
}

function toAuthor(fields: AnswerFields, trusted: ReadonlySet<string>): ForgeAuthor {
  return { name: nameOf(fields), isTrusted: trusted.has(authorOf(fields)) }
}

function toIssue(fields: AnswerFields, trusted: ReadonlySet<string>): Issue {
  return {
    number: fields.count('number'),
    title: fields.text('title'),
    body: fields.textOrEmpty('body'),
    author: toAuthor(fields, trusted),
    labels: namesOf(fields.objects('labels')),
    assignees: fields.objects('assignees').map((user) => user.text('login')),
    isOpen: fields.text('state') === 'open',
    url: fields.text('html_url'),
    updatedAt: fields.time('updated_at'),
  }
}

/** A fork may have a branch of the same name. Of a branch that is gone the ref is another, and its label the name that it had. */
function isOurs(
  fields: AnswerFields,
  { owner, repo, head, base }: { readonly owner: string; readonly repo: string; readonly head: string; readonly base: string },
): boolean {
  const from = fields.object('head')
  if ((from.text('ref') !== head && from.textOrEmpty('label') !== head) || fields.object('base').text('ref') !== base || !from.has('repo'))
    return false
  return from.object('repo').text('full_name').toLowerCase() === `${owner}/${repo}`.toLowerCase()
}

function toPull(
  fields: AnswerFields,
  known: { readonly reviews: readonly AnswerFields[]; readonly trusted: ReadonlySet<string>; readonly now: number },
): PullRequest {
  const commit = fields.object('head').text('sha')
  const reviews = known.reviews
    .filter((review) => !review.isTrue('dismissed'))
    .map((review) => ({
      author: toAuthor(review, known.trusted),
      state: review.text('state'),
      isOfCommit: review.textOrEmpty('commit_id') === commit,
    }))
  const isOpen = fields.text('state') === 'open'
  const isSettled = isOpen && known.now - fields.time('updated_at') > mergeCheckMs
  return {
    id: String(fields.count('number')),
    url: fields.text('html_url'),
    head: fields.object('head').text('ref'),
    base: fields.object('base').text('ref'),
    state: fields.isTrue('merged') ? 'merged' : isOpen ? 'open' : 'closed',
    isConflicted: isSettled && fields.has('mergeable') && !fields.isTrue('mergeable') && !fields.isTrue('draft'),
    areChangesRequested: areChangesRequested(reviews),
    body: fields.textOrEmpty('body'),
    commit,
  }
}
