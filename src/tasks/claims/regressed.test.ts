import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { tasksFaults } from '../faults.ts'
import type { ObjectId } from '../git/objects.ts'
import type { GitRemote } from '../git/remote.ts'
import { claimFree, hold, openNode, termsOf, testHolderOptions, testSignal as signal } from '../testing/claim-bench.ts'
import type { ClaimNode } from '../testing/claim-bench.ts'
import { createMemoryServer } from '../testing/memory-remote.ts'
import { testTask } from '../testing/test-names.ts'
import { closedRef } from './claim-refs.ts'
import { collectClosed } from './collect-closed.ts'
import { tryClaim } from './try-claim.ts'

const ref = `refs/althing/claims/${testTask}`

const look = (node: ClaimNode) => node.ledger.lookAt(testTask, { signal })

/** A server, and nodes on it; `wrap` changes how one reaches it. */
function openStand() {
  const server = createMemoryServer({ clock: systemClock }, { latencyMs: 0 })
  const open = (name: string, wrap: (remote: GitRemote) => GitRemote = (remote) => remote): ClaimNode =>
    openNode('', { remote: wrap(server.connect(name)) })
  const admin = server.connect('the forge')
  return {
    server,
    open,
    valueOf: async (name = ref) => (await admin.listRefs([name], { signal })).get(name),
    /** What a restored backup does. */
    set: async (name: string, to: ObjectId | undefined) => {
      const old = (await admin.listRefs([name], { signal })).get(name)
      await admin.push({ updates: [{ ref: name, old, new: to }], objects: [], isAtomic: false }, { signal })
    },
    pushesOf: (name: string) => server.pushes.filter(({ node }) => node === name).length,
  }
}

async function takeOver(node: ClaimNode, epoch: number) {
  const { value, chain } = await look(node)
  const attempt = await tryClaim(node, { terms: termsOf(epoch), value, chain, reason: 'expired' }, { ...testHolderOptions, signal })
  return attempt.result === 'held' ? attempt.holder : assert.fail(attempt.result)
}

/** Lets fetches fail while `fault` is set. */
function glitching(state: { fault: (() => Error) | undefined; fetches: number }): (remote: GitRemote) => GitRemote {
  return (remote) => ({
    ...remote,
    fetchCommits: async (range, options) => {
      state.fetches += 1
      if (state.fault !== undefined) throw state.fault()
      return remote.fetchCommits(range, options)
    },
  })
}

for (const code of ['REMOTE_MISSING', 'REMOTE_PROTOCOL'] as const)
  test(`a newer link that could not be fetched (${code}) is no rewind: nothing is pushed, and the next look reads it`, async () => {
    const { open, pushesOf } = openStand()
    const state: Parameters<typeof glitching>[0] = { fault: undefined, fetches: 0 }
    const [ada, bob, cy] = [open('ada'), open('bob', glitching(state)), open('cy')]
    await hold(ada)
    assert.equal((await look(bob)).meaning.meaning, 'held')
    await takeOver(cy, 2)
    state.fault = () => tasksFaults.create(code, { message: 'not our ref, says the test' })
    const seen = await look(bob)
    assert.deepEqual([seen.meaning.meaning, seen.chain], ['unreadable', undefined])
    assert.equal(await bob.ledger.restore(seen, { signal }), false)
    assert.equal(pushesOf('bob'), 0)
    state.fault = undefined
    const { meaning } = await look(bob)
    assert.equal(meaning.meaning === 'held' && meaning.holding.holder, cy.self.peer)
  })

test('a link in the middle that did not come is no rewind either, and a value that is never given is asked for ever more seldom', async () => {
  const { open } = openStand()
  const state: Parameters<typeof glitching>[0] = { fault: undefined, fetches: 0 }
  const holey = (remote: GitRemote): GitRemote => ({
    ...remote,
    fetchCommits: async (range, options) => {
      const { commits, others } = await remote.fetchCommits(range, options)
      return { commits: new Map([...commits].filter(([, bytes]) => !Buffer.from(bytes).includes('"kind":"renew"'))), others }
    },
  })
  const [ada, bob, cy] = [open('ada'), open('bob', holey), open('cy', glitching(state))]
  const holder = await hold(ada)
  await look(bob)
  await holder.renew({ signal })
  await holder.release('shutdown', { signal })
  assert.equal((await look(bob)).meaning.meaning, 'unreadable')
  state.fault = () => tasksFaults.create('REMOTE_MISSING', { message: 'not our ref, says the test' })
  for (let looks = 0; looks < 100; looks++) assert.equal((await look(cy)).meaning.meaning, 'unreadable')
  assert.equal(state.fetches, 7)
})

test('who missed the end of a chain does not push it over the next life of its task, and keeps that from then on', async () => {
  const { open, pushesOf } = openStand()
  const [ada, bob, cy] = [open('ada'), open('bob'), open('cy')]
  const holder = await hold(ada)
  const before = await look(bob)
  await holder.done('merged', { signal })
  assert.equal(await collectClosed(ada, [await look(ada)], { signal }), true)
  const again = await hold(cy)
  assert.equal(again.terms.epoch, 2)
  const { meaning } = await look(bob)
  assert.equal(meaning.meaning === 'held' && meaning.holding.holder, cy.self.peer)
  assert.equal(await bob.ledger.restore(before, { signal }), false)
  assert.deepEqual([bob.store.get(testTask)?.state.head, pushesOf('bob')], [again.head, 0])
})

test('a chain of a second life that a forge lost is pushed again, also where the closed chain knows of the first', async () => {
  const { open, set } = openStand()
  const [ada, bob] = [open('ada'), open('bob')]
  await (await hold(ada)).done('merged', { signal })
  await collectClosed(ada, [await look(ada)], { signal })
  const holder = await hold(ada)
  await look(bob)
  await set(ref, undefined)
  const gone = await look(bob)
  assert.deepEqual(gone.meaning, { meaning: 'regressed', newest: holder.head })
  assert.equal(await bob.ledger.restore(gone, { signal }), true)
})

