import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import type { TaskKey } from '../../tasks/task.ts'
import { taskKeyOfIssue } from '../../tasks/task.ts'
import { makeFolder, makeRepository, runGit, testPrograms } from '../../tasks/testing/git-server.ts'
import { workersFaults } from '../faults.ts'
import { createGitRunner } from './git.ts'
import { openMirror } from './mirror.ts'
import { standingOf, standingOfGone } from './standing.ts'

const { signal } = new AbortController()

test('of a branch that was taken away the base says whether it was merged, by the lines that work’s own commits end with', async (t) => {
  const bare = await makeRepository(t)
  const main = await runGit(bare, 'rev-parse', 'main')
  const work = await runGit(bare, 'commit-tree', 'main^{tree}', '-p', main, '-m', 'Keep it', '-m', 'Task: issue-7\nAgent: ada:backend')
  const merge = await runGit(bare, 'commit-tree', 'main^{tree}', '-p', main, '-p', work, '-m', 'Merge it, and Task: issue-8 too')
  const git = createGitRunner({ clock: systemClock }, { timeoutMs: 30_000, environment: testPrograms.environment, maxTextBytes: 1_048_576 })
  const folder = await makeFolder(t)
  const mirror = await openMirror({ git, credentials: async () => undefined }, { path: `${folder}/mirror.git`, url: bare, signal })
  const standing = async (task: TaskKey) => {
    const base = (await mirror.fetch(['main'], { signal })).get('main') ?? assert.fail('main was not fetched')
    return standingOfGone(mirror, { base, task }, { signal })
  }
  assert.equal(await standing(taskKeyOfIssue(7)), 'gone')
  await runGit(bare, 'update-ref', 'refs/heads/main', merge)
  assert.equal(await standing(taskKeyOfIssue(7)), 'merged')
  assert.equal(await standing(taskKeyOfIssue(8)), 'gone')
})

test('a branch without a history in common is in conflict; that git could not merge two says nothing of them', async (t) => {
  const bare = await makeRepository(t)
  const other = await runGit(bare, 'commit-tree', 'main^{tree}', '-m', 'another beginning')
  await runGit(bare, 'update-ref', 'refs/heads/other', other)
  const main = await runGit(bare, 'rev-parse', 'main')
  for (const name of ['one', 'two'])
    await runGit(bare, 'update-ref', `refs/heads/${name}`, await runGit(bare, 'commit-tree', 'main^{tree}', '-p', main, '-m', name))
  const git = createGitRunner({ clock: systemClock }, { timeoutMs: 30_000, environment: testPrograms.environment, maxTextBytes: 1_048_576 })
  const mirror = await openMirror(
    { git, credentials: async () => undefined },
    { path: `${await makeFolder(t)}/mirror.git`, url: bare, signal },
  )
  const heads = await mirror.fetch(['one', 'two', 'other'], { signal })
  const at = (base: string, branch: string) => ({ base: heads.get(base) ?? assert.fail(), branch: heads.get(branch) ?? assert.fail() })
  assert.equal(await standingOf(mirror, at('one', 'other'), { signal }), 'conflicted')
  assert.equal(await standingOf(mirror, at('one', 'two'), { signal }), 'behind')
  const full = workersFaults.create('GIT_FAILED', { message: 'no space left on device' })
  await assert.rejects(standingOf({ ...mirror, merge: () => Promise.reject(full) }, at('one', 'two'), { signal }), full)
})
