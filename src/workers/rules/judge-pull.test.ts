import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PullRequest } from '../../tasks/forges/forge.ts'
import { judgePull } from './judge-pull.ts'

const pull: PullRequest = {
  id: '7',
  url: 'https://git.example.org/team/shop/pulls/7',
  head: 'althing/issue-1',
  base: 'main',
  state: 'open',
  isConflicted: false,
  areChangesRequested: false,
  body: '',
}

test('an open pull request that nobody objects to is waited for', () => {
  for (const checks of ['none', 'pending', 'green'] as const) assert.deepEqual(judgePull(pull, checks), { verdict: 'wait' })
})

test('a task is over when its pull request is merged or closed, whatever else is said of it', () => {
  const bad = { ...pull, areChangesRequested: true, isConflicted: true }
  assert.deepEqual(judgePull({ ...bad, state: 'merged' }, 'red'), { verdict: 'over', reason: 'merged' })
  assert.deepEqual(judgePull({ ...bad, state: 'closed' }, 'red'), { verdict: 'over', reason: 'closed' })
})

test('a red check and a request for changes make more work, and the request is told first', () => {
  const red = judgePull(pull, 'red')
  assert.deepEqual(red, { verdict: 'again', reason: 'ci-failed', because: `a check of ${pull.url} failed` })
  const asked = judgePull({ ...pull, areChangesRequested: true }, 'red')
  assert.deepEqual(asked, {
    verdict: 'again',
    reason: 'changes-requested',
    because: `a reviewer asked for changes; ${pull.url} says which`,
  })
})

test('rule 16: a conflict is told before a red check: nothing else that is pushed would mend it', () => {
  assert.deepEqual(judgePull({ ...pull, isConflicted: true }, 'red'), {
    verdict: 'again',
    reason: 'conflict',
    because: `${pull.url} conflicts with main, which is to be merged into it`,
  })
})
