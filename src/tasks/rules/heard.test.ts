import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeOf } from '../../journal/testing/bench-of-peers.ts'
import { ClaimWords, HeardBids, Repeats } from './heard.ts'

const task = 'forge.example.org/team/shop#issue-7'
const [ada, bob] = [nodeOf('ada'), nodeOf('bob')]

test('a bid counts for five seconds, and a later one of the same node takes its place', () => {
  const bids = new HeardBids()
  bids.hear({ task, by: ada, score: 1 }, 0)
  bids.hear({ task, by: bob, score: 2 }, 1_000)
  bids.hear({ task, by: ada, score: 3 }, 1_000)
  const heard = bids.of(task, 5_000)
  assert.deepEqual([heard.size, heard.get(ada), heard.get(bob)], [2, 3, 2])
  assert.deepEqual([...bids.of(task, 6_001)], [])
  assert.deepEqual([...bids.of('another', 1_000)], [])
})

test('of more bidders and tasks than are remembered the first go', () => {
  const bids = new HeardBids()
  for (let count = 0; count < 257; count++) bids.hear({ task, by: `peer ${count}` as typeof ada, score: count }, 0)
  const heard = bids.of(task, 0)
  assert.deepEqual([heard.size, heard.has('peer 0' as typeof ada), heard.has('peer 256' as typeof ada)], [256, false, true])
  for (let count = 0; count < 4_096; count++) bids.hear({ task: `task ${count}`, by: ada, score: 1 }, 0)
  assert.equal(bids.of(task, 0).size, 0)
  assert.equal(bids.of('task 4095', 0).size, 1)
})

test('a word of a claim holds off the look that began before it, for the very epoch that would be claimed', () => {
  const words = new ClaimWords()
  assert.equal(words.hear({ task, by: ada, epoch: 2 }, 100), true)
  assert.equal(words.isTaken({ task, epoch: 2, since: 50 }), true)
  assert.equal(words.isTaken({ task, epoch: 3, since: 50 }), false)
  assert.equal(words.isTaken({ task, epoch: 2, since: 101 }), false)
  assert.equal(words.isTaken({ task: 'another', epoch: 2, since: 50 }), false)
})

test('a liar who says again and again that it claimed holds off one look and no more', () => {
  const words = new ClaimWords()
  words.hear({ task, by: bob, epoch: 1 }, 100)
  assert.equal(words.hear({ task, by: bob, epoch: 1 }, 10_000), false)
  assert.equal(words.isTaken({ task, epoch: 1, since: 200 }), false)
  // nor does a greater epoch help, nor going back from it
  assert.equal(words.hear({ task, by: bob, epoch: 900 }, 10_000), true)
  assert.equal(words.hear({ task, by: bob, epoch: 1 }, 10_001), false)
  assert.equal(words.isTaken({ task, epoch: 1, since: 200 }), false)
})

test('a message that comes again is known by its number, in whatever order they come', () => {
  const repeats = new Repeats()
  assert.deepEqual(
    [5, 3, 4, 3, 5].map((nonce) => repeats.isNew(ada, nonce, 0)),
    [true, true, true, false, false],
  )
  assert.equal(repeats.isNew(bob, 5, 0), true)
})

test('numbers far behind are taken for repeats, and a sender that was silent for ten minutes begins anew', () => {
  const repeats = new Repeats()
  for (let nonce = 1; nonce <= 1_025; nonce++) assert.equal(repeats.isNew(ada, 2 * nonce, 0), true)
  assert.equal(repeats.isNew(ada, 3, 0), false)
  assert.equal(repeats.isNew(ada, 2_049, 0), true)
  assert.equal(repeats.isNew(ada, 3, 600_001), true)
})

test('of more senders than are remembered the one heard longest ago goes', () => {
  const repeats = new Repeats()
  repeats.isNew(ada, 1, 0)
  for (let count = 0; count < 4_096; count++) repeats.isNew(`peer ${count}` as typeof ada, 1, 0)
  assert.equal(repeats.isNew(ada, 1, 0), true)
})