test('F35: of two chains that a restored backup made all nodes push the same one, and the older is pushed by nobody', async () => {
  const { open, set, valueOf } = openStand()
  const [ada, bob, cy] = [open('ada'), open('bob'), open('cy')]
  const first = await hold(ada)
  await look(bob)
  await set(ref, undefined)
  const second = await hold(cy)
  await second.renew({ signal })
  await look(cy)
  // bob has the older one
  assert.equal((await look(bob)).meaning.meaning, 'held')
  assert.equal(bob.store.get(testTask)?.state.head, second.head)
  await set(ref, first.head)
  for (const node of [bob, cy]) assert.deepEqual((await look(node)).meaning, { meaning: 'regressed', newest: second.head })
  assert.equal(await bob.ledger.restore(await look(bob), { signal }), true)
  assert.equal(await valueOf(), second.head)
})

test('a chain that was collected while refs were listed is seen so, and its first epoch is not given again', async () => {
  const { open } = openStand()
  const state: { stale: ReadonlyMap<string, ObjectId> | undefined } = { stale: undefined }
  // as git lists refs: `closed` is resolved before what is below `claims/`
  const bob = open('bob', (remote) => ({
    ...remote,
    listRefs: async (prefixes, options) => {
      const refs = new Map(await remote.listRefs(prefixes, options))
      if (state.stale === undefined) return refs
      refs.delete(closedRef('native'))
      for (const [name, id] of state.stale) if (prefixes.some((prefix) => name.startsWith(prefix))) refs.set(name, id)
      state.stale = undefined
      return refs
    },
  }))
  const [ada, cy] = [open('ada'), open('cy')]
  await (await hold(ada)).done('merged', { signal })
  await collectClosed(ada, [await look(ada)], { signal })
  state.stale = new Map()
  const attempt = await claimFree(bob)
  assert.equal(attempt.result === 'held' && attempt.holder.terms.epoch, 2)
  // the same race where the chain was known, and the next one stands there already
  const dora = open('dora', (remote) => ({
    ...remote,
    listRefs: async (prefixes, options) => {
      const refs = new Map(await remote.listRefs(prefixes, options))
      for (const [name, id] of state.stale ?? []) refs.set(name, id)
      state.stale = undefined
      return refs
    },
  }))
  await look(dora)
  const closed = await cy.remote.listRefs([closedRef('native')], { signal })
  await (attempt.result === 'held' ? attempt.holder : assert.fail()).done('merged', { signal })
  await look(dora)
  await collectClosed(ada, [await look(ada)], { signal })
  const third = await hold(cy)
  state.stale = closed
  for (const sights of [await dora.ledger.lookAtAll({ signal }), [await look(dora)]]) {
    const [{ meaning } = assert.fail()] = sights
    assert.equal(meaning.meaning === 'held' && meaning.holding.began, third.began)
  }
})

test('F35: a holder whose forge was set back gives it back what it took, and goes on', async () => {
  for (const back of ['to its beginning', 'to before it', 'to nothing'] as const) {
    const { open, set, valueOf } = openStand()
    const [ada, bob] = [open('ada'), open('bob')]
    const before = await hold(bob)
    await before.release('shutdown', { signal })
    const holder = await takeOver(ada, 2)
    for (let renewals = 0; renewals < 3; renewals++) await holder.renew({ signal })
    const { head } = holder
    await set(ref, back === 'to its beginning' ? holder.began : back === 'to before it' ? before.head : undefined)
    assert.deepEqual([(await holder.renew({ signal })).result, holder.mode], ['accepted', 'working'], back)
    const { meaning, chain } = await look(bob)
    assert.equal(meaning.meaning === 'held' && meaning.holding.began, holder.began)
    assert.equal(head !== undefined && chain?.commits.has(head), true)
    assert.equal(await valueOf(), holder.head)
  }
})

test('F35: a chain that was collected and came back with a backup is that chain to all, whether they know how it ended or not', async () => {
  const { open, set } = openStand()
  const [ada, bob, cy] = [open('ada'), open('bob'), open('cy')]
  const first = await hold(ada)
  await first.release('shutdown', { signal })
  const holder = await takeOver(ada, 2)
  await holder.done('merged', { signal })
  await look(bob)
  await collectClosed(ada, [await look(ada)], { signal })
  assert.equal((await look(bob)).meaning.meaning, 'free')
  await set(ref, holder.head)
  await set(closedRef('native'), undefined)
  for (const node of [bob, cy, ada]) {
    const { meaning } = await look(node)
    assert.deepEqual([meaning.meaning, meaning.meaning === 'done' && meaning.epoch], ['done', 3])
  }
  await takeOver(bob, 3)
  for (const node of [cy, ada]) {
    const { meaning } = await look(node)
    assert.equal(meaning.meaning === 'held' && meaning.holding.epoch, 3)
  }
  await set(ref, holder.head)
  assert.equal((await look(ada)).meaning.meaning, 'regressed')
})

test('a holder that slept through the end of its task does not bring a chain back that was collected', async () => {
  const { open, valueOf } = openStand()
  const [ada, bob] = [open('ada'), open('bob')]
  const asleep = await hold(ada)
  await (await takeOver(bob, 2)).done('merged', { signal })
  assert.equal(await collectClosed({ ...bob, key: bob.key }, [await look(bob)], { signal }), true)
  assert.equal((await asleep.release('failed: it came to no end', { signal })).result, 'regressed')
  assert.equal(await valueOf(), undefined)
})
