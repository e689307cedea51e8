import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import { tasksFaults } from '../faults.ts'
import type { GitRemote } from '../git/remote.ts'
import { hold, openNode, termsOf, testSignal as signal } from '../testing/claim-bench.ts'
import { createMemoryServer } from '../testing/memory-remote.ts'
import { testTask } from '../testing/test-names.ts'
import { interruptClaim } from './interrupt.ts'
import { resumeClaim } from './resume.ts'
import { tryClaim } from './try-claim.ts'

/** What a server that never says whether it takes a push makes of a move within 61 seconds. */
async function endOf(
  move: (at: { readonly clock: ReturnType<typeof createVirtualClock>; readonly remote: GitRemote }) => Promise<{ readonly result: string }>,
) {
  const clock = createVirtualClock({ startsAt: 1_760_000_000_000 })
  const real = createMemoryServer({ clock: systemClock }, { latencyMs: 0 }).connect('ada')
  const fail = (): Promise<never> => Promise.reject(tasksFaults.create('REMOTE_UNREACHABLE', { message: 'silent by the test' }))
  const remote: GitRemote = { ...real, listRefs: fail, push: fail }
  let ended = 'it goes on'
  const moving = move({ clock, remote }).then(({ result }) => (ended = result))
  await clock.advance(61_000)
  void moving
  return ended
}

test('F19: a claim that a server does not answer ends as unknown within a minute, so that other projects are looked at', async () => {
  const ada = openNode('', { remote: createMemoryServer({ clock: systemClock }, { latencyMs: 0 }).connect('ada') })
  const ended = await endOf((at) => tryClaim({ ...ada, ...at }, { terms: termsOf(1), value: undefined }, { signal }))
  assert.equal(ended, 'unknown')
})

test('F19: so does what is taken up again, and a word from outside', async () => {
  const ada = openNode('', { remote: createMemoryServer({ clock: systemClock }, { latencyMs: 0 }).connect('ada') })
  await hold(ada)
  const sight = await ada.ledger.lookAt(testTask, { signal })
  assert.equal(await endOf((at) => resumeClaim({ ...ada, ...at }, sight, { signal, other: 'gone' })), 'unknown')
  assert.equal(await endOf((at) => interruptClaim({ ...ada, ...at }, sight, { kind: 'break', reason: 'by-person', signal })), 'unknown')
})
