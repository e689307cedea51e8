import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../lib/log.ts'
import { tasksFaults } from '../tasks/faults.ts'
import { parseProjectId, taskKeyOfIssue } from '../tasks/task.ts'
import { TaskFaults } from './task-faults.ts'

const { signal } = new AbortController()
const project = { id: parseProjectId('git.example.org/team/shop') ?? assert.fail(), url: 'x', forge: 'gitea', base: 'main' } as const
const open = () => new TaskFaults({ log: silentLog }, { project })
const failing = (code: 'FORGE_MISSING' | 'FORGE_FAILED' | 'FORGE_LIMITED' | 'REMOTE_UNREACHABLE') => () =>
  Promise.reject(tasksFaults.create(code, { message: 'by the test' }))

test('F19: a git server that is not reached and a forge that says to wait end the look at once', async () => {
  for (const code of ['FORGE_LIMITED', 'REMOTE_UNREACHABLE'] as const)
    await assert.rejects(open().passOver(taskKeyOfIssue(1), failing(code), { signal }), { code })
})

test('F19: a forge that fails for three tasks fails for all, and what is hidden of others is passed over each time', async () => {
  const faults = open()
  const outcomes: string[] = []
  for (const code of ['FORGE_FAILED', 'FORGE_MISSING', 'FORGE_MISSING', 'FORGE_MISSING', 'FORGE_FAILED', 'FORGE_FAILED'] as const)
    outcomes.push(await faults.passOver(taskKeyOfIssue(1), failing(code), { signal }).then(String, () => 'ended'))
  assert.deepEqual(outcomes, [...Array.from({ length: 5 }, () => 'undefined'), 'ended'])
})

test('what is no fault, and the end of the node, end the look', async () => {
  await assert.rejects(
    open().passOver(taskKeyOfIssue(1), () => Promise.reject(new Error('a bug')), { signal }),
    /a bug/,
  )
  const ended = AbortSignal.abort(new Error('the node ends'))
  await assert.rejects(open().passOver(taskKeyOfIssue(1), failing('FORGE_MISSING'), { signal: ended }), /the node ends/)
})
