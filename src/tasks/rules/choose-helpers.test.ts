import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerId } from '../../identity/keys.ts'
import { nodeOf } from '../../journal/testing/bench-of-peers.ts'
import { chooseHelpers } from './choose-helpers.ts'
import type { HeardWorker } from './worker-book.ts'

const project = 'forge.example.org/team/shop'
const [ada, bob, cy, eve] = [nodeOf('ada'), nodeOf('bob'), nodeOf('cy'), nodeOf('eve')]
const worker = (node: PeerId, change: Partial<HeardWorker> = {}): HeardWorker => ({
  ...{ node, agent: 'a:b', projects: [project], labels: [], types: [], scopes: [], models: [], slots: 1, answers: true, heardAt: 0 },
  ...change,
})
const choose = (
  workers: readonly HeardWorker[],
  { connected = [bob, cy, eve], path = [ada] }: { connected?: PeerId[]; path?: PeerId[] } = {},
) => chooseHelpers({ project, path, workers, connected: new Set(connected), order: (peers) => peers })

test('who answers and works on the same project is asked first', () => {
  assert.deepEqual(choose([worker(bob, { projects: [] }), worker(cy)]), [cy, bob])
})

test('nobody is asked while nobody answers', () => {
  assert.deepEqual(choose([worker(bob, { answers: false })]), [])
})

test('nobody is asked by whom the question came', () => {
  assert.deepEqual(choose([worker(bob), worker(cy)], { path: [bob, ada] }), [cy])
})

test('who is connected is asked to pass a question on to those who are not, before they are called themselves', () => {
  assert.deepEqual(choose([worker(bob), worker(eve)], { connected: [bob, cy] }), [bob, cy, eve])
})

test('four members are asked at most', () => {
  const nodes = ['a', 'b', 'c', 'd', 'e', 'f'].map(nodeOf)
  assert.equal(
    choose(
      nodes.map((node) => worker(node)),
      { connected: nodes },
    ).length,
    4,
  )
})
