import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore } from '../testing/explorer/explore.ts'

test('G1–G3: no order of steps of three nodes over two epochs breaks them, with a crash, a closed lid, a lost answer or a late request', (t) => {
  const { worlds, counterExample, hasSecondReview } = explore({ faults: 1, maxWorlds: 100_000 })
  assert.deepEqual(counterExample?.trace ?? [], [])
  assert.ok(hasSecondReview, 'the model never gets to a second holding that ends well')
  t.diagnostic(`${worlds} different worlds`)
})

const breaks = {
  'the renewal in a push of work': { without: 'fence', broke: /^G2: work of . under epoch 1 entered while . held epoch 2$/ },
  'the look after winning': { without: 'look', broke: /^G3: a second pull request was opened$/ },
  'the timer of an unchanged value': { without: 'timer', broke: /^the claim of . was taken over 0 ticks after its renewal$/ },
  'the closed chain': { without: 'closed', broke: /^G1: epoch 1 was given twice$/ },
  'the wall clock that tells of a closed lid': { without: 'lid', broke: /^G1: . still works while . holds epoch 2$/ },
} as const

for (const [check, { without, broke }] of Object.entries(breaks)) {
  test(`without ${check} a guarantee breaks, and the search finds how`, (t) => {
    const { counterExample } = explore({ without, faults: 1, maxWorlds: 100_000 })
    assert.match(counterExample?.broke ?? 'nothing', broke)
    t.diagnostic([...(counterExample?.trace ?? []), counterExample?.broke].join('\n  '))
  })
}
