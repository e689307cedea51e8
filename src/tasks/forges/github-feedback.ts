import type { AnswerFields } from './answer-fields.ts'
import { readFields } from './answer-fields.ts'
import { toFailure, toFeedback, toRemark } from './feedback-fields.ts'
import type { CheckFailure, ForgePulls, PullRemark } from './forge.ts'
import type { Talk } from './github-talk.ts'
import { pageSize, toAuthor } from './github-talk.ts'
import { readPages } from './read-pages.ts'
import { unlessDenied } from './tolerate.ts'

/** What was said of a pull request: reviews, words at lines, comments, check runs and statuses, which GitHub has in five lists. */
export function feedbackOf({ at, ask }: Talk): Pick<ForgePulls, 'feedback'> {
  return {
    feedback: async (id, waiting) => {
      const numbered = { ...at, pull_number: Number(id) }
      const list = { pageSize, beyond: 'cut' } as const
      const fields = readFields((await ask('GET /repos/{owner}/{repo}/pulls/{pull_number}', numbered, waiting)).body, 'pull request')
      const ref = { ...at, ref: fields.object('head').text('sha'), per_page: pageSize }
      const [reviews, lines, comments, runs, statuses] = await Promise.all([
        readPages({ ...list, what: 'reviews' }, (page) =>
          ask('GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews', { ...numbered, per_page: pageSize, page }, waiting),
        ),
        readPages({ ...list, what: 'review comments' }, (page) =>
          ask('GET /repos/{owner}/{repo}/pulls/{pull_number}/comments', { ...numbered, per_page: pageSize, page }, waiting),
        ),
        readPages({ ...list, what: 'comments' }, (page) =>
          ask(
            'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
            { ...at, issue_number: Number(id), per_page: pageSize, page },
            waiting,
          ),
        ),
        readPages({ ...list, what: 'check runs', list: 'check_runs' }, (page) =>
          ask('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', { ...ref, page }, waiting),
        ).catch(unlessDenied),
        readPages({ ...list, what: 'statuses', list: 'statuses' }, (page) =>
          ask('GET /repos/{owner}/{repo}/commits/{ref}/status', { ...ref, page }, waiting),
        ).catch(unlessDenied),
      ])
      return toFeedback({ remarks: remarksOf({ reviews, lines, comments }), failures: failuresOf(runs ?? [], statuses ?? []) })
    },
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
