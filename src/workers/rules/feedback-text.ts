import type { PullFeedback } from '../../tasks/forges/forge.ts'
import { cutMiddle } from './shorten.ts'

/** Longest remark, and longest words of one check, that an agent is told, in characters; and all of them together. */
const maxEachLength = 4_000
const maxLength = 24_000

/** What was said of a pull request, for the agent that takes it up again; undefined where nothing was. Of too much the newest remarks are told. */
export function formatFeedback({ remarks, failures }: PullFeedback): string | undefined {
  const failed = failures.map(({ name, words }) => entry(`The check ${oneLine(name)} failed`, words))
  const said = remarks.map(({ author, place, text }) =>
    entry(`${oneLine(author.name)}${place === undefined ? '' : ` at ${oneLine(place)}`} says`, text),
  )
  const told: string[] = []
  let left = maxLength
  // what checks say is for all of the work; then the newest words of people, who may have changed their mind
  for (const part of [...failed, ...said.toReversed()]) {
    left -= part.length
    if (left < 0) break
    told.push(part)
  }
  if (told.length === 0) return undefined
  const count = Math.min(failed.length, told.length)
  const omitted = failed.length + said.length - told.length
  const rest = omitted === 0 ? [] : [`(${omitted} more are left out)`]
  return [...told.slice(0, count), ...rest, ...told.slice(count).toReversed()].join('\n')
}

function entry(who: string, words: string): string {
  const text = words.trim()
  return text === '' ? `${who}.` : `${who}:\n${cutMiddle(text, maxEachLength)}`
}

function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, ' ').slice(0, 200)
}
