import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LossLink } from './loss.ts'
import { describeLoss } from './loss.ts'

const held: readonly LossLink[] = [
  { kind: 'claim', epoch: 1 },
  { kind: 'release', epoch: 1, reason: 'failed' },
  { kind: 'takeover', epoch: 2, reason: 'free' },
  { kind: 'renew', epoch: 2 },
]

const cases: readonly (readonly [link: LossLink, words: string])[] = [
  [{ kind: 'pause', epoch: 2, reason: 'by-person: we talk' }, 'a person paused it: we talk'],
  [{ kind: 'break', epoch: 2, reason: 'by-person' }, 'a person took it away'],
  [{ kind: 'break', epoch: 2, reason: 'not-eligible: closed' }, 'it is no task any more'],
  [{ kind: 'done', epoch: 2, reason: 'by-person: merged' }, 'a person says that it is done: merged'],
  [{ kind: 'done', epoch: 2, reason: 'closed' }, 'it is done: closed'],
  [{ kind: 'done', epoch: 2 }, 'it is done'],
  [{ kind: 'takeover', epoch: 3, reason: 'expired' }, 'another node has it'],
]

for (const [link, words] of cases)
  test(`a claim after which stands ${link.kind} ${link.reason ?? 'without a reason'} was lost, for ${words}`, () => {
    assert.equal(describeLoss([...held, link, { kind: 'takeover', epoch: 4, reason: 'free' }], 2), words)
  })

test('nothing is said of a claim after which nothing stands, or that is not there', () => {
  assert.deepEqual([describeLoss(held, 2), describeLoss(held, 7)], [undefined, undefined])
})
