import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededChance } from '../../lib/chance.ts'
import { Fault } from '../../lib/fault.ts'
import type { VirtualClock } from '../../lib/virtual-clock.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import type { HolderMode } from './holder.ts'
import type { Sent } from './send-request.ts'
import type { KeptLease, LeaseHolder } from './keep-lease.ts'
import { keepLease, LeaseLost } from './keep-lease.ts'
import { RenewalRounds } from './renewal-rounds.ts'

const ttlMs = 60_000
const line = { known: undefined, pending: undefined, own: [] }

/** A holder of a lease of one minute, whose forge answers as `answers` says, over and over. */
class TestHolder implements LeaseHolder {
  readonly #clock: VirtualClock
  sentAt = 0
  renewals = 0
  isLost = false
  isForgeUp = true
  refusal: 'policy' | 'contention' | undefined

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  get mode(): HolderMode {
    if (this.isLost) return 'lost'
    return this.#clock.monotonic() - this.sentAt < ttlMs ? 'working' : 'paused'
  }

  readonly renewMs = ttlMs / 3

  get renewalDueMs(): number {
    return this.sentAt + ttlMs / 3 - this.#clock.monotonic()
  }

  readonly renew = async (): Promise<Sent> => {
    this.renewals += 1
    const [sentAt, wallAt] = [this.#clock.monotonic(), 0]
    if (!this.isForgeUp) return { result: 'unknown', line, reason: 'no answer', isDenied: false }
    if (this.isLost) return { result: 'lost', line, value: undefined }
    if (this.refusal !== undefined) return { result: 'refused', line, cause: this.refusal, reason: 'hook declined' }
    this.sentAt = sentAt
    return { result: 'accepted', line, sentAt, wallAt }
  }
}

interface Stand {
  readonly clock: VirtualClock
  readonly holder: TestHolder
  readonly lease: KeptLease
  obstacle: string | Fault | undefined
}

function openStand(): Stand {
  const clock = createVirtualClock({ startsAt: 0 })
  const holder = new TestHolder(clock)
  const state: { obstacle: string | Fault | undefined } = { obstacle: undefined }
  const findObstacle = async (): Promise<string | undefined> => {
    const { obstacle } = state
    if (obstacle instanceof Fault) throw obstacle
    return obstacle
  }
  const lease = keepLease(holder, {
    clock,
    rounds: new RenewalRounds({ clock, chance: createSeededChance(1) }),
    cost: () => ({ tokens: 0, microUsd: 0 }),
    findObstacle,
  })
  return Object.assign(state, { clock, holder, lease })
}
const { signal } = new AbortController()

test('a lease is renewed every third of its time, and work goes on', async () => {
  const { clock, holder, lease } = openStand()
  await clock.advance(200_000)
  assert.equal(holder.renewals, 10)
  await lease.untilMayWork({ signal })
  await lease[Symbol.asyncDispose]()
  await clock.advance(200_000)
  assert.equal(holder.renewals, 10)
})

test('F19: while the forge does not answer work waits, and goes on when it does', async () => {
  const { clock, holder, lease } = openStand()
  holder.isForgeUp = false
  await clock.advance(ttlMs + 1_000)
  let mayWork = false
  const waiting = lease.untilMayWork({ signal }).then(() => (mayWork = true))
  await clock.advance(10_000)
  assert.equal(mayWork, false)
  assert.ok(holder.renewals < 200, `${holder.renewals} renewals while the forge was down`)
  holder.isForgeUp = true
  await clock.advance(2_000)
  await waiting
  await lease[Symbol.asyncDispose]()
})

test('F19: a forge that cannot say whether the task is still one is not told that we hold it', async () => {
  const stand = openStand()
  stand.obstacle = new Fault('FORGE_FAILED', 'unavailable', { message: 'down' })
  await stand.clock.advance(ttlMs + 1_000)
  assert.deepEqual([stand.holder.renewals, stand.holder.mode], [0, 'paused'])
  stand.obstacle = undefined
  // no later than the next renewal would be
  await stand.clock.advance(ttlMs / 3)
  assert.equal(stand.holder.mode, 'working')
  await stand.lease[Symbol.asyncDispose]()
})

test('F4: who lost the claim may not work, and has nothing to say on release', async () => {
  const { clock, holder, lease } = openStand()
  holder.isLost = true
  await clock.advance(25_000)
  assert.ok(lease.lost.reason instanceof LeaseLost && lease.lost.reason.release === undefined)
  await assert.rejects(lease.untilMayWork({ signal }), /taken away/)
  await lease[Symbol.asyncDispose]()
})

test('a task that is no task any more ends the work, with what to say', async () => {
  const stand = openStand()
  stand.obstacle = 'not-eligible: the issue is closed'
  await stand.clock.advance(25_000)
  const { lost } = stand.lease
  assert.ok(lost.reason instanceof LeaseLost && lost.reason.release === 'not-eligible: the issue is closed')
  assert.equal(stand.holder.renewals, 0)
  await stand.lease[Symbol.asyncDispose]()
})

test('a waiting worker that is called off stops waiting', async () => {
  const { clock, holder, lease } = openStand()
  holder.isForgeUp = false
  await clock.advance(ttlMs + 1_000)
  const controller = new AbortController()
  const waiting = lease.untilMayWork({ signal: controller.signal })
  controller.abort(new Error('called off'))
  await assert.rejects(waiting, /called off/)
  await lease[Symbol.asyncDispose]()
})

test('rule 20: a forge that refuses by its policy is asked ever more seldom, and after ten times in a row the task is given back with its words', async () => {
  const { clock, holder, lease } = openStand()
  await clock.advance(ttlMs / 3 + 1_000)
  assert.equal(holder.renewals, 1)
  holder.refusal = 'policy'
  await clock.advance(60_000)
  assert.ok(holder.renewals <= 8, `${holder.renewals} renewals within a minute`)
  assert.equal(lease.lost.aborted, false)
  await clock.advance(300_000)
  assert.equal(holder.renewals, 11)
  assert.ok(lease.lost.reason instanceof LeaseLost)
  assert.equal(lease.lost.reason.release, 'refused-by-forge: hook declined')
})

test('rule 20: contention, and a forge that does not say whether the task is still one, cost ever fewer requests and no task', async () => {
  for (const what of ['contention', 'no word'] as const) {
    const stand = openStand()
    const { clock, holder, lease } = stand
    let looks = 0
    if (what === 'contention') holder.refusal = 'contention'
    else
      Object.defineProperty(stand, 'obstacle', {
        get: () => {
          looks += 1
          return new Fault('FORGE_LIMITED', 'unavailable', { message: 'wait' })
        },
      })
    await clock.advance(600_000)
    const tries = what === 'contention' ? holder.renewals : looks
    assert.ok(tries > 20 && tries < 60, `${tries} tries in ten minutes after ${what}`)
    assert.equal(lease.lost.aborted, false)
    await lease[Symbol.asyncDispose]()
  }
})
