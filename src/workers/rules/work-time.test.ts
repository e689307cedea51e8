import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addTime, judgeTime, noTime } from './work-time.ts'

test('rule 15: time in which work stands still is none of the time that it may take', () => {
  const worked = addTime(noTime, { ms: 60, isPaused: false })
  const paused = addTime(worked, { ms: 90, isPaused: true })
  assert.deepEqual(paused, { workedMs: 60, pausedMs: 90 })
  assert.equal(judgeTime(paused, 100), undefined)
  assert.equal(judgeTime(addTime(paused, { ms: 40, isPaused: false }), 100), 'worked')
})

test('work that stands still for as long as it may take is over as well, for another reason', () => {
  assert.equal(judgeTime({ workedMs: 10, pausedMs: 100 }, 100), 'paused')
})
