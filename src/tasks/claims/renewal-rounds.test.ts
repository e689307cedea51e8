import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededChance } from '../../lib/chance.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import { RenewalRounds } from './renewal-rounds.ts'

const renewMs = 20_000

/** Leases that began `ages` milliseconds ago and renew for ever; gives the moments of each one's renewals. */
async function renewals(ages: readonly number[], forMs: number): Promise<readonly (readonly number[])[]> {
  const clock = createVirtualClock({ startsAt: 0 })
  const rounds = new RenewalRounds({ clock, chance: createSeededChance(1) })
  const ending = new AbortController()
  const moments = ages.map((): number[] => [])
  const running = ages.map(async (age, index) => {
    let sentAt = -age
    const lease = {
      renewMs,
      get renewalDueMs() {
        return sentAt + renewMs - clock.monotonic()
      },
    }
    while (!ending.signal.aborted) {
      await rounds.untilDue(lease, { leastMs: 0, signal: ending.signal })
      sentAt = clock.monotonic()
      moments[index]?.push(sentAt)
    }
  })
  await clock.advance(forMs)
  ending.abort(new Error('the test is over'))
  await Promise.allSettled(running)
  return moments
}

test('a lease that is alone is renewed when it is due and not before', async () => {
  assert.deepEqual(await renewals([0], 60_000), [[20_000, 40_000, 60_000]])
})

test('rule 8: leases that began at any time are renewed together after one round', async () => {
  const moments = await renewals([0, 3_000, 8_000, 17_000], 70_000)
  const last = moments.map((each) => each.at(-1))
  assert.equal(new Set(last).size, 1, JSON.stringify(moments))
  for (const each of moments) assert.ok(each.length <= 6, 'none is renewed more than twice as often')
})

test('a wait that is called off leaves nobody behind', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const rounds = new RenewalRounds({ clock, chance: createSeededChance(1) })
  const ending = new AbortController()
  const waiting = rounds.untilDue({ renewMs, renewalDueMs: renewMs }, { leastMs: 0, signal: ending.signal })
  ending.abort(new Error('no more'))
  await assert.rejects(waiting, { message: 'no more' })
})
