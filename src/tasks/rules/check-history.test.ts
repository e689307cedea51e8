import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ObjectId } from '../git/objects.ts'
import { alive, bob, brokenBy, Story } from '../testing/story.ts'
import { testTask as task } from '../testing/test-names.ts'
import type { LoggedUpdate } from './ref-log.ts'

test('G1–G4: a life from the first claim over a takeover to the closed chain and a second claim breaks nothing', () => {
  const story = new Story().wait(3).say('claim').wait(20).say('renew').wait(67.5).say('takeover', { by: bob, epoch: 2 }).wait(20)
  story.push(story.claim(story.link('renew', { by: bob, epoch: 2 })), story.work()).wait(1)
  story.say('review', { by: bob, epoch: 2 }).wait(300).say('done', { epoch: 2 }).wait(1)
  const head = story.value ?? assert.fail()
  story.push({ on: 'closed', task, lastEpoch: 2, head }, story.claim(undefined), story.dropBranch()).wait(4)
  story.say('claim', { epoch: 3 }).wait(1)
  const pulls = [
    { task, base: 'main', id: '1', from: 0, until: 300_000 },
    { task, base: 'main', id: '2', from: 300_000, until: Infinity },
    { task, base: 'next', id: '3', from: 0, until: Infinity },
  ]
  const verdict = story.check({ ...alive, pulls })
  assert.deepEqual(brokenBy(verdict), [])
  assert.equal(verdict.tasks.get(task)?.holdings, 3)
  assert.equal(verdict.tasks.get(task)?.end?.holding?.epoch, 3)
})

test('G1: two first claims of one task are found', () => {
  const story = new Story().say('claim')
  const other = story.link('claim', { by: bob, after: undefined })
  story.push({ on: 'claim', task, old: undefined, new: other })
  assert.deepEqual(brokenBy(story.check()), [
    'G1: its claim was moved from undefined while 1 stood there',
    'G1: epoch 1 was given twice, to 1 and to 2',
  ])
})

test('G1: a chain that is replaced by another one, and one that is deleted without an entry, are found', () => {
  const replaced = new Story().say('claim').say('renew')
  replaced.push(replaced.claim(replaced.link('claim', { after: undefined, epoch: 1 })))
  assert.deepEqual(brokenBy(replaced.check()), [
    'G1: epoch 1 was given twice, to 1 and to 3',
    'G1: its chain was rewritten: 3 does not follow 2',
  ])
  const wrong = new Story().say('claim').say('done')
  wrong.push({ on: 'closed', task, lastEpoch: 4, head: wrong.value ?? assert.fail() }, wrong.claim(undefined))
  assert.deepEqual(brokenBy(wrong.check()), ['G1: its chain of epoch 1 was deleted, and the closed chain does not say so'])
})

test('G1: a takeover of a lease that runs is found, and one of a lease that ran out, of a released or an unknown task is none', () => {
  const early = new Story().say('claim').wait(20).say('renew').wait(59.9).say('takeover', { by: bob, epoch: 2 })
  assert.deepEqual(brokenBy(early.check()), ['G1: epoch 2 took over 59900 ms after a renewal with a lease of 60000 ms'])
  const late = new Story().say('claim').wait(60).say('takeover', { by: bob, epoch: 2 }).say('release', { by: bob, epoch: 2 })
  late.say('takeover', { epoch: 3 }).wait(60)
  late.say('renew', { by: bob }).say('takeover', { by: bob, epoch: 5 })
  assert.deepEqual(brokenBy(late.check()), [])
})

test('G1: a commit that does not count ends no lease: what takes over behind it is found, pushed with it or after it', () => {
  const after = new Story().say('claim').wait(20).say('renew', { by: bob }).wait(1).say('takeover', { by: bob, epoch: 2 })
  assert.deepEqual(brokenBy(after.check()), ['G1: epoch 2 took over 21000 ms after a renewal with a lease of 60000 ms'])
  const together = new Story().say('claim').wait(20)
  const garbage = together.link('renew', { by: bob })
  together.push(together.claim(together.link('takeover', { by: bob, epoch: 2, after: garbage })))
  assert.deepEqual(brokenBy(together.check()), ['G1: epoch 2 took over 20000 ms after a renewal with a lease of 60000 ms'])
  const hidden = new Story().say('claim').wait(70)
  const renewed = hidden.link('renew')
  hidden.push(hidden.claim(hidden.link('takeover', { by: bob, epoch: 2, after: renewed })))
  assert.deepEqual(brokenBy(hidden.check()), ['G1: epoch 2 took over 0 ms after a renewal with a lease of 60000 ms'])
})

