import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerId } from '../../identity/keys.ts'
import { HeardPauses } from './heard-pauses.ts'

// who said it is compared, and never read: any text is a peer here
const [ada, eve] = ['ada', 'eve'] as unknown as [PeerId, PeerId]
const minute = 60_000
const key = 'api.github.com 0102030405060708'

test('a pause is heard of the token it was told of, until it ends', () => {
  const heard = new HeardPauses()
  heard.hear({ key, by: ada, ms: minute }, 1_000)
  assert.deepEqual([heard.leftOf(key, 1_000), heard.leftOf(key, 61_000), heard.leftOf('another', 1_000)], [minute, 0, 0])
})

test('the longest of what members say counts, and saying it again adds nothing', () => {
  const heard = new HeardPauses()
  for (const [by, ms] of [
    [ada, 2 * minute],
    [eve, minute],
    [eve, 2 * minute],
  ] as const)
    heard.hear({ key, by, ms }, 0)
  assert.equal(heard.leftOf(key, 0), 2 * minute)
})

test('a liar holds us back for a quarter of the time at most, fifteen minutes at once', () => {
  const heard = new HeardPauses()
  const held = (now: number): number => {
    heard.hear({ key, by: eve, ms: 24 * 60 * minute }, now)
    return heard.leftOf(key, now)
  }
  assert.equal(held(0), 15 * minute)
  assert.equal(held(15 * minute), 3.75 * minute)
  assert.equal(held(60 * minute), 11.25 * minute)
  let lost = 0
  for (let now = 120; now < 360; now++) lost += Math.min(minute, held(now * minute))
  assert.ok(lost <= 75 * minute, `${lost / minute} of 240 minutes, where a quarter and what was saved up before is 75`)
  // who tells the truth is heard meanwhile
  heard.hear({ key, by: ada, ms: 5 * minute }, 400 * minute)
  assert.ok(heard.leftOf(key, 400 * minute) >= 5 * minute)
})

test('what is shorter than a second is no pause, and of many that are made up the oldest go', () => {
  const heard = new HeardPauses()
  heard.hear({ key, by: ada, ms: 999 }, 0)
  assert.equal(heard.leftOf(key, 0), 0)
  heard.hear({ key, by: ada, ms: minute }, 0)
  // as above, any text is a peer
  for (let count = 0; count < 1_024; count++)
    heard.hear({ key: `made up ${count}`, by: `eve ${count}` as unknown as PeerId, ms: minute }, 0)
  assert.deepEqual([heard.leftOf(key, 0), heard.leftOf('made up 1023', 0)], [0, minute])
})
