import type { HiveId } from '../../journal/entry.ts'
import { encodeText } from '../../lib/bytes.ts'
import { createCid, dagCborCodec } from '../../lib/cid.ts'
import { parseProjectId, taskKeyOfIssue } from '../task.ts'

/** The hive, project and task of tests. */
export const testHiveId = createCid(dagCborCodec, encodeText('the hive of the claim tests')) as HiveId
export const testProject = parseProjectId('forge.example.org/team/shop') ?? failSetup()
export const testTask = taskKeyOfIssue(7)

function failSetup(): never {
  throw new Error('the set-up is wrong')
}
