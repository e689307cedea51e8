import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createSigningKey } from '../../identity/keys.ts'
import { systemClock } from '../../lib/clock.ts'
import { tasksFaults } from '../faults.ts'
import { createRemote } from '../git/create-remote.ts'
import { formatCommit } from '../git/commit.ts'
import { emptyTree, objectIdOf } from '../git/objects.ts'
import type { GitRemote } from '../git/remote.ts'
import { claimFree, hold, openNode, termsOf, testHolderOptions, testRemoteOptions, testSignal as signal } from '../testing/claim-bench.ts'
import type { ClaimNode } from '../testing/claim-bench.ts'
import { taskKeyOfIssue } from '../task.ts'
import { makeRepository, runGit, testPrograms } from '../testing/git-server.ts'
import { testTask } from '../testing/test-names.ts'
import { makeWork } from '../testing/work.ts'
import { collectClosed } from './collect-closed.ts'
import { interruptClaim } from './interrupt.ts'
import type { TaskSight } from './ledger.ts'
import { resumeClaim } from './resume.ts'
import { tryClaim } from './try-claim.ts'

const ref = 'refs/althing/claims/issue-7'

/** A server whose pushes go wrong in the ways listed, one after the other, and then well. */
function unreliable(node: ClaimNode, ways: ('lost' | 'cut')[]): GitRemote {
  return {
    ...node.remote,
    push: async (request, options) => {
      const way = ways.shift()
      const result = way === 'lost' ? undefined : await node.remote.push(request, options)
      if (way === undefined && result !== undefined) return result
      throw tasksFaults.create('REMOTE_UNREACHABLE', { message: `${way} by the test` })
    },
  }
}

function look(node: ClaimNode): Promise<TaskSight> {
  return node.ledger.lookAt(testTask, { signal })
}

test('F21: a claim that was taken but not answered, or never arrived, is sent again as the same bytes and won once', async (t) => {
  // more than the refusals after which a move is given up: no answer is no refusal
  const silent = Array.from({ length: 12 }, () => 'lost' as const)
  for (const ways of [['cut'], ['cut', 'lost', 'cut'], ['lost', 'cut'], silent] as const) {
    const bare = await makeRepository(t)
    const ada = openNode(bare)
    const attempt = await tryClaim(
      { ...ada, remote: unreliable(ada, [...ways]) },
      { terms: termsOf(1), value: undefined },
      { ...testHolderOptions, signal },
    )
    assert.equal(attempt.result, 'held', ways.join())
    assert.equal(await runGit(bare, 'rev-list', '--count', ref), '1')
  }
})

test('F21: of a claim whose answer was cut nobody else can win, and the loser is told the value that stands', async (t) => {
  const bare = await makeRepository(t)
  const [ada, bob] = [openNode(bare), openNode(bare)]
  const won = await hold(bob)
  const attempt = await tryClaim(
    { ...ada, remote: unreliable(ada, ['lost']) },
    { terms: termsOf(1), value: undefined },
    { ...testHolderOptions, signal },
  )
  assert.deepEqual(attempt, { result: 'lost', value: won.head })
})

test('F19: while the forge is down a holder pauses, and the renewal that is then taken lets it go on', async (t) => {
  const bare = await makeRepository(t)
  const ada = openNode(bare)
  const down: { fails: boolean } = { fails: false }
  const fail = (): never => {
    throw tasksFaults.create('REMOTE_UNREACHABLE', { message: 'down by the test' })
  }
  const remote: GitRemote = {
    ...ada.remote,
    push: (request, options) => (down.fails ? fail() : ada.remote.push(request, options)),
    listRefs: (prefixes, options) => (down.fails ? fail() : ada.remote.listRefs(prefixes, options)),
  }
  const holder = await hold({ ...ada, remote })
  down.fails = true
  const short = new AbortController()
  const renewal = holder.renew({ signal: short.signal })
  ada.clock.pass(60_000)
  assert.equal(holder.mode, 'paused')
  short.abort()
  assert.equal((await renewal).result, 'unknown')
  down.fails = false
  assert.equal((await holder.renew({ signal })).result, 'accepted')
  assert.equal(holder.mode, 'working')
  assert.equal(await runGit(bare, 'rev-list', '--count', ref), '3')
})

test('F18: a lid that was closed pauses the holder at once', async (t) => {
  const bare = await makeRepository(t)
  const ada = openNode(bare)
  const holder = await hold(ada)
  ada.clock.jump(3_600_000)
  assert.equal(holder.mode, 'paused')
})

test('work onto a branch that a person moved is not taken, says so, and the claim stays', async (t) => {
  const bare = await makeRepository(t)
  const holder = await hold(openNode(bare))
  const theirs = await makeWork(bare, undefined, 'by hand')
  await runGit(bare, 'update-ref', 'refs/heads/althing/issue-7', theirs.new)
  const sent = await holder.pushWork(await makeWork(bare, undefined, 'mine'), { signal })
  assert.equal(sent.result === 'refused' && sent.cause, 'moved')
  assert.equal(holder.mode, 'working')
  const merged = await makeWork(bare, theirs.new, 'both')
  assert.equal((await holder.pushWork(merged, { signal })).result, 'accepted')
})

