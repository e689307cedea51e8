import type { AnswerFields } from './answer-fields.ts'
import type { ForgeAuthor, ForgeComment } from './forge.ts'

/** A comment as Gitea and GitLab say it in the same words; whose it is each says in its own. @throws Fault FORGE_INVALID */
export function toComment(fields: AnswerFields, author: ForgeAuthor): ForgeComment {
  return { id: String(fields.count('id')), author, body: fields.textOrEmpty('body'), updatedAt: fields.time('updated_at') }
}
