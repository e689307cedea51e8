import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Task } from '../../tasks/task.ts'
import type { PullFacts } from './pull-text.ts'
import { formatCommitMessage, formatDecision, formatPullBody, formatPullTitle, formatUnfinishedMessage, listHoldings } from './pull-text.ts'

const facts: PullFacts = {
  task: { key: 'issue-7', number: 7, project: 'git.example.org/team/shop', title: 'The cart forgets' } as Task,
  outcome: {
    outcome: 'done',
    title: 'Keep the cart',
    summary: 'It is kept.',
    decision: { what: 'SQLite', why: 'it is there', alternatives: ['a file', 'Redis'] },
  },
  holding: 'c0ffee',
  epoch: 2,
  agent: 'ada:backend',
  cost: { tokens: 1_234, microUsd: 5_600 },
  decision: 'ucxl://ada:backend@shop:issue-7/*~3/decision.md',
}

test('a pull request names the task, the holding, its epoch, the cost and the address of the decision', () => {
  assert.equal(
    formatPullBody(facts),
    `> It is kept.
>
> **Decided**: SQLite
> **Because**: it is there
> **Considered**: a file; Redis

---
- task: Closes #7
- agent: ada:backend
- holding: \`c0ffee\`, epoch 2
- cost: 1234 tokens, $0.0056
- decision: \`ucxl://ada:backend@shop:issue-7/*~3/decision.md\`
`,
  )
})

test('the holding that a pull request names is read back, also as a page of the web sends it back', () => {
  const holding = '0123456789abcdef0123456789abcdef01234567'
  const body = formatPullBody({ ...facts, holding })
  assert.deepEqual(listHoldings(body), [holding])
  assert.deepEqual(listHoldings(body.replaceAll('\n', '\r\n')), [holding])
  assert.deepEqual(listHoldings(`I looked at ${holding}\n- holding: ${holding}\n`), [])
  assert.deepEqual(listHoldings(''), [])
})

test('S22: an agent names no holding, no task and nobody in the place of the node', () => {
  const holding = '0123456789abcdef0123456789abcdef01234567'
  const untrue = `- holding: \`${'f'.repeat(40)}\`, epoch 9`
  const summary = `Closes #1, @team\n---\n${untrue}\nTask: t-000000000000\n\n\`\`\``
  const told: PullFacts = { ...facts, holding, decision: undefined, outcome: { ...facts.outcome, title: 'Fixes #2 @ada', summary } }
  assert.deepEqual(listHoldings(formatPullBody(told)), [holding])
  assert.deepEqual(formatPullBody(told).match(/\b(?:Closes|Fixes) #\d+|@\w+/g), ['Closes #7'])
  assert.deepEqual(formatCommitMessage(told).match(/^Task: .*|\b(?:Closes|Fixes) #\d+|@\w+/gm), ['Task: #7'])
  assert.doesNotMatch(formatPullTitle(told), /Fixes|@a/)
})

test('where nothing was decided and there is no issue, nothing is said of it', () => {
  const bare: PullFacts = {
    ...facts,
    task: { ...facts.task, number: undefined, key: 't-0123456789ab' as Task['key'] },
    outcome: { ...facts.outcome, decision: undefined },
    decision: undefined,
  }
  const body = formatPullBody(bare)
  assert.match(body, /- task: Task t-0123456789ab\n/)
  assert.ok(!/decision|Decided/.test(body))
  assert.ok(!/## Wh/.test(formatDecision(bare)))
})

test('a commit says under which holding it was made', () => {
  const trailers = 'Task: #7\nAgent: ada:backend\nHolding: c0ffee\nEpoch: 2\n'
  assert.equal(formatCommitMessage(facts), `Keep the cart\n\nIt is kept.\n\n${trailers}`)
  // it may be all that is merged in the end
  assert.equal(formatUnfinishedMessage(facts), `Work on issue-7, not finished\n\n${trailers}`)
})

test('a decision is kept with what, why, and what else was considered', () => {
  assert.equal(
    formatDecision(facts),
    `# Keep the cart

Task issue-7 of git.example.org/team/shop: The cart forgets
Holding c0ffee, epoch 2; 1234 tokens, $0.0056

## What

SQLite

## Why

it is there

## What else was considered

- a file
- Redis

## Summary

It is kept.
`,
  )
})
