import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSigningKey } from '../../identity/keys.ts'
import { systemClock } from '../../lib/clock.ts'
import { untilAborted } from '../../lib/deadline.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import { tasksFaults } from '../faults.ts'
import type { ObjectId } from '../git/objects.ts'
import type { GitRemote, PushRequest } from '../git/remote.ts'
import { createMemoryServer } from '../testing/memory-remote.ts'
import { claimFree, createHandClock, hold, openNode, termsOf, testSignal as signal } from '../testing/claim-bench.ts'
import { taskKeyOfIssue } from '../task.ts'
import { testTask } from '../testing/test-names.ts'
import type { ClaimHolder, WorkPush } from './holder.ts'
import { listHistory } from './history.ts'
import { resumeClaim } from './resume.ts'
import type { Sent } from './send-request.ts'
import { tryClaim } from './try-claim.ts'

const work: WorkPush = { old: undefined, new: '7'.repeat(40) as ObjectId, openPack: async function* () {} }

/** A node whose claim of the task is held, on a server that can be made to take a move and say nothing from then on, to lose a move, and to deny all. */
async function openStand() {
  const server = createMemoryServer({ clock: systemClock }, { latencyMs: 0 })
  const state: { cut: AbortController | undefined; loses: boolean; denies: boolean; denied: PushRequest[] } = {
    ...{ cut: undefined, loses: false, denies: false, denied: [] },
  }
  const real = server.connect('ada')
  const silence = (): never => {
    throw tasksFaults.create('REMOTE_UNREACHABLE', { message: 'cut by the test' })
  }
  const remote: GitRemote = {
    ...real,
    push: async (request, options) => {
      if (state.loses) {
        state.loses = false
        return silence()
      }
      if (state.denies) state.denied.push(request)
      if (state.denies)
        return { unpackError: undefined, refs: request.updates.map(({ ref }) => ({ ref, result: 'refused', reason: 'hook declined' })) }
      const result = await real.push(request, options)
      if (state.cut === undefined) return result
      state.cut.abort(new Error('the wait is over'))
      return silence()
    },
    listRefs: (prefixes, options) => (state.cut === undefined ? real.listRefs(prefixes, options) : silence()),
  }
  const key = createSigningKey()
  const ada = openNode('', { remote, key })
  const holder = await hold(ada)
  /** Makes a move that the server takes, and nobody hears of. */
  const unheard = async (move: (holding: ClaimHolder, options: { readonly signal: AbortSignal }) => Promise<Sent>): Promise<void> => {
    state.cut = new AbortController()
    assert.equal((await move(holder, { signal: state.cut.signal })).result, 'unknown')
    state.cut = undefined
  }
  const kinds = async (): Promise<readonly (string | undefined)[]> => {
    const { chain } = await ada.ledger.lookAt(testTask, { signal })
    return listHistory(chain ?? assert.fail('there is no chain'), { withRenewals: true }).map(({ document }) => document?.kind)
  }
  return {
    ada,
    key,
    holder,
    state,
    unheard,
    kinds,
    remote,
    meaning: async () => (await ada.ledger.lookAt(testTask, { signal })).meaning.meaning,
  }
}

test('F21: work that landed without an answer, as a renewal then finds, is not pushed again and has not moved', async () => {
  const { holder, unheard, kinds } = await openStand()
  await unheard((holding, options) => holding.pushWork(work, options))
  assert.equal((await holder.renew({ signal })).result, 'accepted')
  assert.equal((await holder.pushWork(work, { signal })).result, 'accepted')
  assert.deepEqual(await kinds(), ['claim', 'renew', 'renew'])
})

test('F21: work that landed without an answer is accepted when it is pushed the next time', async () => {
  const { holder, unheard, kinds } = await openStand()
  await unheard((holding, options) => holding.pushWork(work, options))
  assert.equal((await holder.pushWork(work, { signal })).result, 'accepted')
  assert.deepEqual(await kinds(), ['claim', 'renew'])
})

test('F21: a review that was taken without an answer is the end: a renewal finds that out and writes nothing upon it', async () => {
  const { holder, unheard, kinds, meaning } = await openStand()
  await unheard((holding, options) => holding.review('12', options))
  assert.equal((await holder.renew({ signal })).result, 'lost')
  assert.equal(holder.mode, 'ended')
  assert.deepEqual(await kinds(), ['claim', 'review'])
  assert.equal(await meaning(), 'in-review')
})

test('F21: an end that is said twice is accepted twice and written once, and another word after it is not', async () => {
  const { holder, unheard, kinds } = await openStand()
  await unheard((holding, options) => holding.release('shutdown', options))
  assert.equal((await holder.release('shutdown', { signal })).result, 'accepted')
  assert.equal((await holder.release('shutdown', { signal })).result, 'accepted')
  assert.equal((await holder.review('12', { signal })).result, 'lost')
  assert.deepEqual(await kinds(), ['claim', 'release'])
})