test('F35: a claim ref that a restored forge lost is regressed, and is pushed again before anything else', async (t) => {
  const bare = await makeRepository(t)
  const [ada, bob] = [openNode(bare), openNode(bare)]
  const holder = await hold(ada)
  const before = await look(bob)
  await holder.renew({ signal })
  await look(bob)
  await runGit(bare, 'update-ref', ref, String(before.value))
  assert.deepEqual((await look(bob)).meaning, { meaning: 'regressed', newest: holder.head })
  await runGit(bare, 'update-ref', '-d', ref)
  await runGit(bare, 'gc', '--prune=now', '-q')
  const gone = await look(bob)
  assert.equal(gone.meaning.meaning, 'regressed')
  // also of a task that nobody asks for, as one whose issue is closed
  assert.deepEqual(
    (await bob.ledger.lookAtAll({ signal })).map(({ meaning }) => meaning),
    [gone.meaning],
  )
  assert.equal(await bob.ledger.restore(gone, { signal }), true)
  assert.equal((await look(bob)).meaning.meaning, 'held')
  assert.equal((await holder.renew({ signal })).result, 'accepted')
})

test('a task that is done is collected with its epoch, and is claimed again in the next one', async (t) => {
  const bare = await makeRepository(t)
  const [ada, bob, cy] = [openNode(bare), openNode(bare), openNode(bare)]
  const holder = await hold(ada)
  await holder.review('12', { signal })
  const review = await look(bob)
  assert.equal(review.meaning.meaning === 'in-review' && review.meaning.holding.pr, '12')
  assert.equal((await interruptClaim(bob, review, { kind: 'done', reason: 'merged', signal })).result, 'accepted')
  assert.equal(await collectClosed({ ...bob, key: bob.key }, [await look(bob)], { signal }), true)
  await assert.rejects(runGit(bare, 'rev-parse', '--verify', '-q', ref))
  for (const node of [ada, bob, cy]) {
    const { meaning } = await look(node)
    assert.deepEqual(meaning, { meaning: 'free', value: undefined, epoch: 2, why: 'closed' })
  }
  await hold(cy)
  assert.equal((await look(ada)).meaning.meaning, 'held')
  assert.equal((await openNode(bare).ledger.lookAt(testTask, { signal })).meaning.meaning, 'held')
})

test('a chain that moved while it was collected stays as it is, and the closed chain says nothing of it', async (t) => {
  const bare = await makeRepository(t)
  const [ada, bob] = [openNode(bare), openNode(bare)]
  const holder = await hold(ada)
  await holder.done('merged', { signal })
  const seen = await look(bob)
  const again = await tryClaim(ada, { terms: termsOf(2), value: seen.value, reason: 'changes-requested' }, { ...testHolderOptions, signal })
  assert.equal(again.result, 'held')
  assert.equal(await collectClosed(bob, [seen], { signal }), false)
  assert.deepEqual([...(await bob.remote.listRefs(['refs/althing/'], { signal })).keys()], [ref])
})

test('after a crash a claim of our key is renewed under the new process; where the other process lives it is left alone', async (t) => {
  const bare = await makeRepository(t)
  const key = createSigningKey()
  const crashed = openNode(bare, { key })
  const before = await hold(crashed)
  const ada = openNode(bare, { key })
  const seen = await look(ada)
  assert.equal(seen.meaning.meaning, 'ours-elsewhere')
  const copied = await resumeClaim(ada, seen, { ...testHolderOptions, signal, other: 'copied' })
  assert.deepEqual(copied, { result: 'copied-key', process: crashed.self.process })
  const resumed = await resumeClaim(ada, seen, { ...testHolderOptions, signal, other: 'gone' })
  assert.equal(resumed.result === 'held' && resumed.holder.began, before.began)
  assert.equal((await before.renew({ signal })).result, 'lost')
})

test('a person who breaks a claim wins against the holder, whose next push is refused', async (t) => {
  const bare = await makeRepository(t)
  const [ada, bob] = [openNode(bare), openNode(bare)]
  const holder = await hold(ada)
  const broken = await interruptClaim(bob, await look(bob), { kind: 'break', reason: 'by-person: wrong task', signal })
  assert.equal(broken.result, 'accepted')
  assert.equal((await holder.pushWork(await makeWork(bare, undefined, 'late'), { signal })).result, 'lost')
  const { meaning } = await look(ada)
  assert.equal(meaning.meaning === 'free' && meaning.why, 'broken')
})

