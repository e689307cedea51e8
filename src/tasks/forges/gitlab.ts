import type { Clock } from '../../lib/clock.ts'
import type { Json } from '../../lib/json.ts'
import { formatCursor, nextCursor, parseCursor } from '../rules/issue-cursor.ts'
import { judgeChecks } from '../rules/judge-checks.ts'
import type { SaidReview } from '../rules/judge-reviews.ts'
import { areChangesRequested } from '../rules/judge-reviews.ts'
import type { AnswerFields } from './answer-fields.ts'
import { readFields, readObjects } from './answer-fields.ts'
import { toComment } from './comment-fields.ts'
import { toFailure, toFeedback, toRemark } from './feedback-fields.ts'
import type { Forge, ForgeAuthor, ForgeIssues, ForgePulls, Issue, MergedPull, PullRemark, PullRequest } from './forge.ts'
import type { ForgePlace } from './forge-place.ts'
import { openOrAdopt } from './open-or-adopt.ts'
import type { PagedList } from './read-pages.ts'
import { hasMore, readPages } from './read-pages.ts'
import type { ForgeAnswer, ForgeMethod, RestClient } from './rest-client.ts'
import { unlessDenied, unlessMissing } from './tolerate.ts'
import { TrustedPeople } from './trusted-people.ts'

interface Waiting {
  readonly signal: AbortSignal
}

/** How a token is told to GitLab. */
export const gitlabDialect = {
  headers: { accept: 'application/json' },
  formatToken: (token: string) => ['private-token', token] as const,
}

const pageSize = 100
/** Least access that counts as a member who may write: Developer. @see https://docs.gitlab.com/api/access_requests/#valid-access-levels */
const developer = 30

/** What is asked of one project. */
interface Talk {
  readonly send: (method: ForgeMethod, path: string, waiting: Waiting, body?: Json) => Promise<ForgeAnswer>
  readonly pages: (list: Omit<PagedList, 'pageSize'>, path: string, waiting: Waiting) => Promise<readonly AnswerFields[]>
  /** Of those who wrote these, whose text counts. */
  readonly trustedOf: (written: readonly AnswerFields[], waiting: Waiting) => Promise<ReadonlySet<string>>
}

/** GitLab, version 4 of its API. What others call a number is its `iid`; a pull request is a merge request. */
export function createGitlab(client: RestClient, place: ForgePlace, { clock }: { readonly clock: Clock }): Forge {
  const talk = talkTo(client, place, clock)
  return {
    kind: 'gitlab',
    ...issuesOf(talk, client),
    ...pullsOf(talk),
    self: async (waiting) => {
      const answer = await client.send({ method: 'GET', path: '/user' }, waiting).catch(unlessDenied)
      return answer === undefined ? undefined : readFields(answer.body, 'user').text('username')
    },
  }
}

function talkTo(client: RestClient, { path: project }: ForgePlace, clock: Clock): Talk {
  const root = `/projects/${encodeURIComponent(project)}`
  const send = (method: ForgeMethod, path: string, waiting: Waiting, body?: Json): Promise<ForgeAnswer> =>
    client.send({ method, path: `${root}${path}`, ...(body === undefined ? {} : { body }) }, waiting)
  const pages: Talk['pages'] = (list, path, waiting) =>
    readPages({ ...list, pageSize }, (page) =>
      send('GET', `${path}${path.includes('?') ? '&' : '?'}per_page=${pageSize}&page=${page}`, waiting),
    )
  const read = async (waiting: Waiting): Promise<ReadonlySet<string>> => {
    const members = await pages({ what: 'members', beyond: 'cut' }, '/members/all', waiting)
    return new Set(members.filter((member) => member.count('access_level') >= developer).map((member) => member.text('username')))
  }
  const people = new TrustedPeople({ clock, read })
  return { send, pages, trustedOf: (written, waiting) => people.among(written.map(authorOf), waiting) }
}

