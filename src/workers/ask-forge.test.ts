import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { tasksFaults } from '../tasks/faults.ts'
import { askForge } from './ask-forge.ts'

const failed = tasksFaults.create('FORGE_FAILED', { message: 'the connection broke', data: { status: 0 } })

function openForge(...answers: readonly (Error | string)[]) {
  const clock = createVirtualClock({ startsAt: 0 })
  const asked: number[] = []
  const ask = async (): Promise<string> => {
    const answer = answers[asked.length] ?? failed
    asked.push(clock.monotonic() / 1_000)
    if (typeof answer === 'string') return answer
    throw answer
  }
  const off = new AbortController()
  const answered = clock.run(askForge({ clock }, ask, { patienceMs: 120_000, signal: off.signal }))
  return { asked, answered, off }
}

test('F19: a forge that does not answer is asked again after 1 s, 2 s, 4 s and so on, for two minutes', async () => {
  const back = openForge(failed, failed, 'here')
  assert.deepEqual([await back.answered, back.asked], ['here', [0, 1, 3]])
  const gone = openForge()
  await assert.rejects(gone.answered, failed)
  assert.deepEqual(gone.asked, [0, 1, 3, 7, 15, 31, 61, 91])
})

test('F20: a forge that wants to be left alone is left alone for as long, when that is not too long', async () => {
  const limited = (retryAfterMs: number) => tasksFaults.create('FORGE_LIMITED', { message: 'later', data: { status: 429, retryAfterMs } })
  const soon = openForge(limited(60_000), 'here')
  assert.deepEqual([await soon.answered, soon.asked], ['here', [0, 60]])
  const long = limited(3_600_000)
  const late = openForge(long)
  await assert.rejects(late.answered, long)
  assert.deepEqual(late.asked, [0])
})

test('what a forge refuses, and what is no answer of a forge, is not asked again', async () => {
  for (const error of [tasksFaults.create('FORGE_REFUSED', { message: 'no commits', data: { status: 422 } }), new Error('a bug')]) {
    const refused = openForge(error)
    await assert.rejects(refused.answered, error)
    assert.deepEqual(refused.asked, [0])
  }
})
