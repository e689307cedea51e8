import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAllowance, judgeSilence, punish, takeMessage } from './allowance.ts'

test('S4: two seconds of messages pass at once, and then as many as come in the time', () => {
  let allowance = createAllowance(10, 0)
  let taken = 0
  for (let count = 0; count < 100; count++) {
    const step = takeMessage(allowance, 10, 0)
    allowance = step.allowance
    if (step.isTaken) taken += 1
  }
  assert.equal(taken, 20)
  assert.equal(takeMessage(allowance, 10, 99).isTaken, false)
  assert.equal(takeMessage(allowance, 10, 100).isTaken, true)
})

test('a rejected message silences for a second, and no peer for longer than a minute', () => {
  let allowance = createAllowance(10, 0)
  assert.equal(judgeSilence(allowance, 10, 0), 0)
  for (let count = 0; count < 5; count++) allowance = punish(allowance, 10, 0)
  assert.equal(judgeSilence(allowance, 10, 0), 3)
  assert.equal(judgeSilence(allowance, 10, 2000), 1)
  for (let count = 0; count < 1000; count++) allowance = punish(allowance, 10, 0)
  assert.equal(judgeSilence(allowance, 10, 0), 60)
})

test('nothing is saved up beyond the burst', () => {
  assert.equal(takeMessage(createAllowance(10, 0), 10, 1e9).allowance.left, 19)
})