function issuesOf({ send, pages, trustedOf }: Talk, client: RestClient): ForgeIssues {
  const update = async (number: number, change: Json, waiting: Waiting): Promise<void> =>
    void (await send('PUT', `/issues/${number}`, waiting, change))
  return {
    issues: async ({ labels, cursor: text }, waiting) => {
      const cursor = parseCursor(text)
      const isFirst = cursor.scope === 'open'
      const wanted = isFirst ? `state=opened&labels=${labels.map(encodeURIComponent).join(',')}` : 'state=all'
      const since = cursor.since === 0 ? '' : `&updated_after=${encodeURIComponent(new Date(cursor.since).toISOString())}`
      const order = `scope=all&order_by=updated_at&sort=asc&per_page=${pageSize}&page=${cursor.page}`
      const answer = await send('GET', `/issues?${wanted}${since}&${order}`, waiting)
      const found = readObjects(answer.body, 'issues')
      const trusted = await trustedOf(found, waiting)
      const more = hasMore(answer, { count: found.length, seen: cursor.page * found.length, pageSize })
      const seen = { updatedAt: found.map((each) => each.time('updated_at')), hasMore: more, isOrdered: true, at: answer.at }
      return { issues: found.map((each) => toIssue(each, trusted)), cursor: formatCursor(nextCursor(cursor, seen)), hasMore: more }
    },
    issue: async (number, waiting) => {
      const fields = readFields((await send('GET', `/issues/${number}`, waiting)).body, 'issue')
      return toIssue(fields, await trustedOf([fields], waiting))
    },
    comments: async (number, waiting) => {
      const notes = await pages({ what: 'notes', beyond: 'refuse' }, `/issues/${number}/notes?sort=asc&order_by=created_at`, waiting)
      const said = notes.filter(isForAll)
      const trusted = await trustedOf(said, waiting)
      return said.map((note) => toComment(note, toAuthor(note, trusted)))
    },
    comment: async (number, { body, id }, waiting) => {
      const at = `/issues/${number}/notes`
      const answer =
        id === undefined ? await send('POST', at, waiting, { body }) : await send('PUT', `${at}/${Number(id)}`, waiting, { body })
      return String(readFields(answer.body, 'note').count('id'))
    },
    // labels that are missing are made by this
    label: (number, { add, remove }, waiting) => update(number, { add_labels: add.join(','), remove_labels: remove.join(',') }, waiting),
    setOpen: (number, isOpen, waiting) => update(number, { state_event: isOpen ? 'reopen' : 'close' }, waiting),
    // GitLab knows no way to add one: who is there is read just before, and sent again
    assign: async (number, { add, remove }, waiting) => {
      const there = readFields((await send('GET', `/issues/${number}`, waiting)).body, 'issue').objects('assignees')
      const kept = there.filter((user) => !remove.includes(user.text('username'))).map((user) => user.count('id'))
      const ids = new Set(kept)
      for (const name of add) {
        const users = await client.send({ method: 'GET', path: `/users?username=${encodeURIComponent(name)}` }, waiting)
        for (const user of readObjects(users.body, 'users')) ids.add(user.count('id'))
      }
      if (ids.size === kept.length && kept.length === there.length) return
      // 0 stands for nobody
      await update(number, { assignee_ids: ids.size === 0 ? [0] : [...ids] }, waiting)
    },
  }
}

