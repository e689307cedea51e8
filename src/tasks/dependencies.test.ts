import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../lib/fault.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { Dependencies } from './dependencies.ts'
import type { Task, TaskKey } from './task.ts'
import { taskKeyOfIssue } from './task.ts'
import { testIssue } from './testing/test-names.ts'

const { signal } = new AbortController()

interface Stand {
  readonly clock: ReturnType<typeof createVirtualClock>
  /** What another project, `team/api`, says of its tasks. */
  readonly there: Map<TaskKey, Task['state'] | Fault>
  readonly asked: string[]
  readonly look: (body: string) => Promise<readonly [open: readonly string[], missing: readonly string[]]>
}

function openStand(): Stand {
  const clock = createVirtualClock({ startsAt: 0 })
  const there: Stand['there'] = new Map()
  const asked: string[] = []
  const source = {
    find: async (key: TaskKey): Promise<Task | undefined> => {
      asked.push(key)
      const state = there.get(key)
      if (state instanceof Fault) throw state
      return state === undefined ? undefined : { ...testIssue, key, state }
    },
  }
  const dependencies = new Dependencies(
    { clock, source, findSource: (project) => (project === 'team/api' ? source : undefined) },
    { patienceMs: 60_000 },
  )
  const look: Stand['look'] = async (body) => {
    const task = { ...testIssue, body }
    const { open, missing } = await dependencies.look([task, { ...testIssue, key: taskKeyOfIssue(8) }], { signal })
    return [[...open], missing.get(task.key) ?? []]
  }
  return { clock, there, asked, look }
}

test('what is among the open tasks is not asked for, and what is elsewhere is looked up there', async () => {
  const { there, asked, look } = openStand()
  there.set(taskKeyOfIssue(3), 'open').set(taskKeyOfIssue(4), 'closed')
  assert.deepEqual(await look('depends on #8, depends on team/api#3 and depends on team/api#4'), [['issue-8', 'team/api#issue-3'], []])
  assert.deepEqual(asked, ['issue-3', 'issue-4'])
  await look('depends on team/api#4')
  assert.deepEqual(asked, ['issue-3', 'issue-4'], 'what is over is not asked for at every look')
})

test('what is nowhere is missing once it was so for a while, and until then the task waits', async () => {
  const { clock, there, look } = openStand()
  const body = 'depends on team/api#3, depends on team/other#1'
  assert.deepEqual(await look(body), [['team/api#issue-3', 'team/other#issue-1'], []])
  await clock.advance(59_000)
  assert.deepEqual((await look(body))[1], [])
  await clock.advance(1_000)
  assert.deepEqual(await look(body), [[], ['team/api#issue-3', 'team/other#issue-1']])
  there.set(taskKeyOfIssue(3), 'open')
  assert.deepEqual(await look(body), [['team/api#issue-3'], ['team/other#issue-1']])
})

test('F19: a forge that is down makes nothing missing, however long', async () => {
  const { clock, there, look } = openStand()
  there.set(taskKeyOfIssue(3), new Fault('FORGE_FAILED', 'unavailable', { message: 'down' }))
  await look('depends on team/api#3')
  await clock.advance(600_000)
  assert.deepEqual(await look('depends on team/api#3'), [['team/api#issue-3'], []])
})
