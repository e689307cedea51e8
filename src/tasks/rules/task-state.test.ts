import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stateOf } from './task-state.ts'

test('an open task that waits for a person is told by one word, whatever its claim says', () => {
  const quarantined = { meaning: 'quarantined', failures: 3 } as const
  assert.equal(stateOf({ state: 'open', labels: [] }, undefined), 'free')
  assert.equal(stateOf({ state: 'open', labels: ['needs-human'] }, undefined), 'needs-human')
  assert.equal(stateOf({ state: 'open', labels: [] }, quarantined), 'needs-human')
  assert.equal(stateOf({ state: 'closed', labels: ['needs-human'] }, quarantined), 'quarantined')
})