function pullsOf({ send, pages, trustedOf }: Talk): ForgePulls {
  /** The pipeline of a merge request, where it is of the newest commit or of what that and the target make together. It may be of one before. */
  const readPipeline = async (fields: AnswerFields, waiting: Waiting): Promise<AnswerFields | undefined> => {
    if (fields.text('state') !== 'opened' || !fields.has('head_pipeline') || !fields.has('sha')) return undefined
    const [pipeline, commit] = [fields.object('head_pipeline'), fields.text('sha')]
    if (pipeline.text('sha') === commit) return pipeline
    const path = `/repository/commits/${encodeURIComponent(pipeline.text('sha'))}`
    const merged = await send('GET', path, waiting).catch(unlessMissing)
    return merged !== undefined && readFields(merged.body, 'commit').texts('parent_ids').includes(commit) ? pipeline : undefined
  }
  const pull = async (id: string, waiting: Waiting): Promise<PullRequest> => {
    const fields = readFields((await send('GET', `/merge_requests/${Number(id)}`, waiting)).body, 'merge request')
    const list = { what: 'notes', isEnough: (page: readonly AnswerFields[]) => page.some(tellsOfCommits), beyond: 'cut' } as const
    const notes = await pages(list, `/merge_requests/${Number(id)}/notes?sort=desc&order_by=created_at`, waiting)
    const decided = notes.filter((note) => note.isTrue('system'))
    const pipeline = await readPipeline(fields, waiting)
    const known = toPull(fields, areChangesRequested(toReviews(notes, await trustedOf(decided, waiting))))
    return pipeline === undefined ? known : { ...known, checks: judgeChecks([pipeline.text('status')]) }
  }
  const listBetween = async (
    state: 'opened' | 'merged' | 'all',
    { head, base }: { readonly head: string; readonly base: string },
    waiting: Waiting,
  ): Promise<readonly AnswerFields[]> => {
    const branches = `source_branch=${encodeURIComponent(head)}&target_branch=${encodeURIComponent(base)}`
    const query = `state=${state}&${branches}&order_by=updated_at&sort=desc&per_page=${pageSize}`
    const found = readObjects((await send('GET', `/merge_requests?${query}`, waiting)).body, 'merge requests')
    // a fork may have a branch of the same name, and be gone by now
    return found.filter((each) => each.has('source_project_id') && each.count('source_project_id') === each.count('target_project_id'))
  }
  const findPull: Forge['findPull'] = async ({ head, base }, waiting) => {
    const [ours] = await listBetween('opened', { head, base }, waiting)
    return ours === undefined ? undefined : pull(String(ours.count('iid')), waiting)
  }
  return {
    openPull: (draft, waiting) =>
      openOrAdopt(draft, {
        create: () =>
          send('POST', '/merge_requests', waiting, {
            source_branch: draft.head,
            target_branch: draft.base,
            title: draft.title,
            description: draft.body,
          }),
        find: () => findPull(draft, waiting),
        listClosed: async () =>
          (await listBetween('all', draft, waiting)).filter((each) => each.text('state') !== 'opened').map(toMergedRequest),
        pull: (id) => pull(id, waiting),
      }),
    findPull,
    listMerged: async (branches, waiting) => (await listBetween('merged', branches, waiting)).map(toMergedRequest),
    pull,
    feedback: async (id, waiting) => {
      const at = `/merge_requests/${Number(id)}`
      const fields = readFields((await send('GET', at, waiting)).body, 'merge request')
      const notes = await pages({ what: 'notes', beyond: 'cut' }, `${at}/notes?sort=desc&order_by=created_at`, waiting)
      const trusted = await trustedOf(notes, waiting)
      const pipeline = await readPipeline(fields, waiting)
      const jobs =
        pipeline === undefined
          ? undefined
          : await pages({ what: 'jobs', beyond: 'cut' }, `/pipelines/${pipeline.count('id')}/jobs?scope[]=failed`, waiting).catch(
              unlessDenied,
            )
      return toFeedback({
        // what is resolved was done
        remarks: notes.filter((note) => isForAll(note) && !note.isTrue('resolved')).map((note) => toNoteRemark(note, trusted)),
        failures: (jobs ?? [])
          .filter((job) => !job.isTrue('allow_failure'))
          .flatMap((job) => toFailure(job, { word: 'status', name: 'name', words: ['failure_reason'] })),
      })
    },
    checks: async (commit, waiting) => {
      const query = `/pipelines?sha=${encodeURIComponent(commit)}&order_by=id&sort=desc&per_page=1`
      const answer = await send('GET', query, waiting).catch(unlessDenied)
      return answer === undefined ? 'none' : judgeChecks(readObjects(answer.body, 'pipelines').map((pipeline) => pipeline.text('status')))
    },
  }
}

