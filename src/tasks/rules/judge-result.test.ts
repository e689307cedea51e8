import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClaimKind } from '../claims/claim-document.ts'
import { judgeResult } from './judge-result.ts'

/** Links as `kind`, or `kind: reason`; a `takeover` begins the next epoch. */
function linksOf(...words: readonly string[]) {
  let epoch = 1
  return words.map((word) => {
    const [kind, reason] = word.split(/: (.*)/)
    if (kind === 'takeover') epoch += 1
    return { kind: kind as ClaimKind, epoch, ...(reason === undefined ? {} : { reason }) }
  })
}

const cases: readonly (readonly [words: readonly string[], result: string])[] = [
  [['claim'], 'open'],
  [['claim', 'renew', 'pause: by-person: we talk'], 'open'],
  [['claim', 'renew', 'review'], 'in-review'],
  [['claim', 'review', 'pause: by-person: we talk'], 'in-review'],
  [['claim', 'review', 'done: merged'], 'merged'],
  [['claim', 'review', 'done: merged', 'takeover: free'], 'merged'],
  [['claim', 'review', 'done: closed'], 'moot'],
  [['claim', 'release: failed: no answer'], 'failed'],
  [['claim', 'release: failed: needs a person: which cart?'], 'failed'],
  [['claim', 'release: failed: no answer', 'done: merged'], 'failed'],
  [['claim', 'review', 'takeover: ci-failed'], 'failed'],
  [['claim', 'review', 'takeover: changes-requested'], 'failed'],
  [['claim', 'review', 'takeover: conflict'], 'moot'],
  [['claim', 'review', 'break: by-person: blue', 'takeover: by-person: blue'], 'moot'],
  [['claim', 'renew', 'takeover: expired'], 'moot'],
  [['claim', 'renew', 'break: by-person'], 'moot'],
]
for (const [words, result] of cases)
  test(`${words.join(', ')}: the first holding is ${result}`, () => assert.equal(judgeResult(linksOf(...words), 1), result))

for (const reason of [
  'shutdown',
  'model-down',
  'agent-down',
  'node-failed',
  'forge-down',
  'refused-by-forge',
  'not-eligible',
  'conflict',
  'by-person',
])
  test(`what is given back because of ${reason} says nothing of who worked`, () =>
    assert.equal(judgeResult(linksOf('claim', `release: ${reason}: words`, 'takeover: free'), 1), 'moot'))

test('each holding of a chain has its own end', () => {
  const links = linksOf('claim', 'review', 'takeover: changes-requested', 'renew', 'review', 'done: merged')
  assert.deepEqual([judgeResult(links, 1), judgeResult(links, 2)], ['failed', 'merged'])
})

test('of a holding that is in no chain any more nothing is known', () => {
  assert.equal(judgeResult(linksOf('claim', 'takeover: free').slice(1), 1), 'moot')
})
