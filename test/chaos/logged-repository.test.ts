import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectClosed } from '../../src/tasks/claims/collect-closed.ts'
import type { HistoryVerdict } from '../../src/tasks/rules/check-history.ts'
import { checkHistory } from '../../src/tasks/rules/check-history.ts'
import { hold, openNode, testSignal as signal } from '../../src/tasks/testing/claim-bench.ts'
import { openApiRemote, openRefApi } from '../../src/tasks/testing/fixture-ref-api.ts'
import { makeRepository, runGit } from '../../src/tasks/testing/git-server.ts'
import { testTask } from '../../src/tasks/testing/test-names.ts'
import { makeWork } from '../../src/tasks/testing/work.ts'
import { logEverything, readClaimLog } from './logged-repository.ts'

const [ref, branch] = [`refs/althing/claims/${testTask}`, `refs/heads/althing/${testTask}`]

/** What the log of a repository shows, as it is now. */
async function judge(bare: string): Promise<HistoryVerdict> {
  const log = await readClaimLog(bare)
  const nothing = { pulls: [], wanted: [], answering: [], ready: [], unknownTtlMs: 60_000, graceMs: 0, endsAt: 0 }
  return checkHistory({ ...log, ...nothing })
}

function foundBy({ violations }: HistoryVerdict): readonly string[] {
  return violations.map(({ guarantee, what }) => `${guarantee}: ${what.replaceAll(/[0-9a-f]{40}/g, 'X')}`)
}

for (const form of ['native', 'heads'] as const)
  test(`what a real git server took is read from its own log, with claims in the form ${form}: work, takeovers, and what was collected`, async (t) => {
    const bare = await makeRepository(t)
    await logEverything(bare)
    const [ada, bob] = [openNode(bare, { form }), openNode(bare, { form })]
    const first = await hold(ada)
    const work = await makeWork(bare, undefined, 'one')
    await first.pushWork(work, { signal })
    await first.release('shutdown', { signal })
    const second = await hold(bob)
    await second.pushWork(await makeWork(bare, work.new, 'two'), { signal })
    await second.done('merged', { signal })
    assert.equal(await collectClosed(ada, [await ada.ledger.lookAt(testTask, { signal })], { signal }), true)
    await hold(bob)
    const verdict = await judge(bare)
    assert.deepEqual(foundBy(verdict), [])
    assert.deepEqual([verdict.tasks.get(testTask)?.holdings, verdict.tasks.get(testTask)?.end?.holding?.epoch], [3, 3])
  })

test('G2: what a forge moved by its API is read from the same log: a branch that is deleted there and made anew is found', async (t) => {
  const bare = await makeRepository(t)
  await logEverything(bare)
  const github = await openRefApi(t, bare)
  const ada = openNode(github.url, { remote: openApiRemote(github) })
  const holder = await hold(ada)
  const work = await makeWork(bare, undefined, 'one')
  await holder.pushWork(work, { signal })
  assert.deepEqual(foundBy(await judge(bare)), [])
  await runGit(bare, 'update-ref', '-d', branch, work.new)
  await holder.pushWork(await makeWork(bare, undefined, 'another'), { signal })
  const verdict = await judge(bare)
  assert.deepEqual(foundBy(verdict), ['G2: its branch was rewritten: X does not follow X'])
  assert.equal(verdict.tasks.get(testTask)?.holdings, 1)
})

test('G1: one task that is claimed in both forms is found', async (t) => {
  const bare = await makeRepository(t)
  await logEverything(bare)
  const holder = await hold(openNode(bare))
  await runGit(bare, 'update-ref', `refs/heads/althing-claims/${testTask}`, String(holder.head))
  assert.match(foundBy(await judge(bare))[0] ?? '', /^G1: its claim was moved from undefined while X stood there$/)
})

test('G1 G2: what somebody did to a real git server past the protocol is found in its log', async (t) => {
  const bare = await makeRepository(t)
  await logEverything(bare)
  const [ada, bob] = [openNode(bare), openNode(bare)]
  const holder = await hold(ada)

  const [mine, theirs] = [await makeWork(bare, undefined, 'mine'), await makeWork(bare, undefined, 'by hand')]
  await holder.pushWork(mine, { signal })
  // with old values, as every push has them
  await runGit(bare, 'update-ref', branch, theirs.new, mine.new)
  await runGit(bare, 'update-ref', '-d', ref, String(holder.head))
  await hold(bob)
  assert.deepEqual(foundBy(await judge(bare)), [
    'G2: its branch was rewritten: X does not follow X',
    'G2: X entered its branch without a renewal of the holding that was current',
    'G1: its chain of epoch 1 was deleted, and the closed chain does not say so',
    'G1: epoch 1 was given twice, to X and to X',
  ])
})
