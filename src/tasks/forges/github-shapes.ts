import type { Octokit } from '@octokit/core'

declare const request: Octokit['request']

/** What GitHub's published description says that it answers, for what imitates it: fields may be left out, and none made up. */
export type GithubIssue = Partial<Awaited<ReturnType<typeof request<'GET /repos/{owner}/{repo}/issues/{issue_number}'>>>['data']>
export type GithubComment = Partial<Awaited<ReturnType<typeof request<'GET /repos/{owner}/{repo}/issues/comments/{comment_id}'>>>['data']>
export type GithubReview = Partial<
  Awaited<ReturnType<typeof request<'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}'>>>['data']
>
/** Whole objects within are more than anybody reads of them. */
export type GithubPull = Omit<
  Partial<Awaited<ReturnType<typeof request<'GET /repos/{owner}/{repo}/pulls/{pull_number}'>>>['data']>,
  'head' | 'base'
>
export type GithubChecks = Omit<
  Awaited<ReturnType<typeof request<'GET /repos/{owner}/{repo}/commits/{ref}/check-runs'>>>['data'],
  'check_runs'
>
