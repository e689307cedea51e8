/** Shown as nothing, and between two letters enough that nobody reads them as one word. */
const apart = '\u200b'

/** Calls somebody: `@ada`, `@team/owners`; no address of mail. */
const mention = /(?<![a-z0-9])@(?=[a-z0-9_-])/gi
/** Closes, or opens again, what stands behind it in the text of a pull request or commit, on any of the forges. */
const closing = /\b(c|f|r|i)(?=(?:los|ix|esolv|eopen|mplement)(?:e|es|ed|s|ing)?\b[^]{0,64}?(?:[#!]\d|:\/\/|\b[a-z][a-z0-9]{0,20}-\d))/gi
/** Markup of the web, which may hide or swallow what comes after it. */
const markup = /<(?=[a-z/!?])/gi
/** Not seen, or turns the direction of what follows. */
const unseen = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
const lineEnd = /\r\n|[\r\v\f\u0085\u2028\u2029]/g
/** A line that says something of a commit: ours, who wrote or read it, and what a review server goes by. */
const trailer = /^(?=(?:task|agent|holding|epoch|change-id|[a-z][a-z-]{0,40}-by)[ \t]*:)/gim

/**
 * S22: words of an agent, as they stand in a title, a commit or a pull request: the same to read, but they call nobody, close nothing, and are no
 * markup of the web.
 *
 * @see https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
 */
export function calmWords(text: string): string {
  return text
    .replaceAll(lineEnd, '\n')
    .replaceAll(unseen, '')
    .replaceAll(mention, `@${apart}`)
    .replaceAll(closing, `$1${apart}`)
    .replaceAll(markup, `<${apart}`)
}

/** The same as a quotation in Markdown: no line of it stands where a line of ours does, and what it leaves open ends with it. */
export function quoteWords(text: string): string {
  return calmWords(text)
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '>' : `> ${line}`))
    .join('\n')
}

/** The same in the message of a commit: no line of it is a trailer. */
export function calmMessage(text: string): string {
  return calmWords(text).replaceAll(trailer, '  ')
}
