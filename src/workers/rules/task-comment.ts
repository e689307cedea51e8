/** What is told of a task to people, in its one comment. */
export type TaskNews =
  | { readonly news: 'taken'; readonly branch: string; readonly epoch: number }
  | { readonly news: 'in-review'; readonly url: string }
  | { readonly news: 'given-back'; readonly reason: string }
  | { readonly news: 'needs-human'; readonly reason: string }
  | { readonly news: 'conflict' }

/** The text of the comment. What an agent, a model or a server said stands in it as code: it can call nobody, and link to nothing. */
export function formatTaskComment(news: TaskNews): string {
  switch (news.news) {
    case 'taken':
      return `A worker took this, epoch ${news.epoch}; its branch is \`${plain(news.branch)}\`.`
    case 'in-review':
      return `The work is in review: ${news.url}`
    case 'given-back':
      return `Given back: \`${plain(news.reason)}\`. It may be taken again.`
    case 'needs-human':
      return `This waits for a person: \`${plain(news.reason)}\`. Take the label \`needs-human\` off to let workers try again.`
    case 'conflict':
      return 'The pull request conflicts with its base, and waits for a person to merge the two. Take the label `needs-human` off then.'
  }
}

/** Longest reason that is shown, in characters. */
const maxReasonLength = 400

function plain(text: string): string {
  return text
    .replaceAll(/[`\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, maxReasonLength)
    .toWellFormed()
}