test('a holder goes by the lease that its claim says, also where it was written under other settings', async () => {
  const { key, remote, holder } = await openStand()
  assert.deepEqual(holder.times, { ttlMs: 60_000, marginMs: 7_500, renewMs: 20_000 })
  const ada = openNode('', { remote, key })
  const resumed = await resumeClaim(ada, await ada.ledger.lookAt(testTask, { signal }), { signal, other: 'gone' })
  assert.deepEqual(resumed.result === 'held' && resumed.holder.times, { ttlMs: 60_000, marginMs: 7_500, renewMs: 20_000 })
})

test('F21: a holder whose move was lost on its way, and is refused by policy since, gives up its holding and not its server', async () => {
  const { holder, state, meaning } = await openStand()
  state.loses = state.denies = true
  const sent = await holder.pushWork(work, { signal })
  assert.deepEqual([sent.result, holder.mode], ['unknown', 'lost'])
  state.denies = false
  assert.equal(await meaning(), 'ours')
})

for (const [what, move, kinds, renewal] of [
  ['a renewal', (holder: ClaimHolder) => holder.renew({ signal }), ['claim', 'renew', 'renew'], 'accepted'],
  ['work', (holder: ClaimHolder) => holder.pushWork(work, { signal }), ['claim', 'renew', 'renew'], 'accepted'],
  ['a release', (holder: ClaimHolder) => holder.release('shutdown', { signal }), ['claim', 'release'], 'lost'],
] as const)
  test(`F21: ${what} that counts as refused and is taken after all is what the holder goes on from`, async () => {
    const stand = await openStand()
    const { ada, holder, state } = stand
    state.denies = true
    assert.equal((await move(holder)).result, 'refused')
    state.denies = false
    for (const request of state.denied) await ada.remote.push(request, { signal })
    assert.equal((await holder.renew({ signal })).result, renewal)
    assert.deepEqual(await stand.kinds(), kinds)
    assert.equal(holder.mode, renewal === 'lost' ? 'ended' : 'working')
    if (what === 'work') assert.equal((await holder.pushWork(work, { signal })).result, 'accepted')
    assert.deepEqual(await stand.kinds(), kinds)
  })

test('rule 20: a server that asks to be left alone is asked nothing for so long, and gets the same bytes then', async () => {
  const stand = await openStand()
  const asked: { readonly what: string; readonly at: number }[] = []
  const { remote } = stand
  const note = (what: string): void => void asked.push({ what, at: cy.clock.monotonic() })
  let isBusy = true
  const busy: GitRemote = {
    ...remote,
    listRefs: (prefixes, options) => {
      note('list')
      return remote.listRefs(prefixes, options)
    },
    push: (request, options) => {
      note(`push ${request.updates[0]?.new}`)
      if (!isBusy) return remote.push(request, options)
      isBusy = false
      throw tasksFaults.create('REMOTE_UNREACHABLE', { message: '429', data: { retryAfterMs: 30_000 } })
    },
  }
  const cy = openNode('', { remote: busy })
  const attempt = await claimFree(cy, taskKeyOfIssue(8))
  assert.equal(attempt.result, 'held')
  const pushes = asked.slice(asked.findIndex(({ what }) => what.startsWith('push')))
  const [first = assert.fail(), second = assert.fail()] = pushes
  assert.deepEqual([pushes.length, first.what], [2, second.what])
  assert.ok(second.at - first.at >= 30_000, `${second.at - first.at} ms`)
})

test('rule 5: what the server refused each time is refused when the wait ends, and not unknown: nothing of it is on its way', async () => {
  const { remote } = await openStand()
  const busy: GitRemote = {
    ...remote,
    push: async (request) => ({
      unpackError: undefined,
      refs: request.updates.map(({ ref }) => ({ ref, result: 'refused', reason: 'missing necessary objects' })),
    }),
  }
  const over = new AbortController()
  const cy = openNode('', { remote: busy })
  const clock = { ...cy.clock, sleep: () => Promise.reject(new Error('the wait is over')) }
  const attempt = await tryClaim({ ...cy, clock }, { terms: termsOf(1, taskKeyOfIssue(8)), value: undefined }, { signal: over.signal })
  assert.deepEqual(attempt, { result: 'refused', cause: 'contention', reason: 'missing necessary objects' })
})

test('a holder that asks as its lease runs out waits for an answer: it does not ask again and again while no time passes', async () => {
  const clock = createVirtualClock({ startsAt: 1_760_000_000_000 })
  const real = createMemoryServer({ clock }, { latencyMs: 0 }).connect('ada')
  let isSilent = false
  const push: GitRemote['push'] = (request, options) =>
    isSilent ? untilAborted(new Promise(() => {}), options.signal) : real.push(request, options)
  const ada = { ...openNode('', { remote: { ...real, push } }), clock: { ...createHandClock(), ...clock } }
  const { holder } = await clock.run(claimFree(ada)).then((won) => (won.result === 'held' ? won : assert.fail(won.result)))
  isSilent = true
  await clock.advance(holder.times.ttlMs - holder.times.marginMs - 1e-9)
  const asked = clock.monotonic()
  const sent = await clock.run(holder.renew({ signal }))
  assert.equal(sent.result, 'unknown')
  assert.ok(clock.monotonic() - asked >= 1, `${clock.monotonic() - asked} ms`)
})
