import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import type { GitRemote } from '../git/remote.ts'
import { hold, openNode, testSignal as signal } from '../testing/claim-bench.ts'
import type { ClaimNode } from '../testing/claim-bench.ts'
import { createMemoryServer } from '../testing/memory-remote.ts'
import { testTask } from '../testing/test-names.ts'
import { createMemoryChainStore } from './chain-store.ts'
import { collectClosed } from './collect-closed.ts'

const look = (node: ClaimNode) => node.ledger.lookAt(testTask, { signal })

/** A server that ada and bob know each other on, and cy, who admits whom the test says. */
async function openStand() {
  const server = createMemoryServer({ clock: systemClock }, { latencyMs: 0 })
  const [ada, bob] = [openNode('', { remote: server.connect('ada') }), openNode('', { remote: server.connect('bob') })]
  const admitted = new Set<string>()
  const counts = { fetches: 0, puts: 0 }
  const real = server.connect('cy')
  const remote: GitRemote = {
    ...real,
    fetchCommits: (range, options) => {
      counts.fetches += 1
      return real.fetchCommits(range, options)
    },
  }
  const kept = createMemoryChainStore()
  const store: typeof kept = {
    ...kept,
    put: (...chain) => {
      counts.puts += 1
      return kept.put(...chain)
    },
  }
  const cy = openNode('', { remote, store, isAdmitted: (peer) => admitted.has(peer) })
  return { ada, bob, cy, admitted, counts, holder: await hold(ada) }
}

test('a holder who was unknown is known as soon as the hive admits it, and its claim is not fetched again', async () => {
  const { ada, cy, admitted, counts } = await openStand()
  assert.equal((await look(cy)).meaning.meaning, 'unknown')
  assert.equal((await look(cy)).meaning.meaning, 'unknown')
  admitted.add(ada.self.peer)
  const { meaning } = await look(cy)
  assert.equal(meaning.meaning === 'held' && meaning.holding.holder, ada.self.peer)
  assert.equal(counts.fetches, 1)
})

test('what somebody unknown collected counts as soon as the hive admits it: no epoch begins anew', async () => {
  const { ada, bob, cy, admitted, holder } = await openStand()
  admitted.add(ada.self.peer)
  await holder.done('merged', { signal })
  assert.equal(await collectClosed(bob, [await look(bob)], { signal }), true)
  assert.equal((await look(cy)).meaning.meaning, 'free')
  admitted.add(bob.self.peer)
  assert.deepEqual((await look(cy)).meaning, { meaning: 'free', value: undefined, epoch: 2, why: 'closed' })
})

test('a chain is written down when it has grown, and not at every look', async () => {
  const { ada, cy, admitted, counts, holder } = await openStand()
  admitted.add(ada.self.peer)
  for (let looks = 0; looks < 3; looks++) await look(cy)
  assert.equal(counts.puts, 1)
  await holder.renew({ signal })
  await look(cy)
  assert.equal(counts.puts, 2)
})
