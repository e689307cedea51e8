import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { systemChance } from '../../src/lib/chance.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { examineForge } from '../../src/tasks/claims/doctor.ts'
import type { AttemptResult } from '../../src/tasks/claims/try-claim.ts'
import { tryClaim } from '../../src/tasks/claims/try-claim.ts'
import { createRemote } from '../../src/tasks/git/create-remote.ts'
import type { GitRemote } from '../../src/tasks/git/remote.ts'
import type { ClaimNode } from '../../src/tasks/testing/claim-bench.ts'
import { openNode, termsOf, testHolderOptions, testRemoteOptions } from '../../src/tasks/testing/claim-bench.ts'
import { makeFolder, runGit, testPrograms } from '../../src/tasks/testing/git-server.ts'
import { testTask } from '../../src/tasks/testing/test-names.ts'
import { makeWork } from '../../src/tasks/testing/work.ts'
import type { TaskKey } from '../../src/tasks/task.ts'
import { taskKeyOfIssue } from '../../src/tasks/task.ts'
import type { RealRepository } from './real-forge.ts'

/** Nodes that want one task at the same moment, and how often. */
const nodesAtOnce = 4
const rounds = 10

type Open = (t: TestContext) => Promise<Pick<RealRepository, 'url' | 'token'>>

/** What claims rest on, on a real server. */
export function runClaimScenes(kind: string, open: Open): void {
  test(`${kind}: the doctor finds every property that claims rest on, and leaves nothing behind`, async (t) => {
    const { signal } = t
    const remote = remoteOf(await open(t))
    const report = await examineForge({ remote, clock: systemClock, chance: systemChance }, { signal })
    for (const { property, isGood, detail } of report.lines) t.diagnostic(`${isGood ? 'good' : 'bad '} ${property} · ${detail}`)
    assert.notEqual(report.form, undefined)
    const left = [...(await remote.listRefs(['refs/althing/', 'refs/heads/althing'], { signal })).keys()]
    assert.deepEqual(left, [])
  })

  test(`${kind}: of nodes that want one task at the same moment exactly one has it, every time`, async (t) => {
    const at = await open(t)
    const nodes = Array.from({ length: nodesAtOnce }, () => nodeOn(at))
    for (let round = 1; round <= rounds; round++) {
      const task = taskKeyOfIssue(round)
      const attempts = await Promise.all(nodes.map((node) => tryFresh(node, task, t.signal)))
      const results = attempts.map(({ result }) => result)
      assert.equal(results.filter((result) => result === 'held').length, 1, `round ${round}: ${results.join(', ')}`)
    }
  })

  test(`${kind}: work goes with a renewal, and who was taken over from publishes nothing`, async (t) => {
    const { signal } = t
    const at = await open(t)
    const [ada, bob] = [nodeOn(at), nodeOn(at)]
    const folder = await makeFolder(t)
    await runGit(folder, 'init', '-q', '--bare', '.')
    const attempt = await tryFresh(ada, testTask, signal)
    const first = attempt.result === 'held' ? attempt.holder : assert.fail(attempt.result)
    const { branch } = first.terms
    const work = await makeWork(folder, undefined, 'begun')
    assert.equal((await first.pushWork(work, { signal })).result, 'accepted')
    assert.equal(await headOf(bob, branch, signal), work.new)
    const sight = await bob.ledger.lookAt(first.terms.task, { signal })
    assert.equal(sight.meaning.meaning, 'held')
    const taken = await tryClaim(bob, { terms: termsOf(2), value: sight.value, reason: 'expired' }, { ...testHolderOptions, signal })
    assert.equal(taken.result, 'held')
    assert.equal((await first.pushWork(await makeWork(folder, work.new, 'too late'), { signal })).result, 'lost')
    assert.equal(await headOf(bob, branch, signal), work.new)
    const second = taken.result === 'held' ? taken.holder : assert.fail()
    const more = await makeWork(folder, work.new, 'gone on')
    assert.equal((await second.pushWork(more, { signal })).result, 'accepted')
    assert.equal(await headOf(ada, branch, signal), more.new)
    assert.equal((await second.release('shutdown', { signal })).result, 'accepted')
    assert.equal((await ada.ledger.lookAt(first.terms.task, { signal })).meaning.meaning, 'free')
  })
}

/** Looks, and claims what nobody ever claimed. */
async function tryFresh(node: ClaimNode, task: TaskKey, signal: AbortSignal): Promise<AttemptResult> {
  const { value } = await node.ledger.lookAt(task, { signal })
  return tryClaim(node, { terms: termsOf(1, task), value }, { ...testHolderOptions, signal })
}

async function headOf({ remote }: ClaimNode, branch: string, signal: AbortSignal): Promise<string | undefined> {
  const ref = `refs/heads/${branch}`
  return (await remote.listRefs([ref], { signal })).get(ref)
}

function remoteOf({ url, token }: Pick<RealRepository, 'url' | 'token'>): GitRemote {
  const credentials = async () => ({ username: 'althing', password: token })
  return createRemote(url, { clock: systemClock, programs: testPrograms, credentials }, testRemoteOptions)
}

function nodeOn(at: Pick<RealRepository, 'url' | 'token'>): ClaimNode {
  return openNode(at.url, { remote: remoteOf(at) })
}
