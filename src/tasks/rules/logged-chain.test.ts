import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ObjectId } from '../git/objects.ts'
import { alive, bob, brokenBy, Story } from '../testing/story.ts'
import { testTask as task } from '../testing/test-names.ts'

test('F35: a server that was set back may give an epoch twice and branch a chain; its work stays fenced, and its tasks do not starve', () => {
  const story = new Story().say('claim')
  const before = story.value
  story.wait(70).say('takeover', { by: bob, epoch: 2 })
  const lost = story.value
  story.restore(before).wait(1).say('takeover', { epoch: 2 })
  story.push(story.claim(story.link('renew', { by: bob, epoch: 2, after: lost })))
  assert.deepEqual(brokenBy(story.check()), [])
  assert.match(brokenBy(story.push(story.work()).check()).join(), /^G2/)
  assert.match(brokenBy(story.wait(80).check(alive)).join(), /G4/)
  const untouched = new Story().say('claim')
  untouched.restore(untouched.value).wait(1).say('takeover', { by: bob, epoch: 2 })
  assert.match(brokenBy(untouched.check()).join(), /^G1/)
  assert.deepEqual(brokenBy(new Story().restore(undefined).check()), [])
})

test('F35: a backup forgives what it took alone: a later epoch that comes twice, an older chain over a newer one and a lease that runs are found', () => {
  const restored = (): Story => {
    const story = new Story().say('claim')
    const before = story.value
    return story.wait(70).say('takeover', { by: bob, epoch: 2 }).say('renew', { by: bob, epoch: 2 }).restore(before).wait(1)
  }
  const again = restored().say('takeover', { epoch: 2 })
  const third = again.link('takeover', { by: bob, epoch: 3 })
  again.wait(60).push(again.claim(third)).push(again.claim(undefined))
  again.say('claim').wait(60).say('takeover', { epoch: 2 }).wait(60).say('takeover', { epoch: 3 })
  assert.ok(brokenBy(again.check()).some((what) => what.startsWith('G1: epoch 3 was given twice')))

  const backwards = restored().say('takeover', { epoch: 2 }).say('renew', { epoch: 2 }).say('renew', { epoch: 2 })
  assert.deepEqual(brokenBy(backwards.check()), [])
  const lost = '2'.padStart(40, '0') as ObjectId
  backwards.push(backwards.claim(lost))
  assert.deepEqual(brokenBy(backwards.check()), ['G1: its chain was rewritten: 2 does not follow 6'])

  const others = restored().say('takeover', { epoch: 2 })
  const beside = others.link('takeover', { by: bob, epoch: 2, after: '1'.padStart(40, '0') as ObjectId })
  others.push(others.claim(others.link('renew', { by: bob, epoch: 2, after: beside })))
  assert.deepEqual(brokenBy(others.check()), ['G1: its chain was rewritten: 6 does not follow 4'])

  const early = restored().say('takeover', { epoch: 2 }).wait(59).say('takeover', { by: bob, epoch: 3 })
  assert.deepEqual(brokenBy(early.check()), ['G1: epoch 3 took over 59000 ms after a renewal with a lease of 60000 ms'])
})

test('F35: a backup without the closed chain lets a task begin anew, also for nodes that know its last epoch', () => {
  const over = (): Story => {
    const story = new Story().say('claim').say('done')
    const head = story.value ?? assert.fail()
    return story.push({ on: 'closed', task, lastEpoch: 1, head }, story.claim(undefined)).wait(1)
  }
  for (const epoch of [1, 2]) {
    const story = over().restore(undefined).say('claim', { epoch })
    story.push(story.claim(story.link('renew', { epoch })), story.work())
    assert.deepEqual(brokenBy(story.check()), [])
  }
  const kept = over().restore(undefined, { closedEpoch: 1 }).say('claim', { epoch: 1 })
  kept.push(kept.claim(kept.link('renew', { epoch: 1 })), kept.work())
  assert.match(brokenBy(kept.check()).join(), /^G2/)
  const back = over()
  back.say('claim', { epoch: 2 }).restore(undefined, { closedEpoch: 1 })
  back.push(back.claim('2'.padStart(40, '0') as ObjectId))
  assert.deepEqual(brokenBy(back.check()), ['G1: its chain was rewritten: 2 does not follow undefined'])
})
