import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createSeededChance } from '../lib/chance.ts'
import type { Progress } from '../operations/define-operation.ts'
import { Questions } from './questions.ts'

test('a question is told with its lines and its name, and the answer by that name ends it', async () => {
  const questions = new Questions({ chance: createSeededChance(7) })
  const told: Progress[] = []
  const asking = questions.ask(
    { report: (progress) => told.push(progress) },
    { lines: ['a', 'b'], question: 'Push?', signal: new AbortController().signal },
  )
  await setImmediate()
  const id = told.at(-1)?.question ?? assert.fail()
  assert.deepEqual(
    told.map(({ stage, isNotice, question }) => [stage, isNotice, question]),
    [
      ['a', true, undefined],
      ['b', true, undefined],
      ['Push?', true, id],
    ],
  )
  assert.equal(questions.answer('another', true), false)
  assert.equal(questions.answer(id, true), true)
  assert.equal(await asking, true)
  assert.equal(questions.answer(id, false), false)
})

test('a question that nobody answers ends with its signal', async () => {
  const questions = new Questions({ chance: createSeededChance(7) })
  const over = new AbortController()
  const asking = questions.ask({ report: () => {} }, { lines: [], question: 'Push?', signal: over.signal })
  over.abort(new Error('the node ends'))
  await assert.rejects(asking, { message: 'the node ends' })
})

test('a second question is asked when the first was answered, or is asked no more', async () => {
  const questions = new Questions({ chance: createSeededChance(7) })
  const told: Progress[] = []
  const ask = (question: string, signal = new AbortController().signal) =>
    questions.ask({ report: (progress) => told.push(progress) }, { lines: [], question, signal })
  const off = new AbortController()
  const [one, two, three] = [ask('one'), ask('two', off.signal), ask('three')]
  await setImmediate()
  off.abort(new Error('given up'))
  await assert.rejects(two, { message: 'given up' })
  await setImmediate()
  assert.deepEqual(
    told.map(({ stage }) => stage),
    ['one'],
  )
  questions.answer(told[0]?.question ?? '', true)
  assert.equal(await one, true)
  await setImmediate()
  assert.deepEqual(
    told.map(({ stage }) => stage),
    ['one', 'three'],
  )
  questions.answer(told[1]?.question ?? '', false)
  assert.equal(await three, false)
})
