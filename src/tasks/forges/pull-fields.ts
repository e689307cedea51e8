import type { AnswerFields } from './answer-fields.ts'
import type { MergedPull } from './forge.ts'

/** A pull request that was merged, as GitHub and Gitea say it in the same words. @throws Fault FORGE_INVALID */
export function toMerged(fields: AnswerFields): MergedPull {
  return { id: String(fields.count('number')), url: fields.text('html_url'), body: fields.textOrEmpty('body') }
}
