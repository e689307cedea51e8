import assert from 'node:assert/strict'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Clock } from '../../lib/clock.ts'
import { systemClock } from '../../lib/clock.ts'
import { silentLog } from '../../lib/log.ts'
import type { ObjectId } from '../../tasks/git/objects.ts'
import type { Project } from '../../tasks/task.ts'
import { makeFolder, makeRepository, runGit, testPrograms } from '../../tasks/testing/git-server.ts'
import { testProject } from '../../tasks/testing/test-names.ts'
import type { GitRunner } from './git.ts'
import { createGitRunner } from './git.ts'
import type { Mirror } from './mirror.ts'
import { Mirrors } from './mirrors.ts'

const { signal } = new AbortController()
const runner = createGitRunner(
  { clock: systemClock },
  { timeoutMs: 30_000, environment: testPrograms.environment, maxTextBytes: 1_048_576 },
)
const branch = 'althing/issue-7'

/** The mirrors of a node, and a project with a branch of work. */
async function openShop(t: TestContext, given: { readonly clock?: Clock; readonly git?: GitRunner } = {}) {
  const [url, folder] = [await makeRepository(t), await makeFolder(t)]
  await runGit(url, 'branch', branch, 'main')
  const project = { id: testProject, url, base: 'main' } as Project
  const deps = { clock: systemClock, git: runner, ...given, log: silentLog, findCredentials: async () => undefined }
  const mirrors = new Mirrors(deps, { folder, prefix: 'althing/' })
  const idle = (): Promise<Mirror> => mirrors.lend(project, async (mirror) => mirror, { signal })
  return { url, project, mirrors, idle }
}

const author = { name: 'ada', email: 'ada@althing.invalid', at: 1 }

test('what nobody needs of a mirror is taken away once nobody has it: branches of work, commits that were never pushed, what a git that was ended left', async (t) => {
  const { project, mirrors, idle } = await openShop(t)
  const has = async ({ path }: Mirror, name: string): Promise<boolean> =>
    runner.text('look', [`--git-dir=${path}`, 'cat-file', '-e', name], { signal }).then(
      () => true,
      () => false,
    )
  const left = ({ path }: Mirror): boolean => readdirSync(join(path, 'objects', 'pack')).includes('tmp_pack_1')
  const draft = await mirrors.lend(
    project,
    async (mirror) => {
      const main = (await mirror.fetch(['main', branch], { signal })).get('main') ?? assert.fail('main is there')
      const tree = await mirror.treeOf(main, { signal })
      writeFileSync(join(mirror.path, 'objects', 'pack', 'tmp_pack_1'), 'half')
      const made: ObjectId = await mirror.commit({ tree, parents: [main], message: 'a draft\n', author }, { signal })
      // another one comes and goes while this one works
      await idle()
      const seen = await idle()
      assert.deepEqual([left(seen), await has(seen, made), await has(seen, `refs/fetched/${branch}`)], [true, true, true])
      return made
    },
    { signal },
  )
  const mirror = await idle()
  assert.ok(existsSync(mirror.path))
  const names = [draft, `refs/fetched/${branch}`, 'refs/fetched/main']
  assert.deepEqual([left(mirror), ...(await Promise.all(names.map((name) => has(mirror, name))))], [false, false, false, true])
  assert.deepEqual([...(await mirror.fetch([branch], { signal })).keys()], [branch])
})

test('a git server that is slow is not waited for in a look, and what it sends is there at a later one', { timeout: 30_000 }, async (t) => {
  const [asked, answers] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let fetches = 0
  const git: GitRunner = {
    ...runner,
    text: async (step, args, run) => {
      if (args.includes('ls-remote')) {
        fetches += 1
        asked.resolve()
        await answers.promise
      }
      return runner.text(step, args, run)
    },
  }
  const wakes: (() => void)[] = []
  const clock: Clock = {
    ...systemClock,
    schedule: (ms, wake) => (ms === 60_000 ? (wakes.push(wake), () => {}) : systemClock.schedule(ms, wake)),
  }
  const { project, mirrors } = await openShop(t, { clock, git })
  const look = () => mirrors.lendFetched(project, ['main'], { look: async (_mirror, heads) => [...heads.keys()], signal })
  const first = look()
  await asked.promise
  wakes.forEach((wake) => wake())
  const late = { code: 'REMOTE_UNREACHABLE', message: /did not send its branches within 60000 ms/ }
  await assert.rejects(first, late)
  const second = look()
  await until(() => wakes.length > 1)
  wakes.forEach((wake) => wake())
  await assert.rejects(second, late)
  assert.equal(fetches, 1)
  answers.resolve()
  assert.deepEqual(await look(), ['main'])
})

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve))
}
