import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Work } from './testing/supervision-stand.ts'
import { branchOf, chainOf, done, openStand, write } from './testing/supervision-stand.ts'

test('rule 6: an issue that was closed meanwhile gets no push and no pull request', async (t) => {
  const stand = await openStand(t)
  const end = await stand.supervise(async (worktree) => {
    writeFileSync(join(worktree, 'cart.txt'), 'kept')
    stand.obstacle = 'not-eligible: the issue is closed'
    return done
  })
  assert.deepEqual(end, { end: 'released', reason: 'not-eligible: the issue is closed' })
  assert.deepEqual(stand.pulls, [])
  await assert.rejects(branchOf(stand))
})

const idle: Work = () => assert.fail('an agent was started')

test('rule 6: a task that is no task any more once it was won is given back before an agent is started', async (t) => {
  const stand = await openStand(t)
  stand.obstacle = 'not-eligible: its text changed'
  assert.deepEqual(await stand.supervise(idle), { end: 'released', reason: 'not-eligible: its text changed' })
  assert.deepEqual(await chainOf(stand), ['claim', 'release not-eligible: its text changed'])
})

test('rule 6: work that waits in a pull request goes back into review, and no agent is started; a reviewer’s wish starts one', async (t) => {
  const stand = await openStand(t)
  stand.pulls.push({ head: 'althing/issue-7', base: 'main', title: 'Keep the cart', body: '' })
  const end = await stand.supervise(idle, { reason: 'expired' })
  assert.deepEqual(end, { end: 'in-review', pull: '12', url: 'https://forge.example.org/pull/12', wasThere: true })
  assert.deepEqual(await chainOf(stand), ['claim', 'review'])
  const other = await openStand(t)
  other.pulls.push({ head: 'althing/issue-7', base: 'main', title: 'Keep the cart', body: '' })
  assert.equal((await other.supervise(write('kept'), { reason: 'changes-requested' })).end, 'in-review')
  assert.deepEqual(await chainOf(other), ['claim', 'renew', 'review'])
})

test('F3: a task whose work was merged before its claim said so is over, and nothing of it is done again', async (t) => {
  const stand = await openStand(t)
  const [first, second] = ['a'.repeat(40), 'b'.repeat(40)]
  const url = 'https://forge.example.org/pull/11'
  stand.merged.push({ id: '11', url, body: `Kept.\n\n---\n- holding: \`${first}\`, epoch 1\n` })
  const unsettled = [first, second]
  assert.deepEqual(await stand.supervise(idle, { reason: 'expired', unsettled }), { end: 'merged', url, holding: first })
  assert.deepEqual(await chainOf(stand), ['claim', `done merged: ${url}`])
  const reviewed = await openStand(t)
  reviewed.merged.push(...stand.merged)
  assert.equal((await reviewed.supervise(idle, { reason: 'ci-failed', unsettled })).end, 'merged')
})

test('F3: work is not shown where that of the one before came to the forge and was merged while it was done', async (t) => {
  const stand = await openStand(t)
  const [first, url] = ['a'.repeat(40), 'https://forge.example.org/pull/11']
  const end = await stand.supervise(
    async (worktree) => {
      writeFileSync(join(worktree, 'cart.txt'), 'kept')
      stand.merged.push({ id: '11', url, body: `Kept.\n\n---\n- holding: \`${first}\`, epoch 1\n` })
      return done
    },
    { reason: 'free', unsettled: [first] },
  )
  assert.deepEqual(end, { end: 'merged', url, holding: first })
  assert.deepEqual([stand.pulls, await chainOf(stand)], [[], ['claim', `done merged: ${url}`]])
  await assert.rejects(branchOf(stand))
})

test('what was merged of a holding that is settled, or of none, keeps nobody from a task that is wanted again', async (t) => {
  const stand = await openStand(t)
  const body = `- holding: \`${'a'.repeat(40)}\`, epoch 1\n`
  stand.merged.push({ id: '11', url: 'x', body }, { id: '12', url: 'x', body: '' })
  const end = await stand.supervise(write('kept'), { reason: 'expired', unsettled: ['b'.repeat(40)] })
  assert.equal(end.end, 'in-review')
})
