import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { openPeer, testHive } from '../journal/testing/bench-of-peers.ts'
import { createRecordForge } from '../tasks/records/record-forge.ts'
import { createWorkView } from '../tasks/records/work-view.ts'
import { parseProjectId, projectIdOf, taskKeyOfIssue } from '../tasks/task.ts'
import { openForgeStand } from '../tasks/testing/forge-stand.ts'
import type { ReviewDesk } from './review.ts'
import type { BranchStanding } from './rules/branch-standing.ts'
import { reviewPull } from './review.ts'

const { signal } = new AbortController()
const draft = { head: 'althing/issue-1', base: 'main', title: 'Keep it', body: 'Closes #1' }

async function openReview(t: TestContext, kind: 'github' | 'gitlab' = 'github') {
  const { forge, fixture } = await openForgeStand(t, kind)
  const id = parseProjectId('forge.example/team/shop') ?? assert.fail()
  const desk: ReviewDesk = { project: { id, url: fixture.origin, forge: kind, base: 'main' }, pulls: forge, records: undefined }
  const review = (pr: string | undefined, standing?: BranchStanding) =>
    reviewPull(
      {
        isMerged: () => assert.fail('the forge says it'),
        ...(standing === undefined ? {} : { compareBranches: async () => standing }),
      },
      desk,
      { key: taskKeyOfIssue(1), pr, signal },
    )
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

test('a red check that a forge tells of the pull request, and not of its commit, makes more work too', async (t) => {
  const { fixture, review, pr, pull } = await openReview(t, 'gitlab')
  fixture.state.pipelines.set(pull.number, { sha: 'd'.repeat(40), status: 'failed', parents: ['e'.repeat(40), pull.commit] })
  assert.equal((await review(pr)).verdict, 'again')
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

test('rule 16: a conflict with the base makes more work, unless the base was merged since the forge looked', async (t) => {
  const { fixture, review, pr, pull } = await openReview(t)
  pull.isConflicted = true
  for (const standing of [undefined, 'conflicted', 'behind'] as const) {
    const verdict = await review(pr, standing)
    assert.deepEqual([verdict.verdict, 'reason' in verdict && verdict.reason], ['again', 'conflict'])
  }
  assert.deepEqual(await review(pr, 'current'), { verdict: 'wait' })
  fixture.state.checks.set(pull.commit, ['failure'])
  assert.equal((await review(pr, 'current')).verdict, 'again')
})

/** A pull request of a project that has a repository and nothing else; `standing` is how its branch stands to the base. */
async function openRecords() {
  const { journal, database } = await openPeer('ada', { views: [createWorkView()] })
  const id = projectIdOf('/srv/git/shop.git')
  const records = createRecordForge({ reader: database, journal, hive: testHive }, id)
  const { key } = await records.add({ title: 'The cart forgets', body: '', labels: [] })
  const { id: pr } = await records.openPull({ head: `althing/${key}`, base: 'main', title: 'Keep it', body: '' }, { signal })
  const desk: ReviewDesk = { project: { id, url: '/srv/git/shop.git', forge: 'git', base: 'main' }, pulls: records, records }
  const review = (standing: BranchStanding) =>
    reviewPull({ isMerged: async () => false, compareBranches: async () => standing }, desk, { key, pr, signal })
  return { records, pr, review }
}

test('a wish for changes is a verdict each time it is looked at, until work is brought', async () => {
  const { records, pr, review } = await openRecords()
  assert.deepEqual(await review('current'), { verdict: 'wait' })
  await records.judgePull(pr, { state: 'open', areChangesRequested: true })
  for (const look of ['the first', 'the one before the claim']) assert.equal((await review('current')).verdict, 'again', look)
})

test('without a forge a branch that was merged is over, also when it was taken away; one taken away unmerged is closed', async () => {
  const merged = await openRecords()
  assert.deepEqual(await merged.review('merged'), { verdict: 'over', reason: 'merged' })
  assert.equal((await merged.records.pull(merged.pr, { signal })).state, 'merged')
  const gone = await openRecords()
  assert.deepEqual(await gone.review('gone'), { verdict: 'over', reason: 'closed' })
  assert.equal((await gone.records.pull(gone.pr, { signal })).state, 'closed')
  assert.deepEqual(await (await openRecords()).review('none'), { verdict: 'wait' })
})
