import type { Endpoints } from '@octokit/types'

/** What GitHub publishes that it answers. */
type Answered<R extends keyof Endpoints> = Endpoints[R]['response']['data']

/** What is read of an object: it is there, though GitHub may leave it out for others. What goes over the wire is no bigint. */
type Read<T, K extends keyof NonNullable<T>> = { readonly [Field in K]-?: Exclude<Required<NonNullable<T>>[Field], bigint> }

type PublishedIssue = Answered<'GET /repos/{owner}/{repo}/issues/{issue_number}'>
type PublishedComment = Answered<'GET /repos/{owner}/{repo}/issues/{issue_number}/comments'>[number]
type PublishedPull = Answered<'GET /repos/{owner}/{repo}/pulls/{pull_number}'>
/** A list says less of each: neither whether it was merged nor whether it can be. */
type ListedPull = Answered<'GET /repos/{owner}/{repo}/pulls'>[number]
type PublishedReview = Answered<'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews'>[number]
type PublishedLine = Answered<'GET /repos/{owner}/{repo}/pulls/{pull_number}/comments'>[number]
type PublishedRuns = Answered<'GET /repos/{owner}/{repo}/commits/{ref}/check-runs'>
type PublishedStatuses = Answered<'GET /repos/{owner}/{repo}/commits/{ref}/status'>

export type GithubLabel = Read<Exclude<PublishedIssue['labels'][number], string>, 'name'>

export type GithubIssue = Read<PublishedIssue, 'number' | 'title' | 'body' | 'author_association' | 'state' | 'html_url' | 'updated_at'> & {
  readonly user: Read<PublishedIssue['user'], 'login'>
  readonly labels: GithubLabel[]
  readonly assignees: Read<NonNullable<PublishedIssue['assignees']>[number], 'login'>[]
  /** Only a pull request has it. */
  readonly pull_request?: Read<PublishedIssue['pull_request'], 'url'>
}

export type GithubComment = Read<PublishedComment, 'id' | 'body' | 'author_association' | 'updated_at'> & {
  readonly user: Read<PublishedComment['user'], 'login'>
}

export type GithubListedPull = Read<ListedPull, 'number' | 'title' | 'body' | 'html_url' | 'state' | 'merged_at' | 'updated_at'> & {
  readonly head: Read<ListedPull['head'], 'ref' | 'sha'> & { readonly repo: Read<ListedPull['head']['repo'], 'full_name'> }
  readonly base: Read<ListedPull['base'], 'ref'> & { readonly repo: Read<ListedPull['base']['repo'], 'full_name'> }
}

export type GithubPull = GithubListedPull & Read<PublishedPull, 'merged' | 'mergeable' | 'mergeable_state'>

export type GithubReview = Read<PublishedReview, 'id' | 'state' | 'commit_id' | 'author_association' | 'body'> & {
  readonly user: Read<PublishedReview['user'], 'login'>
  /** One that its author still writes has none. */
  readonly submitted_at?: NonNullable<PublishedReview['submitted_at']>
}

export type GithubLine = Read<PublishedLine, 'id' | 'author_association' | 'body' | 'path' | 'original_line' | 'updated_at'> & {
  readonly user: Read<PublishedLine['user'], 'login'>
  /** Null where it is at none now, which the description does not know. */
  readonly line: NonNullable<PublishedLine['line']> | null
}

export type GithubRun = Read<PublishedRuns['check_runs'][number], 'name' | 'status' | 'conclusion'> & {
  readonly output: Read<PublishedRuns['check_runs'][number]['output'], 'title' | 'summary' | 'text'>
}

export type GithubStatus = Read<PublishedStatuses['statuses'][number], 'context' | 'state' | 'description'>

/** What of each answer is read, or imitated, by its route. */
export interface GithubAnswers {
  'GET /user': Read<Answered<'GET /user'>, 'login'>
  'GET /repos/{owner}/{repo}/issues': GithubIssue[]
  'GET /repos/{owner}/{repo}/issues/{issue_number}': GithubIssue
  'PATCH /repos/{owner}/{repo}/issues/{issue_number}': GithubIssue
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments': GithubComment[]
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': GithubComment
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': GithubComment
  'POST /repos/{owner}/{repo}/issues/{issue_number}/labels': GithubLabel[]
  'DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}': GithubLabel[]
  'POST /repos/{owner}/{repo}/issues/{issue_number}/assignees': GithubIssue
  'DELETE /repos/{owner}/{repo}/issues/{issue_number}/assignees': GithubIssue
  'GET /repos/{owner}/{repo}/pulls': GithubListedPull[]
  'POST /repos/{owner}/{repo}/pulls': GithubPull
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': GithubPull
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews': GithubReview[]
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/comments': GithubLine[]
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': Read<PublishedRuns, 'total_count'> & { readonly check_runs: GithubRun[] }
  'GET /repos/{owner}/{repo}/commits/{ref}/status': Read<PublishedStatuses, 'state' | 'total_count'> & { readonly statuses: GithubStatus[] }
}

/** What a route takes and with which status it answers when all is well, as published. */
export interface GithubPublished<R extends keyof Endpoints> {
  readonly takes: readonly (keyof Endpoints[R]['parameters'] & string)[]
  readonly status: Endpoints[R]['response']['status']
}
