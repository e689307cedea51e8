import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeOf } from '../../journal/testing/bench-of-peers.ts'
import {
  isNearAddress,
  isPolledByAnother,
  isWorthBidding,
  maxScore,
  planTurn,
  rankBids,
  scoreOf,
  spreadTasks,
  waitOf,
} from './choose-turn.ts'

const task = 'forge.example.org/team/shop#issue-7'
const [ada, bob, cy, eve] = [nodeOf('ada'), nodeOf('bob'), nodeOf('cy'), nodeOf('eve')]
const all = [ada, bob, cy, eve]
const sight = { task, first: undefined, isNear: true, score: maxScore }
const othersOf = (self: typeof ada, nodes = all) => nodes.filter((node) => node !== self)

test('alone, a node tries at once', () => {
  assert.deepEqual(planTurn({ ...sight, self: ada, others: [] }), { plan: 'rank', rank: 0 })
  assert.equal(waitOf(0), 0)
})

test('with fewer than four the hash alone ranks them, the same wherever it is computed, and each rank waits 700 ms more', () => {
  const three = [ada, bob, cy]
  const ranks = three.map((self) => planTurn({ ...sight, self, others: othersOf(self, three) }))
  assert.deepEqual(
    ranks.map((plan) => (plan.plan === 'rank' ? plan.rank : -1)).toSorted((a, b) => a - b),
    [0, 1, 2],
  )
  assert.deepEqual([1, 2].map(waitOf), [700, 1_400])
})

test('a rank that is nowhere waits no time', () => {
  assert.equal(waitOf(-1), 0)
})

test('with four bids decide, within 150 ms among neighbours and 300 ms otherwise; who has most to say speaks first', () => {
  const near = planTurn({ ...sight, self: ada, others: othersOf(ada) })
  const far = planTurn({ ...sight, self: ada, others: othersOf(ada), isNear: false })
  assert.deepEqual([near.plan === 'bid' && near.windowMs, far.plan === 'bid' && far.windowMs], [150, 300])
  const times = all.map((self) => {
    const plan = planTurn({ ...sight, self, others: othersOf(self) })
    return plan.plan === 'bid' ? plan.bidMs : -1
  })
  assert.equal(new Set(times).size, 4)
  assert.ok(times.every((ms) => ms >= 0 && ms <= 75))
  const poor = planTurn({ ...sight, self: ada, others: othersOf(ada), score: 0 })
  assert.ok(poor.plan === 'bid' && near.plan === 'bid' && poor.bidMs > near.bidMs)
})

test('rule 16: the last holder goes first, whatever the hash and the bids say', () => {
  for (const first of all) {
    assert.deepEqual(planTurn({ ...sight, self: first, others: othersOf(first), first }), { plan: 'rank', rank: 0 })
    assert.deepEqual(planTurn({ ...sight, self: first, others: [], first }), { plan: 'rank', rank: 0 })
    assert.equal(rankBids(task, new Map(all.map((node) => [node, node === first ? 0 : maxScore])), first)[0], first)
  }
  const three = planTurn({ ...sight, self: ada, others: [bob], first: bob })
  assert.deepEqual(three, { plan: 'rank', rank: 1 })
  assert.deepEqual(planTurn({ ...sight, self: ada, others: [], first: bob }), { plan: 'rank', rank: 0 })
})

test('the best bid ranks first, and ties break by the hash of task and key', () => {
  const bids = new Map([
    [ada, 10],
    [bob, 30],
    [cy, 20],
  ])
  assert.deepEqual(rankBids(task, bids), [bob, cy, ada])
  const tied = rankBids(task, new Map(all.map((node) => [node, 5])))
  assert.deepEqual(rankBids(task, new Map(all.toReversed().map((node) => [node, 5]))), tied)
  assert.notDeepEqual(rankBids('forge.example.org/team/shop#issue-8', new Map(all.map((node) => [node, 5]))), tied)
})

test('three better bids make an own one needless', () => {
  const better = new Map([
    [bob, 900],
    [cy, 900],
  ])
  assert.equal(isWorthBidding(task, { self: ada, score: 500 }, better), true)
  assert.equal(isWorthBidding(task, { self: ada, score: 500 }, new Map([...better, [eve, 900]])), false)
  assert.equal(isWorthBidding(task, { self: ada, score: 950 }, new Map([...better, [eve, 900]])), true)
})

test('a score is the success to be expected, less a share for the load and one for the price, and stays between nothing and one', () => {
  assert.equal(scoreOf({ success: 1, load: 0, price: 0 }), maxScore)
  assert.equal(scoreOf({ success: 1, load: 1, price: 0 }), 500_000)
  assert.equal(scoreOf({ success: 1, load: 0, price: 10 }), 750_000)
  assert.equal(scoreOf({ success: 0.8, load: 0.5, price: 0 }), 600_000)
  assert.equal(scoreOf({ success: 0, load: 0, price: 0 }), 0)
  assert.equal(scoreOf({ success: 1, load: 7, price: 1e12 }), 0)
  assert.equal(scoreOf({ success: 3, load: -3, price: 0 }), maxScore)
})

test('what is urgent stays first, and among equals what one leads, then what is older', () => {
  const tasks = [
    { name: 'old', urgency: 5, rank: 2 },
    { name: 'led', urgency: 5, rank: 0 },
    { name: 'urgent', urgency: 1, rank: 3 },
    { name: 'new', urgency: 5, rank: 2 },
  ]
  const ordered = spreadTasks(tasks, { urgency: ({ urgency }) => urgency, rank: ({ rank }) => rank })
  assert.deepEqual(
    ordered.map(({ name }) => name),
    ['urgent', 'led', 'old', 'new'],
  )
})

test('of those who looked lately exactly one looks for all', () => {
  const pollers = all.filter((self) => !isPolledByAnother('forge.example.org/team/shop', self, othersOf(self)))
  assert.equal(pollers.length, 1)
  assert.equal(isPolledByAnother('forge.example.org/team/shop', ada, []), false)
})

test('near is this machine and its own network', () => {
  const near = ['/memory/x', '/ip4/127.0.0.1/tcp/1', '/ip4/10.1.2.3/tcp/1', '/ip4/192.168.0.9/tcp/1', '/ip4/172.16.0.1/tcp/1']
  const far = ['/ip4/172.32.0.1/tcp/1', '/ip4/193.0.2.1/tcp/1', '/ip4/1.127.0.1/tcp/1', '/ip6/2001:db8::1/tcp/1', '/dns/example.org/tcp/1']
  const six = ['/ip6/::1/tcp/1', '/ip6/fe80::1/tcp/1', '/ip6/fd00::1/tcp/1', '/ip4/169.254.1.1/tcp/1', '/ip4/172.31.9.9/tcp/1']
  assert.deepEqual(
    [...near, ...six].filter((address) => !isNearAddress(address)),
    [],
  )
  assert.deepEqual(far.filter(isNearAddress), [])
})
