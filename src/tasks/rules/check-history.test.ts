import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerId } from '../../identity/keys.ts'
import { createSigningKey, peerIdOfKey } from '../../identity/keys.ts'
import type { ClaimDocument, ClaimKind } from '../claims/claim-document.ts'
import type { ObjectId } from '../git/objects.ts'
import { testHiveId, testProject, testTask } from '../testing/test-names.ts'
import type { HistoryVerdict } from './check-history.ts'
import { checkHistory } from './check-history.ts'
import type { LoggedLink, LoggedUpdate, LogStep, RefLog } from './ref-log.ts'

const [ada, bob] = [peerIdOfKey(createSigningKey().publicKey), peerIdOfKey(createSigningKey().publicKey)]
const always = { from: 0, until: Infinity }
const task = testTask

interface Word {
  readonly by?: PeerId
  readonly epoch?: number
  readonly reason?: string
  /** Follows this commit instead of the one under the ref. */
  readonly after?: ObjectId | undefined
}

/** What a server took for one task, told push by push. The lease has 60 s. */
class Story {
  readonly #steps: LogStep[] = []
  readonly #links = new Map<ObjectId, LoggedLink>()
  #count = 0
  #at = 0
  value: ObjectId | undefined
  branch: ObjectId | undefined

  wait(seconds: number): this {
    this.#at += seconds * 1_000
    return this
  }

  /** A commit of a chain that nobody pushed yet. */
  link(kind: ClaimKind, word: Word = {}): ObjectId {
    const previous = 'after' in word ? word.after : this.value
    const id = this.#name()
    const document: ClaimDocument = {
      ...{ v: 1, kind, hive: testHiveId, project: testProject, task, epoch: word.epoch ?? 1, holder: word.by ?? ada, process: 'p' },
      ...{ ttlSeconds: 60, base: 'main', branch: `althing/${task}`, issueHash: '', nonce: '', at: '', previous: previous ?? null },
      ...(word.reason === undefined ? {} : { reason: word.reason }),
    }
    this.#links.set(id, { id, document, previous })
    return id
  }

  claim(next: ObjectId | undefined, old = this.value): LoggedUpdate {
    this.value = next
    return { on: 'claim', task, old, new: next }
  }

  work({ isExtended = true, old = this.branch } = {}): LoggedUpdate {
    const next = this.#name()
    this.branch = next
    return { on: 'work', task, old, new: next, isExtended }
  }

  dropBranch(): LoggedUpdate {
    return { on: 'work', task, old: this.branch, new: undefined, isExtended: true }
  }

  push(...updates: readonly LoggedUpdate[]): this {
    this.#steps.push({ step: 'push', at: this.#at, updates })
    return this
  }

  /** A link, pushed alone. */
  say(kind: ClaimKind, word: Word = {}): this {
    return this.push(this.claim(this.link(kind, word)))
  }

  restore(value: ObjectId | undefined, branch = this.branch): this {
    const named = (id: ObjectId | undefined) => new Map(id === undefined ? [] : [[task, id] as const])
    this.#steps.push({ step: 'restore', at: this.#at, claims: named(value), work: named(branch) })
    ;[this.value, this.branch] = [value, branch]
    return this
  }

