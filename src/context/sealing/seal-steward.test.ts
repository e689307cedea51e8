import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { PeerId } from '../../identity/keys.ts'
import { digestOfCid } from '../../lib/cid.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import type { VirtualClock } from '../../lib/virtual-clock.ts'
import type { Stand } from '../testing/stand.ts'
import { Names, replicate, startsAt, useStand } from '../testing/stand.ts'

const delay = 10_000
const plan = 'ucxl://ada:dev@shop:cart-42/*^/plan.md'
const address = (name: string): string => plan.replace('plan', name)

interface World {
  readonly names: Names
  readonly clock: VirtualClock
  readonly open: (name: string, options?: { readonly maxReseals?: number }) => Promise<Stand>
}

function openWorld(t: TestContext): World {
  const names = new Names().grant('ada', 'ada').enroll('ada', []).enroll('bob', ['backend'])
  const clock = createVirtualClock({ startsAt })
  const open: World['open'] = (name, options) =>
    useStand(t, name, { names, clock, agents: name === 'ada' ? ['ada'] : [], options: { resealDelayMs: delay, maxReseals: 3, ...options } })
  return { names, clock, open }
}

/** Waits for so many entries of a kind in a stand's own journal, and goes on counting. */
function untilOwn(stand: Stand, kind: string, wanted: number): { readonly done: Promise<void>; readonly count: () => number } {
  const { promise, resolve } = Promise.withResolvers<void>()
  let count = 0
  stand.journal.events.on('entry:added', (entry, origin) => {
    if (origin !== 'own' || entry.header.kind !== kind) return
    count += 1
    if (count === wanted) resolve()
  })
  return { done: promise, count: () => count }
}

/** Lets a pass happen that may write. */
async function passTime(clock: VirtualClock): Promise<void> {
  await clock.advance(delay * 2)
  await clock.settle()
}

function keysOf(stand: Stand, node: PeerId): number {
  return stand.database.all('select 1 from context_seal_key where node = ?', node).length
}

test('a node says a key once context is used in its hive, and not before; a writer then seals to it what it could not', async (t) => {
  const { clock, open } = openWorld(t)
  const [ada, bob] = [await open('ada'), await open('bob')]
  await passTime(clock)
  assert.deepEqual([keysOf(ada, ada.node), keysOf(bob, bob.node)], [0, 0])
  const put = await ada.put(plan, 'the plan', { sealFor: ['role:backend'] })
  assert.deepEqual(put.sealed, { recipients: 1, unreachable: [bob.node] })
  await replicate(ada, bob)
  const said = untilOwn(bob, 'seal-key', 1).done
  await passTime(clock)
  await said
  const resealed = untilOwn(ada, 'version', 1).done
  await replicate(bob, ada)
  await passTime(clock)
  await resealed
  await replicate(ada, bob)
  assert.equal(await bob.read(plan), 'the plan')
  assert.equal((await bob.get(plan)).version, 2)
})

test('who may open it no longer is left out by itself a while after, and nothing is written where nothing changed', async (t) => {
  const { clock, open, names } = openWorld(t)
  const [ada, bob] = [await open('ada'), await open('bob')]
  await bob.context.rekey()
  await replicate(bob, ada)
  await ada.put(plan, 'the plan', { sealFor: ['role:backend'] })
  await passTime(clock)
  assert.equal((await ada.get(plan)).version, 1)
  names.enroll('bob', [])
  const resealed = untilOwn(ada, 'version', 1).done
  // a certificate of anybody is a reason to look
  await ada.certify(['ada'])
  await passTime(clock)
  await resealed
  await passTime(clock)
  const read = await ada.get(plan)
  assert.deepEqual([read.version, read.metadata['sealed-to']?.split(' ').length], [2, 1])
})

/** ada with three versions that bob, who is revoked now, could open; `certify` is what makes her look. */
async function sealForGone(world: World, options: { readonly maxReseals: number }): Promise<Stand> {
  const [ada, bob] = [await world.open('ada', options), await world.open('bob')]
  await bob.context.rekey()
  await replicate(bob, ada)
  for (const name of ['a', 'b', 'c']) await ada.put(address(name), name, { sealFor: ['@bob'] })
  await passTime(world.clock)
  world.names.revoke('bob', { incarnation: 1, seq: 2 })
  return ada
}

test('a pass seals no more than it may, and the next goes on', async (t) => {
  const world = openWorld(t)
  const ada = await sealForGone(world, { maxReseals: 2 })
  const first = untilOwn(ada, 'version', 2)
  await ada.certify(['ada'])
  await passTime(world.clock)
  await first.done
  // longer than a third one would take
  for (let turns = 0; turns < 4; turns += 1) await ada.put(plan, `turn ${turns}`, { sealFor: ['@ada'] })
  assert.equal(first.count(), 2 + 4)
  const rest = untilOwn(ada, 'version', 1)
  await passTime(world.clock)
  await rest.done
  assert.equal(ada.context.status().seals.outdated, 0)
})

test('what could not be sealed anew is tried again by itself, ever more seldom, until it can be', async (t) => {
  const world = openWorld(t)
  const ada = await sealForGone(world, { maxReseals: 3 })
  const { cid } = await ada.get(address('b'))
  assert.ok(cid !== null)
  const bytes = Buffer.concat(await Array.fromAsync(ada.content.read(cid, { signal: new AbortController().signal })))
  await ada.blobs.remove(digestOfCid(cid))
  const resealed = untilOwn(ada, 'version', 2)
  await ada.certify(['ada'])
  await passTime(world.clock)
  await resealed.done
  assert.equal(ada.context.status().seals.outdated, 1)
  await ada.blobs.put(digestOfCid(cid), bytes)
  const last = untilOwn(ada, 'version', 1)
  // nobody changes anything any more
  await passTime(world.clock)
  await passTime(world.clock)
  await last.done
  assert.equal(ada.context.status().seals.outdated, 0)
})

test('changes that never end put no pass off', async (t) => {
  const world = openWorld(t)
  const ada = await sealForGone(world, { maxReseals: 3 })
  const resealed = untilOwn(ada, 'version', 3)
  for (let changes = 0; changes < 4; changes += 1) {
    await ada.certify(['ada'])
    await world.clock.advance(delay / 2)
  }
  await resealed.done
})

test('a node that was revoked seals nothing and says no key', async (t) => {
  const { clock, open, names } = openWorld(t)
  const [ada, bob] = [await open('ada'), await open('bob')]
  await ada.put(plan, 'the plan')
  names.revoke('bob', { incarnation: 1, seq: 1 })
  await replicate(ada, bob)
  await passTime(clock)
  assert.equal(keysOf(bob, bob.node), 0)
})
