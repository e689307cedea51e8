import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClaimHolder } from './claims/holder.ts'
import type { Task } from './task.ts'
import { testSignal as signal } from './testing/claim-bench.ts'
import type { TestDesk } from './testing/desk-bench.ts'
import { openTestDesk } from './testing/desk-bench.ts'
import { makeRepository, runGit } from './testing/git-server.ts'

const refsOf = (bare: string): Promise<string> =>
  runGit(bare, 'for-each-ref', '--format=%(refname)', 'refs/althing', 'refs/heads/althing-claims')

async function hold({ desk }: Pick<TestDesk, 'desk'>, task: Task): Promise<ClaimHolder> {
  const sight = await desk.sight(task.key, { signal })
  const epoch = sight.meaning.meaning === 'free' ? sight.meaning.epoch : 1
  const attempt = await desk.claim(task, sight, { epoch, signal })
  return attempt.result === 'held' ? attempt.holder : assert.fail(attempt.result)
}

test('rule 8: all claims of a node are renewed in one push, of which the one that was lost meanwhile is refused', async (t) => {
  const bare = await makeRepository(t)
  const [ada, bob] = [await openTestDesk(bare), await openTestDesk(bare, { name: 'bob' })]
  const holders: ClaimHolder[] = []
  for (let index = 0; index < 8; index++) holders.push(await hold(ada, await ada.add(`Task ${index}`)))
  const lost = holders[6]?.terms.task ?? assert.fail()
  await bob.desk.interrupt(lost, { kind: 'break', reason: 'by-person', signal })
  const before = ada.pushes.length
  const sent = await Promise.all(holders.map((holder) => holder.renew({ signal })))
  assert.deepEqual(
    ada.pushes.slice(before).map(({ updates, isAtomic }) => [updates.length, isAtomic]),
    [[8, false]],
  )
  assert.deepEqual(
    sent.flatMap(({ result }, index) => (result === 'accepted' ? [] : [[index, result]])),
    [[6, 'lost']],
  )
})

test('rule 17: what is done and open all the same keeps its claim, for without it it would be done again', async (t) => {
  const ada = await openTestDesk(await makeRepository(t))
  const [one, two] = [await ada.add('One'), await ada.add('Two')]
  for (const task of [one, two]) await (await hold(ada, task)).done('merged', { signal })
  ada.clock.pass(700_000_000)
  assert.equal(await ada.desk.collect({ signal }), 0)
  // open, and offered no more: an issue that lost its label
  Object.assign(ada.desk.source, { open: () => Promise.resolve([]) })
  assert.equal(await ada.desk.collect({ signal }), 0)
  await ada.desk.source.project(two.key, { add: [], remove: [], state: 'closed' }, { signal })
  assert.equal(await ada.desk.collect({ signal }), 1)
  assert.equal((await ada.desk.sight(one.key, { signal })).meaning.meaning, 'done')
})

test('rule 17: the claim of a task that has been over for 7 days is collected, not before, and its epochs go on', async (t) => {
  const bare = await makeRepository(t)
  const ada = await openTestDesk(bare)
  const [over, open] = [await ada.add('One'), await ada.add('Two')]
  await (await hold(ada, over)).done('merged', { signal })
  await ada.desk.source.project(over.key, { add: [], remove: [], state: 'closed' }, { signal })
  await hold(ada, open)
  ada.clock.pass(604_790_000)
  assert.equal(await ada.desk.collect({ signal }), 0)
  ada.clock.pass(10_000)
  assert.equal(await ada.desk.collect({ signal }), 1)
  assert.equal(await refsOf(bare), `refs/althing/claims/${open.key}\nrefs/althing/closed`)
  assert.equal(await ada.desk.collect({ signal }), 0)
  const bob = await openTestDesk(bare, { name: 'bob' })
  const { meaning } = await bob.desk.sight(over.key, { signal })
  assert.deepEqual(meaning, { meaning: 'free', value: undefined, epoch: 2, why: 'closed' })
})

test('where claims of others are branches ours are, before any doctor looked', async (t) => {
  const bare = await makeRepository(t)
  const [ada, bob] = [await openTestDesk(bare), await openTestDesk(bare, { name: 'bob' })]
  const task = await ada.add('One')
  await hold({ desk: ada.reopen({ form: 'heads' }) }, task)
  const { meaning } = await bob.desk.sight(task.key, { signal })
  assert.equal(meaning.meaning, 'held')
  assert.equal(await refsOf(bare), `refs/heads/althing-claims/${task.key}`)
})

test('how claims are moved is what the doctor found, also after a restart', async (t) => {
  const bare = await makeRepository(t)
  const ada = await openTestDesk(bare)
  const hook = `#!/bin/sh\ncase "$1" in refs/althing/*) exit 1;; esac\n`
  const { chmod, writeFile } = await import('node:fs/promises')
  await writeFile(`${bare}/hooks/update`, hook)
  await chmod(`${bare}/hooks/update`, 0o755)
  assert.equal((await ada.desk.examine({ signal })).form, 'heads')
  const [here, again] = [await ada.add('One'), await ada.add('Two')]
  await hold(ada, here)
  await hold({ desk: ada.reopen() }, again)
  assert.equal(
    await refsOf(bare),
    [here, again]
      .map(({ key }) => `refs/heads/althing-claims/${key}`)
      .toSorted()
      .join('\n'),
  )
})

test('claims in two places end every look: one task could have two holders', async (t) => {
  const bare = await makeRepository(t)
  const ada = await openTestDesk(bare)
  const task = await ada.add('One')
  await hold({ desk: ada.reopen({ form: 'heads' }) }, task)
  const native = ada.reopen({ form: 'native' })
  await assert.rejects(native.sights({ signal }), { code: 'CLAIMS_DIVIDED', message: /refs\/heads\/althing-claims\/t-/ })
})
