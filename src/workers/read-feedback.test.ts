import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../lib/log.ts'
import { tasksFaults } from '../tasks/faults.ts'
import { termsOf } from '../tasks/testing/claim-bench.ts'
import { testIssue } from '../tasks/testing/test-names.ts'
import { readFeedback } from './read-feedback.ts'

const { signal } = new AbortController()
const taken = { task: testIssue, holder: { terms: termsOf(1) }, reason: 'changes-requested' }
const refuse = (): Promise<never> => Promise.reject(tasksFaults.create('FORGE_DENIED', { message: 'by the test', data: { status: 403 } }))

test('a forge that does not tell what was said keeps nobody from the work, and its silence is in the log', async () => {
  const warned: string[] = []
  const log = { ...silentLog, warn: (message: string) => void warned.push(message) }
  const forge = { findPull: refuse, feedback: refuse }
  assert.equal(await readFeedback({ log, forge }, taken, { signal }), undefined)
  assert.deepEqual(warned, ['what was said of a pull request is not known'])
})

test('a node that ends asks no further, and what is no fault is told', async () => {
  const gone = AbortSignal.abort(new Error('the node ends'))
  await assert.rejects(
    readFeedback({ log: silentLog, forge: { findPull: refuse, feedback: refuse } }, taken, { signal: gone }),
    /the node ends/,
  )
  const broken = (): Promise<never> => Promise.reject(new Error('a bug'))
  await assert.rejects(readFeedback({ log: silentLog, forge: { findPull: broken, feedback: refuse } }, taken, { signal }), /a bug/)
})

test('of a branch without a pull request nothing is asked', async () => {
  const forge = { findPull: async () => undefined, feedback: refuse }
  assert.equal(await readFeedback({ log: silentLog, forge }, taken, { signal }), undefined)
})
