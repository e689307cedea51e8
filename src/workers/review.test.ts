import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { parseProjectId, taskKeyOfIssue } from '../tasks/task.ts'
import { openForgeStand } from '../tasks/testing/forge-stand.ts'
import type { ReviewDesk } from './review.ts'
import { reviewPull } from './review.ts'

const { signal } = new AbortController()
const draft = { head: 'althing/issue-1', base: 'main', title: 'Keep it', body: 'Closes #1' }

async function openReview(t: TestContext) {
  const { forge, fixture } = await openForgeStand(t, 'github')
  const id = parseProjectId('forge.example/team/shop') ?? assert.fail()
  const desk: ReviewDesk = { project: { id, url: fixture.origin, forge: 'github', base: 'main' }, pulls: forge, records: undefined }
  const review = (pr: string | undefined) =>
    reviewPull({ isMerged: () => assert.fail('the forge says it') }, desk, { key: taskKeyOfIssue(1), pr, signal })
  const { id: pr } = await forge.openPull(draft, { signal })
  const [pull] = fixture.state.pulls
  return { fixture, review, pr, pull: pull ?? assert.fail() }
}

test('a red check of the commit that the pull request is at makes more work, and that of an older one does not', async (t) => {
  const { fixture, review, pr, pull } = await openReview(t)
  assert.deepEqual(await review(pr), { verdict: 'wait' })
  fixture.state.checks.set(pull.commit, ['success', 'failure'])
  assert.equal((await review(pr)).verdict, 'again')
  assert.equal((await review(undefined)).verdict, 'again')
  pull.commit = 'e'.repeat(40)
  assert.deepEqual(await review(pr), { verdict: 'wait' })
})

test('a merge ends the task by the word of the forge, also where the branch was squashed', async (t) => {
  const { review, pr, pull } = await openReview(t)
  pull.state = 'merged'
  assert.deepEqual(await review(pr), { verdict: 'over', reason: 'merged' })
  pull.state = 'closed'
  assert.deepEqual(await review(pr), { verdict: 'over', reason: 'closed' })
})

test('a pull request that the forge does not show is waited for, and a forge that is down is no verdict', async (t) => {
  const { fixture, review, pr } = await openReview(t)
  assert.deepEqual(await review('999'), { verdict: 'wait' })
  fixture.mischief = () => ({ status: 500 })
  await assert.rejects(review(pr), { code: 'FORGE_FAILED' })
})
