import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyTree } from '../git/objects.ts'
import type { GitRemote, PushRequest } from '../git/remote.ts'
import { openNode, termsOf, testSignal as signal } from '../testing/claim-bench.ts'
import { makeRepository } from '../testing/git-server.ts'
import { taskKeyOfIssue } from '../task.ts'
import { coalescePushes } from './coalesce-pushes.ts'
import { ClaimHolder } from './holder.ts'
import { interruptClaim } from './interrupt.ts'
import { makeClaim } from './make-claim.ts'

test('30 renewals are one push, of which exactly the claim that was lost meanwhile is refused', async (t) => {
  const bare = await makeRepository(t)
  const [ada, bob] = [openNode(bare), openNode(bare)]
  const pushes: PushRequest[] = []
  const counting: GitRemote = {
    ...ada.remote,
    push: (request, options) => {
      pushes.push(request)
      return ada.remote.push(request, options)
    },
  }
  const remote = coalescePushes(counting, ada, { windowMs: 100 })
  const terms = Array.from({ length: 30 }, (_, index) => termsOf(1, taskKeyOfIssue(index + 1)))
  const claims = terms.map((each) => makeClaim(ada, each, { kind: 'claim', previous: undefined }))
  const updates = claims.map(({ id }, index) => ({ ref: `refs/althing/claims/issue-${index + 1}`, old: undefined, new: id }))
  const objects = [...claims.map(({ bytes }) => ({ type: 'commit', bytes }) as const), emptyTree]
  await ada.remote.push({ updates, objects, isAtomic: true }, { signal })
  const lease = { sentAt: ada.clock.monotonic(), wallAt: ada.clock.now() }
  const holders = terms.map((each, index) => {
    const link = claims[index] ?? assert.fail()
    const line = { known: link.id, pending: undefined, own: [link.id] }
    return new ClaimHolder({ ...ada, remote }, { terms: each, line, lease, began: link.id, link })
  })
  await interruptClaim(bob, await bob.ledger.lookAt(taskKeyOfIssue(7), { signal }), { kind: 'break', reason: 'by-person', signal })
  const sent = await Promise.all(holders.map((holder) => holder.renew({ signal })))
  assert.deepEqual(
    pushes.map((push) => [push.updates.length, push.isAtomic]),
    [[30, false]],
  )
  assert.deepEqual(
    sent.flatMap(({ result }, index) => (result === 'accepted' ? [] : [[index + 1, result]])),
    [[7, 'lost']],
  )
})
