/** How far back a cut looks for a place between words, in characters: longer than keys and tokens are. */
const maxWordLength = 300
const betweenWords = /[\s"'`,;]/g

/** The beginning of what is too long. Cut between words: half of a secret is not known for one. */
export function cutEnd(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const edge = text.slice(Math.max(0, maxLength - maxWordLength), maxLength)
  const last = [...edge.matchAll(betweenWords)].at(-1)
  return text.slice(0, last === undefined ? maxLength : maxLength - edge.length + last.index)
}

/** The beginning and the end of what is too long: errors stand at the end, what led to them at the beginning. Both cut between words. */
export function cutMiddle(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const half = Math.floor(maxLength / 2)
  const [first, last] = [cutEnd(text, half), cutStart(text, half)]
  return `${first}\n(${text.length - first.length - last.length} characters left out)\n${last}`
}

/** The end of what is too long, cut between words. */
export function cutStart(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const start = text.length - maxLength
  const at = text.slice(start, start + maxWordLength).search(betweenWords)
  return text.slice(at === -1 ? start : start + at + 1)
}
