import type { AnswerFields } from './answer-fields.ts'
import type { CheckFailure, ForgeAuthor, PullFeedback, PullRemark } from './forge.ts'
import { isRedCheck } from '../rules/judge-checks.ts'

/** Most remarks and failed checks of one pull request that are taken: the newest. */
const maxRemarks = 200
const maxFailures = 50

/** What was said, in the order in which it was; what says nothing is left out. */
export function toFeedback({ remarks, failures }: PullFeedback): PullFeedback {
  return {
    remarks: remarks
      .filter(({ text }) => text.trim() !== '')
      .toSorted((a, b) => a.at - b.at)
      .slice(-maxRemarks),
    failures: failures.slice(0, maxFailures),
  }
}

/** Something that a person said; at a line of a file where `path` says one, by the first of `lines` that `at` has. @throws Fault FORGE_INVALID */
export function toRemark(
  fields: AnswerFields,
  {
    author,
    time,
    at = fields,
    path,
    lines = [],
  }: {
    readonly author: ForgeAuthor
    readonly time: string
    readonly at?: AnswerFields
    readonly path?: string
    readonly lines?: readonly string[]
  },
): PullRemark {
  // the line that it was at before the file changed, where it is at none now
  const line = lines.find((name) => at.has(name) && at.count(name) > 0)
  const place = path === undefined || path === '' ? undefined : line === undefined ? path : `${path}:${at.count(line)}`
  return { author, place, text: fields.textOrEmpty('body'), at: fields.time(time) }
}

/** A check by the field that has its word, if it failed; `words` are fields in which it says why. */
export function toFailure(
  fields: AnswerFields,
  { word, name, words }: { readonly word: string; readonly name: string; readonly words: readonly string[] },
): readonly CheckFailure[] {
  if (!isRedCheck(fields.textOrEmpty(word))) return []
  const said = words.map((field) => fields.textOrEmpty(field).trim()).filter((text) => text !== '')
  return [{ name: fields.textOrEmpty(name) || 'a check', words: said.join('\n') }]
}
