import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Proposal } from './proposal.ts'
import { branchOf, openStand, write } from './testing/supervision-stand.ts'

test('who approves is shown what would be pushed, and it is pushed', async (t) => {
  const stand = await openStand(t)
  const shown: Proposal[] = []
  const end = await stand.supervise(write('kept'), { approve: async (proposal) => (shown.push(proposal), true) })
  assert.equal(end.end, 'in-review')
  const [proposal] = shown
  assert.deepEqual([proposal?.branch, proposal?.base, proposal?.title], ['althing/issue-7', 'main', 'Keep the cart'])
  assert.match(proposal?.change ?? '', /cart\.txt \| 1 \+[^]*\n\+kept\n/)
  assert.match(proposal?.body ?? '', /Closes #7/)
})

test('who does not approve has nothing pushed, also when the node ends while the question is open', async (t) => {
  const [stand, ending] = [await openStand(t), new AbortController()]
  const refused = await stand.supervise(write('kept'), { approve: async () => false })
  assert.deepEqual(refused, { end: 'released', reason: 'by-person: the push was not approved' })
  await assert.rejects(branchOf(stand))
  const other = await openStand(t)
  const asked = async (_: Proposal, { signal: late }: { readonly signal: AbortSignal }): Promise<boolean> => {
    setImmediate(() => ending.abort(new Error('SIGTERM')))
    return new Promise((_resolve, reject) => late.addEventListener('abort', () => reject(late.reason)))
  }
  assert.deepEqual(await other.supervise(write('kept'), { signal: ending.signal, approve: asked }), {
    end: 'released',
    reason: 'shutdown: the node ends',
  })
  await assert.rejects(branchOf(other))
  assert.deepEqual([stand.pulls, other.pulls], [[], []])
})
