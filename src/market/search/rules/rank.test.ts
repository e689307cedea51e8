import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Choice } from './match.ts'
import { compareRanked, readAs, scoreCandidate } from './rank.ts'
import type { Candidate, Score } from './rank.ts'

const counts = { 5: 1, 4: 1, 3: 1, 2: 1, 1: 1 }
const exact: Choice = { word: 'review', kind: 'exact', edits: 0, counts }
const longer: Choice = { word: 'reviewer', kind: 'beginning', edits: 0, counts }
const near: Choice = { word: 'preview', kind: 'near', edits: 1, counts }
const far: Choice = { word: 'revenue', kind: 'near', edits: 2, counts }
const yardstick = { names: ['review'], choices: [[exact, longer, near, far]], packages: 100 }

function candidate(name: string, terms: string, more: Partial<Candidate> = {}): Candidate {
  return { name, owner: 'z6a', at: 0, isDeprecated: false, terms, usefulness: 0, ...more }
}

function score(name: string, terms: string): Score {
  return scoreCandidate(candidate(name, terms), yardstick)
}

test('tiers: the name itself, every word in the name, the same but for spelling, every word somewhere, some words', () => {
  assert.deepEqual(
    [
      score('review', ' 5review '),
      score('code-review', ' 5review '),
      score('pre', ' 5preview '),
      score('x', ' 3review '),
      score('y', ' 5code '),
    ].map(({ tier }) => tier),
    [4, 3, 2, 1, 0],
  )
})

test('a word is worth more the better its place, and less as a beginning and after edits', () => {
  const texts = [
    ' 5review ',
    ' 5reviewer ',
    ' 4review ',
    ' 5preview ',
    ' 3review ',
    ' 5revenue ',
    ' 2review ',
    ' 1review ',
    ' 5other ',
  ].map((terms) => score('x', terms).text)
  assert.deepEqual(
    texts.toSorted((a, b) => b - a),
    texts,
  )
  assert.equal(texts.at(-1), 0)
})

test('rare words say more', () => {
  const rare = { ...yardstick, choices: [[{ ...exact, counts: { 5: 1, 4: 0, 3: 0, 2: 0, 1: 0 } }]] }
  const common = { ...yardstick, choices: [[{ ...exact, counts: { 5: 90, 4: 0, 3: 0, 2: 0, 1: 0 } }]] }
  const one = candidate('x', ' 5review ')
  assert.ok(scoreCandidate(one, rare).text > scoreCandidate(one, common).text)
})

test('a query is read as the near words that a package answers with', () => {
  assert.equal(readAs({ terms: ' 5preview ' }, [[exact, near]]), 'preview')
  assert.equal(readAs({ terms: ' 5review ' }, [[exact, near]]), undefined)
  assert.equal(readAs({ terms: ' 5preview ' }, [[exact, near], [{ ...exact, word: 'code' }]]), 'preview code')
})

test('ties are broken by deprecation, usefulness, time, name and owner, in this order', () => {
  const ranked = (name: string, more: Partial<Candidate & Score> = {}): Candidate & Score => ({
    ...candidate(name, ''),
    tier: 1,
    text: 1,
    ...more,
  })
  const best = [
    ranked('a', { tier: 2 }),
    ranked('a', { text: 2 }),
    ranked('a', { usefulness: 1 }),
    ranked('a', { at: 1 }),
    ranked('a'),
    ranked('b'),
    ranked('b', { owner: 'z6b' }),
    ranked('b', { owner: 'z6b' }),
    ranked('a', { isDeprecated: true }),
  ]
  assert.deepEqual(best.toReversed().toSorted(compareRanked), best)
})