  check(more: Partial<RefLog> = {}): HistoryVerdict {
    const { hive, project } = { hive: testHiveId, project: testProject }
    const log = { hive, project, steps: this.#steps, links: this.#links, pulls: [], wanted: [], answering: [always], ready: [] }
    return checkHistory({ ...log, graceMs: 5_000, endsAt: this.#at, ...more })
  }

  #name(): ObjectId {
    this.#count += 1
    return String(this.#count).padStart(40, '0') as ObjectId
  }
}

/** `G1: what`, for each violation. */
function brokenBy({ violations }: HistoryVerdict): readonly string[] {
  return violations.map(({ guarantee, what }) => `${guarantee}: ${what.replaceAll(/\b0{30,}/g, '')}`)
}

const alive = { wanted: [{ task, ...always }], ready: [{ node: 'cy', ...always }] }

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
  assert.match(brokenBy(replaced.check())[0] ?? '', /^G1: its chain was rewritten: 3 does not follow 2$/)
  const wrong = new Story().say('claim').say('done')
  wrong.push({ on: 'closed', task, lastEpoch: 4, head: wrong.value ?? assert.fail() }, wrong.claim(undefined))
  assert.deepEqual(brokenBy(wrong.check()), ['G1: its chain of epoch 1 was deleted, and the closed chain does not say so'])
})

test('G1: a takeover of a lease that runs is found, and one of a lease that ran out, of a released or an unknown task is none', () => {
  const early = new Story().say('claim').wait(20).say('renew').wait(59.9).say('takeover', { by: bob, epoch: 2 })
  assert.deepEqual(brokenBy(early.check()), ['G1: epoch 2 took over 59900 ms after a renewal with a lease of 60000 ms'])
  const late = new Story().say('claim').wait(60).say('takeover', { by: bob, epoch: 2 }).say('release', { by: bob, epoch: 2 })
  late.say('takeover', { epoch: 3 })
  late.say('renew', { by: bob }).say('takeover', { by: bob, epoch: 5 })
  assert.deepEqual(brokenBy(late.check()), [])
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
  rewritten.push(rewritten.claim(rewritten.link('renew')), rewritten.work({ isExtended: false }))
  moved.push(moved.claim(moved.link('renew')), moved.work({ old: 'a'.repeat(40) as ObjectId }))
  moved.push(moved.dropBranch())
  assert.match(brokenBy(rewritten.check()).join(), /^G2: its branch was rewritten: \d+ does not follow \d+$/)
  assert.deepEqual(brokenBy(moved.check()), [`G2: its branch was moved from ${'a'.repeat(40)} while undefined stood there`])
})

test('G3: a pull request that is opened while another one of the same task and base is open is found', () => {
  const pulls = [
    { task, base: 'main', id: '8', from: 20, until: 90 },
    { task, base: 'main', id: '7', from: 0, until: 21 },
  ]
  assert.deepEqual(brokenBy(new Story().check({ pulls })), ['G3: pull request 8 to main was opened while 7 was open'])
})

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

test('G4: what waits for a review or a person, is over, or is held by somebody unknown waits for no node', () => {
  const failed = (story: Story, epoch: number): Story =>
    story.say(epoch === 1 ? 'claim' : 'takeover', { epoch }).say('release', { epoch, reason: 'failed: tests' })
  const stories = [
    new Story().say('claim').say('review'),
    new Story().say('claim').say('pause', { by: bob }),
    new Story().say('claim').say('done'),
    new Story().say('renew'),
    [1, 2, 3].reduce(failed, new Story()),
  ]
  for (const story of stories) assert.deepEqual(brokenBy(story.wait(900).check(alive)), [])
})

test('F35: a server that was set back may give an epoch twice and branch a chain; its work stays fenced, and its tasks do not starve', () => {
  const story = new Story().say('claim')
  const before = story.value
  story.wait(70).say('takeover', { by: bob, epoch: 2 })
  const lost = story.value
  story.restore(before).wait(1).say('takeover', { epoch: 2 })
  story.push(story.claim(lost)).say('renew', { by: bob, epoch: 2 })
  assert.deepEqual(brokenBy(story.check()), [])
  assert.match(brokenBy(story.push(story.work()).check()).join(), /^G2/)
  assert.match(brokenBy(story.wait(80).check(alive)).join(), /G4/)
  const untouched = new Story().say('claim')
  untouched.restore(untouched.value).wait(1).say('takeover', { by: bob, epoch: 2 })
  assert.match(brokenBy(untouched.check()).join(), /^G1/)
  assert.deepEqual(brokenBy(new Story().restore(undefined).check()), [])
})
