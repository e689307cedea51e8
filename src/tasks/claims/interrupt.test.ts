import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { createMemoryServer } from '../testing/memory-remote.ts'
import { hold, openNode, testSignal as signal } from '../testing/claim-bench.ts'
import type { ClaimNode } from '../testing/claim-bench.ts'
import { testTask } from '../testing/test-names.ts'
import type { Interruption, InterruptResult } from './interrupt.ts'
import { interruptClaim } from './interrupt.ts'

/** Two nodes on one server; ada holds the task. */
async function openStand() {
  const server = createMemoryServer({ clock: systemClock }, { latencyMs: 0 })
  const [ada, bob] = [openNode('', { remote: server.connect('ada') }), openNode('', { remote: server.connect('bob') })]
  return { server, ada, bob, holder: await hold(ada) }
}

const look = (node: ClaimNode) => node.ledger.lookAt(testTask, { signal })
const meaningTo = async (node: ClaimNode): Promise<string> => (await look(node)).meaning.meaning
const say = async (node: ClaimNode, kind: Interruption): Promise<InterruptResult> =>
  interruptClaim(node, await look(node), { kind, reason: 'by-person', signal })

test('a task that is paused already is paused, and nothing is written upon it', async () => {
  const { server, ada, bob } = await openStand()
  assert.equal((await say(bob, 'pause')).result, 'accepted')
  const pushes = server.pushes.length
  assert.equal((await say(bob, 'pause')).result, 'already')
  assert.equal((await say(ada, 'pause')).result, 'already')
  assert.deepEqual([server.pushes.length, await meaningTo(ada)], [pushes, 'paused'])
})

test('what another node is at work on is not done by a word from outside: the claim stays that node’s, and nothing is sent', async () => {
  const { server, bob, ada } = await openStand()
  const said = await say(bob, 'done')
  assert.match(said.result === 'forbidden' ? said.reason : said.result, new RegExp(`^${ada.self.peer} works on it; .*task break`))
  assert.deepEqual([server.pushes.length, await meaningTo(bob)], [1, 'held'])
})

test('what was broken, given back, paused or left in review is done by anybody’s word, and two that say it agree', async () => {
  for (const end of ['break', 'release', 'pause', 'review'] as const) {
    const { ada, bob, holder } = await openStand()
    if (end === 'release') await holder.release('shutdown', { signal })
    else if (end === 'review') await holder.review('12', { signal })
    else await say(bob, end)
    assert.equal((await say(bob, 'done')).result, 'accepted', end)
    assert.equal((await say(ada, 'done')).result, 'already', end)
    assert.equal(await meaningTo(ada), 'done', end)
  }
})

test('what nobody ever claimed, or somebody unknown holds, cannot be interrupted', async () => {
  const { server, ada } = await openStand()
  const eve = openNode('', { remote: server.connect('eve'), isAdmitted: (peer) => peer !== ada.self.peer })
  assert.deepEqual(await say(eve, 'break'), { result: 'forbidden', reason: 'it is held by somebody unknown' })
  const empty = openNode('', { remote: createMemoryServer({ clock: systemClock }, { latencyMs: 0 }).connect('ada') })
  assert.deepEqual(await say(empty, 'break'), { result: 'forbidden', reason: 'nobody holds it' })
})
