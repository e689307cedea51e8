import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { decodeText } from '../lib/bytes.ts'
import { tryClaim } from '../tasks/claims/try-claim.ts'
import { openNode, termsOf, testHolderOptions } from '../tasks/testing/claim-bench.ts'
import { makeFolder, runGit } from '../tasks/testing/git-server.ts'
import { testTask } from '../tasks/testing/test-names.ts'
import type { Stand, Work } from './testing/supervision-stand.ts'
import { branchOf, chainOf, done, openStand, signal, standOn, write } from './testing/supervision-stand.ts'

/** The same task, taken up again by bob after ada's work is in review and the base went on to `text`. */
async function takenUpAgain(t: TestContext, { work, text }: { readonly work: string; readonly text: string }, file = 'cart.txt') {
  const stand = await openStand(t)
  await stand.supervise(write(work))
  const before = await branchOf(stand)
  const folder = await makeFolder(t)
  await runGit(folder, 'clone', '-q', stand.bare, 'clone')
  const clone = join(folder, 'clone')
  writeFileSync(join(clone, file), text)
  await runGit(clone, 'add', file)
  await runGit(clone, 'commit', '-qm', 'The base goes on')
  await runGit(clone, 'push', '-q', 'origin', 'HEAD:main')
  const again = await takenUp(t, stand)
  return { again, parents: [before, await runGit(stand.bare, 'rev-parse', 'main')].join(' ') }
}

/** The task of a stand, held by bob for the conflict. */
async function takenUp(t: TestContext, stand: Stand): Promise<Stand> {
  const bob = openNode(stand.bare)
  const { value } = await bob.ledger.lookAt(testTask, { signal })
  const attempt = await tryClaim(bob, { terms: termsOf(2), value, reason: 'conflict' }, { ...testHolderOptions, signal })
  const holder = attempt.result === 'held' ? attempt.holder : assert.fail(attempt.result)
  const again = await standOn({ bare: stand.bare, folder: await makeFolder(t), node: bob, holder })
  again.pulls.push(...stand.pulls)
  return again
}

const noAgent: Work = async () => assert.fail('an agent was asked')
const parentsOf = (stand: Stand): Promise<string> => runGit(stand.bare, 'show', '--no-patch', '--format=%P', `althing/${testTask}`)

test('rule 9: a base that git merges by itself is merged without an agent, by a commit of both parents', async (t) => {
  const { again, parents } = await takenUpAgain(t, { work: 'kept', text: 'another' }, 'other.txt')
  const end = await again.supervise(noAgent, { reason: 'conflict', resumed: 'it conflicts' })
  assert.deepEqual(end, { end: 'in-review', pull: '12', url: 'https://forge.example.org/pull/12', wasThere: true })
  assert.equal(await parentsOf(again), parents)
  assert.deepEqual(
    [await runGit(again.bare, 'show', `althing/${testTask}:cart.txt`), await runGit(again.bare, 'show', `althing/${testTask}:other.txt`)],
    ['kept', 'another'],
  )
  assert.deepEqual((await chainOf(again)).slice(-3), ['takeover conflict', 'renew', 'review'])
})

test('rule 16: a conflict is given to the agent with its marks, and what it makes of them is a merge of both parents', async (t) => {
  const { again, parents } = await takenUpAgain(t, { work: 'ours', text: 'theirs' })
  let seen = ''
  const end = await again.supervise(
    async (worktree, tools) => {
      seen = decodeText((await tools.run({ argv: ['cat', 'cart.txt'], folder: '.', timeoutMs: 5_000 }, { signal })).stdout)
      writeFileSync(join(worktree, 'cart.txt'), 'ours and theirs')
      return done
    },
    { reason: 'conflict', resumed: 'it conflicts' },
  )
  assert.match(seen, /<<<<<<< [^]*ours[^]*=======[^]*theirs[^]*>>>>>>> /)
  assert.equal(end.end, 'in-review')
  assert.deepEqual([await parentsOf(again), await runGit(again.bare, 'show', `althing/${testTask}:cart.txt`)], [parents, 'ours and theirs'])
})

test('a repository within the repository that the base brought stays in the merge', async (t) => {
  const stand = await openStand(t)
  await stand.supervise(write('kept'))
  const folder = await makeFolder(t)
  await runGit(folder, 'clone', '-q', stand.bare, 'clone')
  const clone = join(folder, 'clone')
  const head = await runGit(clone, 'rev-parse', 'HEAD')
  await runGit(clone, 'update-index', '--add', '--cacheinfo', `160000,${head},inner`)
  await runGit(clone, 'commit', '-qm', 'A repository within')
  await runGit(clone, 'push', '-q', 'origin', 'HEAD:main')
  const again = await takenUp(t, stand)
  const end = await again.supervise(noAgent, { reason: 'conflict' })
  assert.equal(end.end, 'in-review')
  const tree = await runGit(again.bare, 'ls-tree', `althing/${testTask}`)
  assert.match(tree, new RegExp(`cart\\.txt\n160000 commit ${head}\tinner`))
})

test('an agent that keeps one side as it was has merged all the same', async (t) => {
  const { again, parents } = await takenUpAgain(t, { work: 'ours', text: 'theirs' })
  const end = await again.supervise(write('ours'), { reason: 'conflict' })
  assert.deepEqual([end.end, await parentsOf(again)], ['in-review', parents])
})

for (const [what, work] of [
  ['leaves marks', async () => done],
  ['gives up', write('half', { outcome: 'failed', reason: 'too hard' })],
] as const)
  test(`an agent that ${what} in a conflict pushes nothing, and a person is asked`, async (t) => {
    const { again, parents } = await takenUpAgain(t, { work: 'ours', text: 'theirs' })
    const end = await again.supervise(work, { reason: 'conflict' })
    assert.equal(end.end, 'needs-human')
    assert.match(
      'reason' in end ? end.reason : '',
      /^main conflicts with it, and the agent did not merge the two: (?:marks of conflicts are left in cart\.txt|too hard)$/,
    )
    assert.equal(`${await branchOf(again)} ${await runGit(again.bare, 'rev-parse', 'main')}`, parents)
  })