/** Who wrote something; an account that is gone has this name. */
function authorOf(fields: AnswerFields): string {
  return fields.has('author') ? fields.object('author').text('username') : 'ghost'
}

function toAuthor(fields: AnswerFields, trusted: ReadonlySet<string>): ForgeAuthor {
  const name = authorOf(fields)
  return { name, isTrusted: trusted.has(name) }
}

function toIssue(fields: AnswerFields, trusted: ReadonlySet<string>): Issue {
  return {
    number: fields.count('iid'),
    title: fields.text('title'),
    body: fields.textOrEmpty('description'),
    author: toAuthor(fields, trusted),
    labels: fields.texts('labels'),
    assignees: fields.objects('assignees').map((user) => user.text('username')),
    isOpen: fields.text('state') === 'opened',
    isConfidential: fields.isTrue('confidential'),
    url: fields.text('web_url'),
    updatedAt: fields.time('updated_at'),
  }
}

/** Whether a person said it, to all who see the issue: an internal note is for members. */
function isForAll(note: AnswerFields): boolean {
  return !note.isTrue('system') && !note.isTrue('internal') && !note.isTrue('confidential')
}

function toMergedRequest(fields: AnswerFields): MergedPull {
  return { id: String(fields.count('iid')), url: fields.text('web_url'), body: fields.textOrEmpty('description') }
}

function toNoteRemark(note: AnswerFields, trusted: ReadonlySet<string>): PullRemark {
  const said = { author: toAuthor(note, trusted), time: 'updated_at' }
  if (!note.has('position')) return toRemark(note, said)
  const at = note.object('position')
  return toRemark(note, { ...said, at, path: at.textOrEmpty('new_path'), lines: ['new_line', 'old_line'] })
}

/** How GitLab writes down, in notes of its own, what a reviewer decided. */
const decisions = [
  { words: /^requested changes\b/, state: 'CHANGES_REQUESTED' },
  { words: /^approved this merge request\b/, state: 'APPROVED' },
  { words: /^unapproved this merge request\b/, state: 'DISMISSED' },
] as const

/** Whether a note is GitLab's own of commits that came: what was decided before was of others. */
function tellsOfCommits(note: AnswerFields): boolean {
  return note.isTrue('system') && /^added \d+ commits?\b/.test(note.text('body'))
}

/** What reviewers decided since the newest commits came, of the notes of a merge request, the newest first. */
function toReviews(newestFirst: readonly AnswerFields[], trusted: ReadonlySet<string>): readonly SaidReview[] {
  const last = newestFirst.findIndex(tellsOfCommits)
  return newestFirst
    .slice(0, last < 0 ? undefined : last)
    .filter((note) => note.isTrue('system'))
    .flatMap((note) => {
      const decision = decisions.find(({ words }) => words.test(note.text('body')))
      return decision === undefined ? [] : [{ author: toAuthor(note, trusted), state: decision.state, isOfCommit: true }]
    })
    .toReversed()
}

function toPull(fields: AnswerFields, isChangeAsked: boolean): PullRequest {
  const state = fields.text('state')
  return {
    id: String(fields.count('iid')),
    url: fields.text('web_url'),
    head: fields.text('source_branch'),
    base: fields.text('target_branch'),
    state: state === 'merged' ? 'merged' : state === 'closed' ? 'closed' : 'open',
    isConflicted: fields.isTrue('has_conflicts'),
    areChangesRequested: isChangeAsked,
    body: fields.textOrEmpty('description'),
    // null while a branch has no commit of its own
    ...(fields.has('sha') ? { commit: fields.text('sha') } : {}),
  }
}