test('G1: a chain that is deleted before it is done is found, also where the closed chain says its epoch', () => {
  const remove = (story: Story): readonly string[] => {
    story.push({ on: 'closed', task, lastEpoch: 1, head: story.value ?? assert.fail() }, story.claim(undefined))
    return brokenBy(story.check())
  }
  const found = (kind: string): readonly string[] => [`G1: its chain of epoch 1 was deleted while it was not done: ${kind}`]
  assert.deepEqual(remove(new Story().say('claim')), found('claim'))
  assert.deepEqual(remove(new Story().say('claim').say('review')), found('review'))
  assert.deepEqual(remove(new Story().say('claim').say('release')), found('release'))
  assert.deepEqual(remove(new Story().say('claim').say('done').say('renew', { by: bob })), found('done'))
  assert.deepEqual(remove(new Story().say('claim').say('done')), [])
})

test('G1: what was collected and is pushed again is found', () => {
  const story = new Story().say('claim').say('done')
  const over = story.value ?? assert.fail()
  story.push({ on: 'closed', task, lastEpoch: 1, head: over }, story.claim(undefined))
  story.push(story.claim(story.link('break', { after: over })))
  assert.deepEqual(brokenBy(story.check()), ['G1: its chain was rewritten: 3 does not follow undefined'])
})

test('G2: work that enters without the renewal of the holding that is current is found', () => {
  const without = /^G2: \S+ entered its branch without a renewal of the holding that was current$/
  const alone = new Story().say('claim')
  const released = new Story().say('claim')
  released.push(released.claim(released.link('release')), released.work())
  const late = new Story().say('claim').wait(70).say('takeover', { by: bob, epoch: 2 })
  late.push(late.claim(late.link('renew')), late.work())
  const first = new Story()
  first.push(first.claim(first.link('claim')), first.work())
  const begun = new Story().say('claim').wait(70)
  begun.push(begun.claim(begun.link('takeover', { by: bob, epoch: 2 })), begun.work())
  for (const story of [alone.push(alone.work()), released, late, first, begun]) {
    const broken = brokenBy(story.check())
    assert.equal(broken.length, 1)
    assert.match(broken[0] ?? '', without)
  }
})

test('G2: a branch that is rewritten, or was moved by somebody else, is found; one that is deleted brings no commit', () => {
  const [rewritten, moved] = [new Story().say('claim'), new Story().say('claim')]
  rewritten.push(rewritten.claim(rewritten.link('renew')), rewritten.work())
  rewritten.push(rewritten.claim(rewritten.link('renew')), rewritten.otherWork())
  moved.push(moved.claim(moved.link('renew')), moved.work({ old: 'a'.repeat(40) as ObjectId }))
  moved.push(moved.dropBranch())
  assert.match(brokenBy(rewritten.check()).join(), /^G2: its branch was rewritten: \d+ does not follow \d+$/)
  assert.deepEqual(brokenBy(moved.check()), [`G2: its branch was moved from ${'a'.repeat(40)} while undefined stood there`])
})

test('G2: a branch that is deleted and made anew is found; one that grows on, and one of a task that was over, is none', () => {
  const renewed = (story: Story, ...more: readonly LoggedUpdate[]): Story => story.push(story.claim(story.link('renew')), ...more)
  const anew = new Story().say('claim')
  renewed(anew, anew.work()).push(anew.dropBranch())
  renewed(anew, anew.otherWork())
  assert.match(brokenBy(anew.check()).join(), /^G2: its branch was rewritten: \d+ does not follow \d+$/)
  const again = new Story().say('claim')
  renewed(again, again.work()).push(again.dropBranch())
  renewed(again, again.work())
  assert.deepEqual(brokenBy(again.check()), [])
  const over = new Story().say('claim')
  renewed(over, over.work()).push(over.dropBranch())
  over.say('done').say('break').say('takeover', { epoch: 2 })
  over.push(over.claim(over.link('renew', { epoch: 2 })), over.otherWork())
  assert.deepEqual(brokenBy(over.check()), [])
})

test('G2: a fence that moves nothing is none', () => {
  const story = new Story().say('claim').say('renew')
  story.push(story.claim(story.value), story.work())
  assert.match(brokenBy(story.check()).join(), /^G2: \d+ entered its branch without a renewal of the holding that was current$/)
})

test('G3: a pull request that is opened while another one of the same task and base is open is found', () => {
  const pulls = [
    { task, base: 'main', id: '8', from: 20, until: 90 },
    { task, base: 'main', id: '7', from: 0, until: 21 },
  ]
  assert.deepEqual(brokenBy(new Story().check({ pulls })), ['G3: pull request 8 to main was opened while 7 was open'])
  const short = { task, base: 'main', id: '9', from: 30, until: 40 }
  const long = { task, base: 'main', id: '10', from: 50, until: 60 }
  assert.equal(new Story().check({ pulls: [...pulls, short, long] }).violations.length, 3)
})
