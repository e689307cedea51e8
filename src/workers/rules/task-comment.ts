/** What is told of a task to people, in its one comment. */
export type TaskNews =
  | { readonly news: 'taken'; readonly branch: string; readonly epoch: number }
  | { readonly news: 'in-review'; readonly url: string }
  | { readonly news: 'merged'; readonly url: string }
  | { readonly news: 'given-back'; readonly reason: string }
  | PersonNeeded

/** Why a task waits for a person. */
export type PersonNeeded =
  /** The agent asks, its budget is spent, nobody answered it, or what it depends on cannot be had. */
  | { readonly news: 'needs-human'; readonly reason: string }
  /** So many holdings in a row failed. */
  | { readonly news: 'quarantined'; readonly failures: number }

/** The text of the comment. What an agent, a model or a server said stands in it as code: it can call nobody, and link to nothing. */
export function formatTaskComment(news: TaskNews): string {
  switch (news.news) {
    case 'taken':
      return `A worker took this, epoch ${news.epoch}; its branch is \`${plain(news.branch)}\`.`
    case 'in-review':
      return `The work is in review: ${news.url}`
    case 'merged':
      return `The work is merged: ${news.url}`
    case 'given-back':
      return `Given back: \`${plain(news.reason)}\`. It may be taken again.`
    case 'needs-human':
      return `This waits for a person: \`${describeNeed(news)}\`. Take the label \`needs-human\` off to let workers try again.`
    case 'quarantined':
      return `This waits for a person: ${describeNeed(news)}. \`althing task break\` lets workers try again, and \`althing task history\` says what came of each.`
  }
}

/** The same in words for another server, where no markup counts. */
export function describeNeed(news: PersonNeeded): string {
  switch (news.news) {
    case 'needs-human':
      return plain(news.reason)
    case 'quarantined':
      return `work on it failed ${news.failures} times in a row`
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
