import { tasksFaults } from '../faults.ts'
import type { AnswerFields } from './answer-fields.ts'
import { readFields } from './answer-fields.ts'

/** The fields of an issue; a pull request, which GitHub and Gitea give for its number too, is none. @throws Fault FORGE_MISSING, FORGE_INVALID */
export function readIssueFields(body: unknown, number: number): AnswerFields {
  const fields = readFields(body, 'issue')
  if (!fields.has('pull_request')) return fields
  throw tasksFaults.create('FORGE_MISSING', { message: `${number} is a pull request; a task is an issue`, data: { status: 200 } })
}
