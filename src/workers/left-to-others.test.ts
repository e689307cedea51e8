import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Task } from '../tasks/task.ts'
import { taskKeyOfIssue } from '../tasks/task.ts'
import { testIssue } from '../tasks/testing/test-names.ts'
import { LeftToOthers } from './left-to-others.ts'

const taskOf = (number: number): Task => ({ ...testIssue, number, key: taskKeyOfIssue(number) })

test('who leads a task speaks at its first look, the next ones a look later each, and after five looks anybody does', () => {
  for (const [rank, looks] of [
    [0, 0],
    [1, 1],
    [3, 3],
    [40, 5],
  ] as const) {
    const left = new LeftToOthers({ standingInProject: () => ({ rank, of: 50 }) })
    const said = Array.from({ length: looks + 1 }, () => left.isLeft('end', taskOf(7)))
    assert.deepEqual(said, [...Array.from({ length: looks }, () => true), false], `rank ${rank}`)
  }
})

test('what one task waits for is nothing to another, nor to something else to be said of it', () => {
  const left = new LeftToOthers({ standingInProject: () => ({ rank: 1, of: 2 }) })
  assert.deepEqual(
    [left.isLeft('end', taskOf(7)), left.isLeft('end', taskOf(8)), left.isLeft('restore', taskOf(7)), left.isLeft('end', taskOf(7))],
    [true, true, true, false],
  )
})
