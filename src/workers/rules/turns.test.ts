import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TurnEvent, TurnVerdict } from './turns.ts'
import { noTurns, stepTurns } from './turns.ts'

function play(events: readonly TurnEvent[], maxTurns = 30): TurnVerdict {
  let verdict: TurnVerdict = { verdict: 'on', turns: noTurns }
  for (const event of events) {
    if (verdict.verdict === 'ended') throw new Error(`it had ended: ${verdict.reason}`)
    verdict = stepTurns(verdict.turns, event, { maxTurns })
  }
  return verdict
}
const asked: TurnEvent = { event: 'asked' }
const used = (input: string, output: string): TurnEvent => ({ event: 'used', tool: 'read', input, output })
const silent: TurnEvent = { event: 'silent' }

test('a conversation ends with the turn after its last', () => {
  assert.equal(play([asked, asked], 2).verdict, 'on')
  assert.deepEqual(play([asked, asked, asked], 2), { verdict: 'ended', reason: 'it came to no end in 2 turns' })
})

test('the third time of the same question with the same answer is a circle, also with others in between of which none is new', () => {
  const circle = [used('b', '2'), used('a', '1'), used('b', '2'), used('a', '1'), used('b', '2')]
  assert.equal(play(circle).verdict, 'on')
  assert.deepEqual(play([...circle, used('a', '1')]), {
    verdict: 'ended',
    reason: 'it asked read for the same 3 times and got the same answer, and nothing new came up',
  })
})

test('tests that pass again after each edit are no circle, however often', () => {
  const checked = [1, 2, 3, 4, 5].flatMap((at) => [used(`edit ${at}`, 'written'), used('test', 'all pass'), used('test', 'all pass')])
  assert.equal(play(checked).verdict, 'on')
})

test('the same question with another answer is no circle: tests are run again after each change', () => {
  assert.equal(play([used('a', '1'), used('a', '2'), used('a', '3'), used('a', '4')]).verdict, 'on')
})

test('a model may fall silent once, and again after it did something', () => {
  assert.equal(play([silent, used('a', '1'), silent]).verdict, 'on')
  assert.deepEqual(play([silent, silent]), { verdict: 'ended', reason: 'it stopped without saying whether the task is done' })
})
