import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Sight } from '../testing/explorer/explore.ts'
import { explore } from '../testing/explorer/explore.ts'

// as many as a search in every run of the tests may cost: more faults and renewals are for `npm run sim -- explore`
const sizes = {
  nodes: { faults: 1, maxRenewals: 1, maxWorlds: 100_000 },
  forge: { faults: 1, maxRenewals: 0, maxWorlds: 100_000 },
} as const

test('G1–G3: no order of steps of three nodes over two epochs breaks them, with a crash, a closed lid, a lost answer or a late request', (t) => {
  const { worlds, counterExample, seen } = explore({ trouble: 'nodes', ...sizes.nodes })
  assert.deepEqual([...(counterExample?.trace ?? []), counterExample?.broke], [undefined])
  const expected: readonly Sight[] = [
    'a second holding that ends in a review',
    'a second life after the first was collected',
    'a change that a person asked for',
    'two requests on their way at once',
    'a crashed sender with its request on the way',
    'a sleeping sender with its request on the way',
  ]
  assert.deepEqual(seen, new Set(expected))
  t.diagnostic(`${worlds} different worlds`)
})

test('F35 G2 G3: after a backup, seen by some nodes and not by others, work stays fenced, one pull request is opened, and one chain is put back', (t) => {
  const { worlds, counterExample, seen } = explore({ trouble: 'forge', ...sizes.forge })
  assert.deepEqual([...(counterExample?.trace ?? []), counterExample?.broke], [undefined])
  const expected: readonly Sight[] = [
    'a second holding that ends in a review',
    'a second life after the first was collected',
    'a chain that is put back',
  ]
  assert.deepEqual(seen, new Set(expected))
  t.diagnostic(`${worlds} different worlds`)
})

const breaks = {
  'the renewal in a push of work': {
    trouble: 'nodes',
    without: 'fence',
    broke: /^G2: work of . under epoch 1 entered while . held epoch 2$/,
  },
  'the look after winning': { trouble: 'nodes', without: 'look', broke: /^G3: a second pull request was opened$/ },
  'the timer of an unchanged value': {
    trouble: 'nodes',
    without: 'timer',
    broke: /^the claim of . was taken over 0 ticks after its renewal$/,
  },
  'the closed chain': { trouble: 'nodes', without: 'closed', broke: /^G1: epoch 1 was given twice$/ },
  'the wall clock that tells of a closed lid': { trouble: 'nodes', without: 'lid', broke: /^G1: . still works while . holds epoch 2$/ },
  'one order of two chains': { trouble: 'forge', without: 'order', broke: /^two chains are put in the place of each other without end$/ },
  'telling what cannot be read from what was lost': {
    trouble: 'forge',
    without: 'bytes',
    broke: /^G1: a chain was put in the place of another, and no backup had taken it$/,
  },
} as const

for (const [check, { trouble, without, broke }] of Object.entries(breaks)) {
  test(`without ${check} a guarantee breaks, and the search finds how`, (t) => {
    const { counterExample } = explore({ trouble, without, ...sizes[trouble] })
    assert.match(counterExample?.broke ?? 'nothing', broke)
    t.diagnostic([...(counterExample?.trace ?? []), counterExample?.broke].join('\n  '))
  })
}
