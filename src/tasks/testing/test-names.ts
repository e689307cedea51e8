import type { HiveId } from '../../journal/entry.ts'
import { encodeText } from '../../lib/bytes.ts'
import { createCid, dagCborCodec } from '../../lib/cid.ts'
import type { PullDraft } from '../forges/forge.ts'
import type { Task } from '../task.ts'
import { parseProjectId, taskKeyOfIssue } from '../task.ts'

/** The hive, project and task of tests. */
export const testHiveId = createCid(dagCborCodec, encodeText('the hive of the claim tests')) as HiveId
export const testProject = parseProjectId('forge.example.org/team/shop') ?? failSetup()
export const testTask = taskKeyOfIssue(7)

/** That task, as its forge says it. */
export const testIssue: Task = {
  project: testProject,
  key: testTask,
  number: 7,
  title: 'The cart forgets',
  body: 'It should not.',
  labels: ['bzzz-task'],
  state: 'open',
  issueHash: '0'.repeat(64),
  url: undefined,
  updatedAt: 0,
}

/** A pull request of tests, as a worker drafts it. */
export const testDraft: PullDraft = { head: 'althing/issue-1', base: 'main', title: 'Keep it', body: 'Closes #1' }

/** The token that forges of tests take. */
export const testToken = 'token-of-a-test'

function failSetup(): never {
  throw new Error('the set-up is wrong')
}
