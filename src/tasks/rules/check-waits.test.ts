import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alive, bob, brokenBy, Story } from '../testing/story.ts'
import { testTask as task } from '../testing/test-names.ts'

test('G4: a task that stays free longer than it may is found, and none that no node could have taken', () => {
  const idle = new Story().wait(6)
  assert.deepEqual(brokenBy(idle.check(alive)), ['G4: it stood free for 6000 ms while cy was ready, of 5000 ms that it may take'])
  assert.deepEqual(
    brokenBy(
      idle.check({
        ...alive,
        answering: [
          { from: 0, until: 3_000 },
          { from: 3_001, until: 6_000 },
        ],
      }),
    ),
    [],
  )
  assert.deepEqual(
    brokenBy(
      idle.check({
        ...alive,
        ready: [
          { node: 'cy', from: 0, until: 4_000 },
          { node: 'bob', from: 3_000, until: 6_000 },
        ],
      }),
    ),
    [],
  )
  assert.deepEqual(brokenBy(idle.check({ ...alive, ready: [] })), [])
  assert.deepEqual(brokenBy(idle.check({ ...alive, wanted: [{ task, from: 2_000, until: 9_000 }] })), [])
})

test('G4: an abandoned task that nobody takes over within lease and margin is found', () => {
  const abandoned = new Story().say('claim').wait(72)
  assert.deepEqual(brokenBy(abandoned.check(alive)), [])
  abandoned.wait(1)
  assert.deepEqual(brokenBy(abandoned.check(alive)), [
    'G4: it stood under a lease that nobody renewed for 73000 ms while cy was ready, of 72500 ms that it may take',
  ])
  const released = new Story().say('claim').say('release').wait(6)
  assert.match(brokenBy(released.check(alive)).join(), /^G4: it stood free for 6000 ms/)
})

test('G4: what somebody unknown holds is waited for as long as observers wait, and a lease that still counts in it; then it is found', () => {
  const strange = new Story().say('renew').wait(72.5)
  assert.deepEqual(brokenBy(strange.check(alive)), [])
  assert.match(brokenBy(strange.wait(1).check(alive)).join(), /^G4: it stood under a lease that nobody renewed for 73500 ms .* of 72500 ms/)
  const held = new Story().say('claim').say('renew', { by: bob }).wait(70)
  assert.deepEqual(brokenBy(held.check({ ...alive, unknownTtlMs: 10_000 })), [])
  assert.match(brokenBy(held.wait(4).check({ ...alive, unknownTtlMs: 10_000 })).join(), /^G4: .* of 72500 ms/)
})

test('G4: a task that is claimed and given back again and again is found, where nothing comes of it though somebody is ready', () => {
  const giveBack = (story: Story, epoch: number): Story =>
    story
      .say(epoch === 1 ? 'claim' : 'takeover', { epoch })
      .wait(1)
      .say('release', { epoch, reason: 'node-failed' })
  const epochs = Array.from({ length: 11 }, (_, index) => index + 1)
  const churned = epochs.reduce(giveBack, new Story())
  assert.deepEqual(brokenBy(churned.check(alive)), ['G4: nothing came of 11 holdings in a row, while somebody was ready'])
  assert.deepEqual(brokenBy(epochs.slice(1).reduce(giveBack, new Story()).check(alive)), [])
  assert.deepEqual(brokenBy(churned.check({ ...alive, ready: [] })), [])
  assert.deepEqual(brokenBy(churned.check({ ...alive, answering: [{ from: 0, until: 5 }] })), [])
  assert.deepEqual(brokenBy(churned.check({ ...alive, wanted: [] })), [])
  const worked = epochs.slice(0, 6).reduce(giveBack, new Story()).say('takeover', { epoch: 7 })
  worked.push(worked.claim(worked.link('renew', { epoch: 7 })), worked.work())
  worked.say('release', { epoch: 7, reason: 'shutdown' })
  const [more] = [epochs.map((epoch) => epoch + 7).slice(0, 9)]
  assert.deepEqual(brokenBy(more.reduce(giveBack, worked).check(alive)), [])
  const expired = epochs.reduce((story, epoch) => story.say(epoch === 1 ? 'claim' : 'takeover', { epoch }).wait(60), new Story())
  assert.deepEqual(brokenBy(expired.check(alive)), [])
  assert.match(brokenBy(expired.say('takeover', { epoch: 12 }).check(alive)).join(), /^G4: nothing came of 11 holdings/)
})

test('G4: what waits for a review or a person, or is over, waits for no node', () => {
  const failed = (story: Story, epoch: number): Story =>
    story.say(epoch === 1 ? 'claim' : 'takeover', { epoch }).say('release', { epoch, reason: 'failed: tests' })
  const stories = [
    new Story().say('claim').say('review'),
    new Story().say('claim').say('pause', { by: bob }),
    new Story().say('claim').say('done'),
    [1, 2, 3].reduce(failed, new Story()),
  ]
  for (const story of stories) assert.deepEqual(brokenBy(story.wait(900).check(alive)), [])
})
