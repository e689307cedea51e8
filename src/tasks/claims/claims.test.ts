import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { claimFree, hold, openNode, termsOf, testHolderOptions, testSignal as signal } from '../testing/claim-bench.ts'
import { testTask } from '../testing/test-names.ts'
import { makeRepository, runGit, serveHttp } from '../testing/git-server.ts'
import { listHistory } from './history.ts'
import { makeWork } from '../testing/work.ts'
import { tryClaim } from './try-claim.ts'

const servers: Readonly<Record<string, (t: TestContext, bare: string) => Promise<string>>> = {
  'a path': (_t, bare) => Promise.resolve(bare),
  http: serveHttp,
}

for (const [name, serve] of Object.entries(servers)) {
  test(`over ${name}: of two that race for a task one holds it, renews, pushes work with the renewal and releases`, async (t) => {
    const bare = await makeRepository(t)
    const address = await serve(t, bare)
    const [ada, bob] = [openNode(address), openNode(address)]
    const both = await Promise.all([claimFree(ada), claimFree(bob)])
    assert.deepEqual(both.map(({ result }) => result).toSorted(), ['held', 'lost'])
    const [winner, other] = both[0]?.result === 'held' ? [ada, bob] : [bob, ada]
    const holder = both.flatMap((each) => (each.result === 'held' ? [each.holder] : []))[0]
    assert.ok(holder !== undefined)
    assert.equal((await other.ledger.lookAt(testTask, { signal })).meaning.meaning, 'held')
    assert.equal((await winner.ledger.lookAt(testTask, { signal })).meaning.meaning, 'ours')
    assert.equal((await holder.renew({ signal })).result, 'accepted')
    const work = await makeWork(bare, undefined, 'half of it')
    assert.equal((await holder.pushWork(work, { signal })).result, 'accepted')
    assert.equal(await runGit(bare, 'rev-parse', 'refs/heads/althing/issue-7'), work.new)
    assert.equal((await holder.release('shutdown', { signal })).result, 'accepted')
    assert.equal(holder.mode, 'ended')
    const seen = await other.ledger.lookAt(testTask, { signal })
    assert.deepEqual(seen.meaning, { meaning: 'free', value: seen.value, epoch: 2, why: 'released' })
    assert.ok(seen.chain !== undefined)
    assert.deepEqual(
      listHistory(seen.chain, { withRenewals: true }).map(({ document }) => [document?.kind, document?.epoch, document?.holder]),
      ['claim', 'renew', 'renew', 'release'].map((kind) => [kind, 1, winner.self.peer]),
    )
  })
}

test('F3: who observes a value unchanged for TTL and margin takes over, and late pushes of the one before are refused', async (t) => {
  const bare = await makeRepository(t)
  const [ada, bob] = [openNode(bare), openNode(bare)]
  const held = await hold(ada)
  const signs = { isAlive: false }
  const first = await bob.ledger.lookAt(testTask, { signal })
  assert.deepEqual(bob.observer.observe(first, signs), { advice: 'wait' })
  bob.clock.pass(60_000 + 7_000)
  assert.deepEqual(bob.observer.observe(await bob.ledger.lookAt(testTask, { signal }), signs), { advice: 'wait' })
  bob.clock.pass(500)
  const advice = bob.observer.observe(await bob.ledger.lookAt(testTask, { signal }), signs)
  assert.deepEqual(advice, { advice: 'take-over', epoch: 2, reason: 'expired' })
  const taken = await tryClaim(bob, { terms: termsOf(2), value: first.value, reason: 'expired' }, { ...testHolderOptions, signal })
  assert.equal(taken.result, 'held')
  ada.clock.pass(52_500)
  assert.equal(held.mode, 'paused')
  const late = await held.pushWork(await makeWork(bare, undefined, 'too late'), { signal })
  assert.equal(late.result, 'lost')
  assert.equal(held.mode, 'lost')
  await assert.rejects(runGit(bare, 'rev-parse', '--verify', '-q', 'refs/heads/althing/issue-7'))
})
