import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Task } from '../../tasks/task.ts'
import { placePrompt } from './external-prompt.ts'
import { mapOutcome, outcomeOfEnd, outcomeOfFailure, parseOutcome } from './outcome.ts'
import { choosePermission } from './permissions.ts'

test('what an agent writes about its end is read in full', () => {
  const said = {
    outcome: 'done',
    title: 'Keep\nthe cart',
    summary: 'Kept.',
    decision: 'SQLite',
    why: 'is there',
    alternatives: ['a file', 7],
  }
  assert.deepEqual(parseOutcome(JSON.stringify(said)), {
    outcome: 'done',
    title: 'Keep the cart',
    summary: 'Kept.',
    decision: { what: 'SQLite', why: 'is there', alternatives: ['a file'] },
  })
  assert.deepEqual(parseOutcome('{"outcome":"failed","reason":"no tests"}'), { outcome: 'failed', reason: 'no tests' })
  assert.deepEqual(parseOutcome('{"outcome":"unavailable","reason":"no quota"}'), { outcome: 'hindered', reason: 'no quota' })
  assert.deepEqual(parseOutcome('{"outcome":"needs-human"}'), { outcome: 'needs-human', reason: 'it gave no reason' })
  assert.deepEqual(parseOutcome('{"outcome":"done","title":"a","summary":"b","decision":"c"}'), {
    outcome: 'done',
    title: 'a',
    summary: 'b',
    decision: undefined,
  })
})

for (const [text, why] of [
  ['', 'it is empty'],
  [' \n', 'it is empty'],
  ['not json', 'it is no JSON object'],
  ['[]', 'it is no JSON object'],
  ['null', 'it is no JSON object'],
  ['{"outcome":"done"', 'it is no JSON object'],
  ['{}', 'its outcome is none of done, failed, needs-human and unavailable'],
  ['{"outcome":"maybe"}', 'its outcome is none of done, failed, needs-human and unavailable'],
  ['{"outcome":"done"}', 'it says done without a title and a summary'],
  ['{"outcome":"done","title":"","summary":"b"}', 'it says done without a title and a summary'],
] as const)
  test(`F27: an outcome that reads ${JSON.stringify(text)} is a failure: ${why}`, () => {
    const outcome = outcomeOfEnd(parseOutcome(text), { task: { title: 'a' } as Task, lastWords: 'All is well.' })
    assert.deepEqual(outcome, { outcome: 'failed', reason: `the outcome file could not be read: ${why}` })
  })

test('an agent that ended badly failed for the reason it wrote, else as it ended; 75 is of the machine and not of the task', () => {
  const ended = (exitCode: number | undefined, text?: string) =>
    outcomeOfFailure(text === undefined ? undefined : parseOutcome(text), { exitCode, reason: 'it ended' })
  assert.deepEqual(ended(7), { outcome: 'failed', reason: 'it ended' })
  assert.deepEqual(ended(undefined, '{}'), { outcome: 'failed', reason: 'it ended' })
  assert.deepEqual(ended(75), { outcome: 'hindered', reason: 'it ended' })
  assert.deepEqual(ended(75, '{"outcome":"failed","reason":"no tests"}'), { outcome: 'failed', reason: 'no tests' })
  assert.deepEqual(ended(1, '{"outcome":"needs-human","reason":"blue?"}'), { outcome: 'needs-human', reason: 'blue?' })
  assert.deepEqual(ended(1, '{"outcome":"unavailable","reason":"no quota"}'), { outcome: 'hindered', reason: 'no quota' })
  assert.deepEqual(ended(1, '{"outcome":"done","title":"a","summary":"b"}'), { outcome: 'failed', reason: 'it ended' })
})

test('an agent that ended well without a word about it is taken at its last words', () => {
  const task = { title: ' The cart\nforgets ' } as Task
  assert.deepEqual(outcomeOfEnd(undefined, { task, lastWords: ' All tests pass. ' }), {
    outcome: 'done',
    title: 'The cart forgets',
    summary: 'All tests pass.',
    decision: undefined,
  })
  assert.match(JSON.stringify(outcomeOfEnd(undefined, { task, lastWords: '' })), /said nothing/)
})

test('a prompt goes into the place a command has for it, as one word', () => {
  assert.deepEqual(placePrompt(['agent', '-p', 'do: {prompt}'], 'a $& b'), ['agent', '-p', 'do: a $& b'])
  assert.equal(placePrompt(['agent', '-'], 'x'), undefined)
})

const options = ['allow_always', 'allow_once', 'reject_always', 'reject_once'].map((kind) => ({ optionId: `id-${kind}`, kind }))

test('leave is given once for what stays in the sandbox', () => {
  for (const kind of ['read', 'edit', 'delete', 'move', 'search', 'execute', 'think', 'other', undefined])
    assert.equal(choosePermission({ kind, options }, { mayFetch: false }), 'id-allow_once', String(kind))
})

test('S22: fetching is allowed only with a network, and what is not known is refused', () => {
  assert.equal(choosePermission({ kind: 'fetch', options }, { mayFetch: false }), 'id-reject_once')
  assert.equal(choosePermission({ kind: 'fetch', options }, { mayFetch: true }), 'id-allow_once')
  assert.equal(choosePermission({ kind: 'switch_mode', options }, { mayFetch: true }), 'id-reject_once')
})

test('where the option that is meant is not offered, the next one of its sense is taken, or the question is called off', () => {
  assert.equal(choosePermission({ kind: 'read', options: options.slice(0, 1) }, { mayFetch: false }), 'id-allow_always')
  assert.equal(choosePermission({ kind: 'fetch', options: options.slice(0, 2) }, { mayFetch: false }), undefined)
})

test('the texts of an outcome can be changed, each of them', () => {
  const loud = (text: string): string => text.toUpperCase()
  const decision = { what: 'b', why: 'c', alternatives: ['d'] }
  assert.deepEqual(mapOutcome({ outcome: 'done', title: 't', summary: 's', decision }, loud), {
    outcome: 'done',
    title: 'T',
    summary: 'S',
    decision: { what: 'B', why: 'C', alternatives: ['D'] },
  })
  assert.deepEqual(mapOutcome({ outcome: 'done', title: 't', summary: 's', decision: undefined }, loud), {
    outcome: 'done',
    title: 'T',
    summary: 'S',
    decision: undefined,
  })
  assert.deepEqual(mapOutcome({ outcome: 'failed', reason: 'r' }, loud), { outcome: 'failed', reason: 'R' })
})
