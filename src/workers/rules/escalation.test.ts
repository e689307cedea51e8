import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClaimDocument } from '../../tasks/claims/claim-document.ts'
import type { HistoryLine } from '../../tasks/claims/history.ts'
import { parseObjectId } from '../../tasks/git/objects.ts'
import { testIssue as task } from '../../tasks/testing/test-names.ts'
import type { EscalationFacts } from './escalation.ts'
import { formatEscalation, judgeEscalationStatus, parseEscalationUrl } from './escalation.ts'

const id = parseObjectId('a'.repeat(40)) ?? assert.fail()

function lineOf(epoch: number): HistoryLine {
  const said = { kind: 'release', epoch, holder: '12D3KooWada', reason: 'failed: it gave up', at: '2026-02-01T00:00:00.000Z' }
  return { id, document: said as ClaimDocument, why: undefined }
}

const facts: EscalationFacts = {
  task,
  agent: 'ada-laptop:worker',
  reason: 'May it forget?',
  history: [{ id, document: undefined, why: 'no claim' }, lineOf(1)],
  at: Date.UTC(2026, 1, 1),
}

test('an escalation says the task, the agent, the reason and the history', () => {
  assert.deepEqual(JSON.parse(formatEscalation(facts)), {
    version: 1,
    event: 'task:needs-human',
    project: 'forge.example.org/team/shop',
    task: { key: 'issue-7', title: 'The cart forgets', url: null },
    agent: 'ada-laptop:worker',
    reason: 'May it forget?',
    history: [{ kind: 'release', epoch: 1, holder: '12D3KooWada', reason: 'failed: it gave up', at: '2026-02-01T00:00:00.000Z' }],
    at: '2026-02-01T00:00:00.000Z',
  })
})

test('an escalation is bounded, whatever an agent or a history says', () => {
  const history = Array.from({ length: 60 }, (_, index) => lineOf(index + 1))
  const long = {
    ...facts,
    reason: 'a'.repeat(100_000),
    task: { ...facts.task, title: '\u{1F41F}'.repeat(5_000), url: 'https://x' },
    history,
  }
  const told = JSON.parse(formatEscalation(long)) as { reason: string; history: { epoch: number }[] }
  assert.deepEqual([told.reason.length, told.history.length, told.history[0]?.epoch], [2_000, 50, 11])
  assert.ok(formatEscalation(long).length < 30_000)
})

test('S18: who hears of it is reached by https, or on this machine, without a password in the address', () => {
  for (const url of ['https://hooks.example.org/x?key=1', 'http://127.0.0.1:8080/', 'http://localhost/x', 'http://[::1]:1/x'])
    assert.equal(parseEscalationUrl(url)?.href, url)
  for (const url of ['', 'x', 'http://hooks.example.org/', 'http://127.0.0.1.example.org/', 'https://ada:secret@example.org/', 'file:///x'])
    assert.equal(parseEscalationUrl(url), undefined, url)
})

test('a server that fails or is busy is told again, one that says no is not', () => {
  assert.deepEqual([200, 204, 301, 400, 404, 408, 429, 500, 503].map(judgeEscalationStatus), [
    'taken',
    'taken',
    'refused',
    'refused',
    'refused',
    'again',
    'again',
    'again',
    'again',
  ])
})
