import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { emptyTree, emptyTreeId } from '../git/objects.ts'
import type { GitRemote } from '../git/remote.ts'
import { taskKeyOfIssue } from '../task.ts'
import { claimFree, hold, openNode, testSignal as signal } from '../testing/claim-bench.ts'
import { createMemoryServer } from '../testing/memory-remote.ts'
import { testTask } from '../testing/test-names.ts'
import { collectClosed } from './collect-closed.ts'
import { closedRef } from './claim-refs.ts'
import { maxEpoch } from './claim-document.ts'
import { maxClosedEpoch, signClosed } from './closed-chain.ts'

test('a member that says a task ended in an epoch beyond all keeps nobody from claiming it', async () => {
  for (const [lastEpoch, first] of [
    [maxEpoch, 1],
    [maxClosedEpoch + 1, 1],
    [maxClosedEpoch, maxClosedEpoch + 1],
  ] as const) {
    const server = createMemoryServer({ clock: systemClock }, { latencyMs: 0 })
    const [ada, eve] = [openNode('', { remote: server.connect('ada') }), openNode('', { remote: server.connect('eve') })]
    const closed = [{ task: testTask, lastEpoch, head: emptyTreeId }]
    const link = signClosed({ hive: eve.hive, by: eve.self.peer, previous: null, closed, seconds: 1 }, eve.key)
    const update = { ref: closedRef('native'), old: undefined, new: link.id }
    await eve.remote.push({ updates: [update], objects: [link.object, emptyTree], isAtomic: true }, { signal })
    const attempt = await claimFree(ada)
    assert.equal(attempt.result === 'held' && attempt.holder.terms.epoch, first, String(lastEpoch))
  }
})

test('what is collected is what may be read back', async () => {
  const server = createMemoryServer({ clock: systemClock }, { latencyMs: 0 })
  const ada = openNode('', { remote: server.connect('ada') })
  await (await hold(ada)).done('merged', { signal })
  const sight = await ada.ledger.lookAt(testTask, { signal })
  const { meaning } = sight
  if (meaning.meaning !== 'done') return assert.fail(meaning.meaning)
  const far = { ...sight, meaning: { ...meaning, holding: { ...meaning.holding, epoch: maxClosedEpoch + 1 } } }
  const pushes = server.pushes.length
  assert.equal(await collectClosed(ada, [far], { signal }), true)
  assert.equal(server.pushes.length, pushes)
})

test('the closed chain is read link by link as it grows, and one of which a link does not come ends the look: its epochs would begin anew', async () => {
  const server = createMemoryServer({ clock: systemClock }, { latencyMs: 0 })
  const asked: (readonly string[])[] = []
  let withheld: string | undefined
  const real = server.connect('bob')
  const remote: GitRemote = {
    ...real,
    fetchCommits: async (range, options) => {
      const { commits, others } = await real.fetchCommits(range, options)
      asked.push([...commits.keys()].filter((id) => !range.have.includes(id)))
      return { commits: new Map([...commits].filter(([id]) => id !== withheld)), others }
    },
  }
  const [ada, bob] = [openNode('', { remote: server.connect('ada') }), openNode('', { remote })]
  const heads: (string | undefined)[] = []
  for (let number = 1; number <= 3; number++) {
    const task = taskKeyOfIssue(number)
    await (await hold(ada, task)).done('merged', { signal })
    await collectClosed(ada, [await ada.ledger.lookAt(task, { signal })], { signal })
    heads.push((await real.listRefs([closedRef('native')], { signal })).get(closedRef('native')))
    await bob.ledger.lookAtAll({ signal })
  }
  assert.deepEqual(
    asked,
    heads.map((head) => [head]),
  )
  withheld = heads[0]
  const cy = openNode('', { remote })
  await assert.rejects(cy.ledger.lookAt(taskKeyOfIssue(1), { signal }), { code: 'REMOTE_MISSING' })
  withheld = undefined
  const { meaning } = await cy.ledger.lookAt(taskKeyOfIssue(1), { signal })
  assert.equal(meaning.meaning === 'free' && meaning.epoch, 2)
})
