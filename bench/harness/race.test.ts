import assert from 'node:assert/strict'
import { test } from 'node:test'
import { orderTurns, runRace } from './race.ts'
import type { RaceTrack } from './race.ts'

const options = { signal: new AbortController().signal }
const size = { nodes: 5, tasks: 20 }

/** Whoever comes first has it. */
function openTrack(change: Partial<RaceTrack> = {}): RaceTrack {
  const held = new Map<number, number>()
  return {
    attempt: async (node, task) => {
      await Promise.resolve()
      if (held.has(task)) return { isWon: false, swaps: 1 }
      held.set(task, node)
      return { isWon: true, swaps: 1 }
    },
    holders: async () => held,
    ...change,
  }
}

test('every node is first for some tasks, and all of them come to every task', () => {
  const orders = orderTurns(size)
  assert.deepEqual(orderTurns(size), orders)
  assert.equal(new Set(orders.map(([first]) => first)).size, size.nodes)
  for (const order of orders) assert.equal(new Set(order).size, size.tasks)
})

test('a race ends when each task is held once, and says how many swaps a task took', async () => {
  const swaps = await runRace(openTrack(), size, options)
  assert.ok(swaps >= 1 && swaps <= size.nodes, `${swaps}`)
})

test('a task that two nodes won ends a race', async () => {
  const track = openTrack({ attempt: async () => ({ isWon: true, swaps: 1 }) })
  await assert.rejects(runRace(track, size, options), /was won by node \d and by node \d/)
})

test('a task that somebody else holds than won it, or nobody, ends a race', async () => {
  await assert.rejects(runRace(openTrack({ holders: async () => new Map() }), size, options), /is held by nobody/)
  const nobody = openTrack({ attempt: async () => ({ isWon: false, swaps: 1 }) })
  await assert.rejects(runRace(nobody, size, options), /was won by nobody/)
})
