import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeOf } from '../../journal/testing/bench-of-peers.ts'
import { testIssue, testProject } from '../testing/test-names.ts'
import { couldTake, WorkerBook } from './worker-book.ts'
import type { WorkerOffer } from './worker-book.ts'

const offer: WorkerOffer = {
  agent: 'ada-laptop:backend',
  projects: [testProject],
  labels: ['bzzz-task'],
  types: [],
  scopes: [],
  models: ['ollama/qwen3-coder'],
  slots: 3,
  answers: true,
}
const task = { ...testIssue, body: 'See `src/cart/`.', labels: ['bzzz-task', 'type-bug', 'role-backend'] }
const [ada, bob] = [nodeOf('ada'), nodeOf('bob')]

test('a worker is there until it ended, or was not heard for 90 s', () => {
  const book = new WorkerBook()
  assert.equal(book.hear(ada, offer, 0), true)
  assert.equal(book.hear(ada, { ...offer, slots: 2 }, 30_000), false)
  assert.equal(book.get(ada, 120_000)?.slots, 2)
  assert.equal(book.get(ada, 120_001), undefined)
  assert.deepEqual(book.all(120_001), [])
  assert.equal(book.hear(ada, offer, 120_001), true)
  book.hear(bob, offer, 120_001)
  book.leave(ada)
  assert.deepEqual(
    book.all(120_001).map(({ node }) => node),
    [bob],
  )
})

test('of more workers than are remembered the one heard longest ago goes', () => {
  const book = new WorkerBook()
  book.hear(ada, offer, 0)
  book.hear(bob, offer, 0)
  book.hear(ada, offer, 1)
  for (let count = 0; count < 1_023; count++) book.hear(`peer ${count}` as typeof ada, offer, 2)
  assert.deepEqual([book.get(bob, 2), book.get(ada, 2)?.node], [undefined, ada])
})

test('a worker could take a task of its projects, labels, types, role and folders while it has room', () => {
  assert.equal(couldTake(offer, task), true)
  assert.equal(couldTake({ ...offer, types: ['bug', 'ui'], scopes: ['src'] }, task), true)
  const others: readonly Partial<WorkerOffer>[] = [
    { slots: 0 },
    { types: ['ui'] },
    { labels: ['another'] },
    { projects: ['file:/srv/shop'] },
    { agent: 'ada-laptop:frontend' },
    { scopes: ['docs'] },
  ]
  assert.deepEqual(
    others.map((change) => couldTake({ ...offer, ...change }, task)),
    others.map(() => false),
  )
})
