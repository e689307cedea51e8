import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContextStore } from '../context/context.ts'
import { silentLog } from '../lib/log.ts'
import type { Task, TaskKey } from '../tasks/task.ts'
import { parseProjectId, parseTaskKey, taskKeyOfIssue } from '../tasks/task.ts'
import { formatAddress } from '../ucxl/ucxl.ts'
import { addressOf, createRecordKeeper } from './keep-record.ts'

const at = { agent: 'ada', role: 'backend', path: 'decision.md' }
const addressIn = (project: string, key: TaskKey): string =>
  formatAddress(addressOf({ project: parseProjectId(project) ?? assert.fail(project), key }, at))

test('issues of one number in two projects of one name have addresses of their own', () => {
  const seventh = taskKeyOfIssue(7)
  const [acme, bob] = ['git.example.org/acme/app', 'git.example.org/bob/app'].map((project) => addressIn(project, seventh))
  assert.equal(acme, 'ucxl://ada:backend@app-15d49821:issue-7/*^/decision.md')
  assert.notEqual(acme, bob)
})

test('a task whose name is its own everywhere has an address that says no more than it must', () => {
  const key = parseTaskKey('t-0123456789ab') ?? assert.fail()
  assert.equal(addressIn('git.example.org/acme/My.App', key), 'ucxl://ada:backend@my-app:t-0123456789ab/*^/decision.md')
})

test('the longest name of a project still has an address', () => {
  const long = `git.example.org/acme/${'a-'.repeat(60)}b`
  assert.match(addressIn(long, taskKeyOfIssue(7)), /@[a-z0-9-]{1,64}:issue-7\//)
})

test('a node that may write under no name keeps nothing, and says so', async () => {
  const warned: string[] = []
  const log = { ...silentLog, warn: (message: string) => void warned.push(message) }
  const context: Pick<ContextStore, 'put'> = { put: () => Promise.reject(new Error('nothing is to be kept')) }
  const keep = createRecordKeeper({ context, log, agent: () => undefined, role: 'backend' })
  const task = { key: taskKeyOfIssue(7) } as Task
  const record = { task, holding: 'c0ffee', epoch: 1, outcome: { outcome: 'failed', reason: 'x' }, transcript: new Uint8Array() } as const
  const cost = { tokens: 0, microUsd: 0 }
  assert.equal(await keep({ ...record, decision: undefined, cost }, { signal: new AbortController().signal }), undefined)
  assert.equal(warned.length, 1)
})