test('what is no claim of the hive is held by somebody unknown, until its value stood long enough', async (t) => {
  const bare = await makeRepository(t)
  const [ada, eve] = [openNode(bare), openNode(bare)]
  const bob = openNode(bare, { isAdmitted: (peer) => peer !== eve.self.peer })
  await hold(eve)
  assert.equal((await look(ada)).meaning.meaning, 'held')
  const seen = await look(bob)
  assert.deepEqual(seen.meaning, { meaning: 'unknown', epoch: 2 })
  const signs = { isAlive: false }
  assert.equal(bob.observer.observe(seen, signs).advice, 'wait')
  bob.clock.pass(67_500)
  assert.deepEqual(bob.observer.observe(await look(bob), signs), { advice: 'take-over', epoch: 2, reason: 'unknown-holder' })
  const taken = await tryClaim(bob, { terms: termsOf(2), value: seen.value, reason: 'unknown-holder' }, { ...testHolderOptions, signal })
  assert.equal(taken.result, 'held')
  assert.equal((await look(bob)).meaning.meaning, 'ours')
})

test('an observer keeps the time of the tasks it is asked to, and begins anew with others', async (t) => {
  const bare = await makeRepository(t)
  const [ada, bob] = [openNode(bare), openNode(bare)]
  await hold(ada)
  const signs = { isAlive: false }
  const seen = await look(bob)
  bob.observer.observe(seen, signs)
  bob.clock.pass(67_500)
  bob.observer.retain(new Set([testTask]))
  assert.equal(bob.observer.observe(seen, signs).advice, 'take-over')
  bob.observer.retain(new Set())
  assert.equal(bob.observer.observe(seen, signs).advice, 'wait')
})

/** Eve puts a commit that is no claim under the ref. */
async function pushGarbage(node: ClaimNode): Promise<void> {
  const { value } = await look(node)
  assert.ok(value !== undefined)
  const author = { name: 'eve', email: 'eve@example.org', seconds: 1 }
  const object = {
    type: 'commit',
    bytes: formatCommit({ parents: [value], author, message: '{"__proto__":{"v":1}}\n\nsignature: x\n' }),
  } as const
  const updates = [{ ref, old: value, new: objectIdOf(object) }]
  await node.remote.push({ updates, objects: [object, emptyTree], isAtomic: false }, { signal })
}

test('a commit by anybody else under a claim ref is respected, and passed by in the next epoch', async (t) => {
  const bare = await makeRepository(t)
  const [ada, bob] = [openNode(bare), openNode(bare)]
  await hold(ada)
  await pushGarbage(bob)
  assert.deepEqual((await look(bob)).meaning, { meaning: 'unknown', epoch: 3 })
  await assert.rejects(claimFree(bob))
})

test('a commit by anybody else ends no lease: one that is longer than what observers wait for strangers is waited for', async (t) => {
  const bare = await makeRepository(t)
  const [ada, bob] = [openNode(bare), openNode(bare)]
  const terms = { ...termsOf(1), ttlSeconds: 600 }
  assert.equal((await tryClaim(ada, { terms, value: undefined }, { ...testHolderOptions, signal })).result, 'held')
  await pushGarbage(bob)
  const [seen, signs] = [await look(bob), { isAlive: false }]
  bob.observer.observe(seen, signs)
  bob.clock.pass(600_000)
  assert.equal(bob.observer.observe(seen, signs).advice, 'wait')
  bob.clock.pass(75_000)
  assert.equal(bob.observer.observe(seen, signs).advice, 'take-over')
})

test('S24: a claim ref that leads to no claim is held by somebody unknown; one that leads to no commit, or to more than is read, cannot be read; the other tasks are read', async (t) => {
  const bare = await makeRepository(t)
  const ada = openNode(bare)
  await hold(ada, taskKeyOfIssue(1))
  const tree = await runGit(bare, 'rev-parse', 'main^{tree}')
  const words = [1, 2, 3, 4].flatMap(() => ['-m', randomBytes(60_000).toString('hex')])
  const huge = await runGit(bare, 'commit-tree', ...words, tree)
  for (let number = 2; number <= 4; number++) await runGit(bare, 'update-ref', `refs/althing/claims/issue-${number}`, 'refs/heads/main')
  await runGit(bare, 'update-ref', 'refs/althing/claims/issue-50', huge)
  await runGit(bare, 'update-ref', 'refs/althing/claims/issue-51', tree)
  const options = { ...testRemoteOptions, maxAnswerBytes: 100_000 }
  const remote = createRemote(bare, { clock: systemClock, programs: testPrograms, credentials: () => Promise.resolve(undefined) }, options)
  const sights = await openNode(bare, { remote }).ledger.lookAtAll({ signal })
  const meaningOf = (number: number): string | undefined => sights.find(({ task }) => task === `issue-${number}`)?.meaning.meaning
  assert.deepEqual(
    [meaningOf(1), meaningOf(2), meaningOf(4), meaningOf(50), meaningOf(51)],
    ['held', 'unknown', 'unknown', 'unreadable', 'unreadable'],
  )
})
