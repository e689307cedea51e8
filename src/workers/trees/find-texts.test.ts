import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { parseObjectId } from '../../tasks/git/objects.ts'
import { makeFolder, runGit, testPrograms } from '../../tasks/testing/git-server.ts'
import { findTexts } from './find-texts.ts'
import type { GitRunner } from './git.ts'
import { createGitRunner } from './git.ts'

const { signal } = new AbortController()
const git = createGitRunner({ clock: systemClock }, { timeoutMs: 30_000, environment: testPrograms.environment, maxTextBytes: 1_048_576 })
/** The same git, whose output comes in pieces of a few bytes. */
const crumbs: GitRunner = {
  ...git,
  stream: async function* (...call) {
    for await (const chunk of git.stream(...call)) for (let at = 0; at < chunk.length; at += 7) yield chunk.subarray(at, at + 7)
  },
}
const canary = 'canary-4711-äöü'

test('S28: a text is found wherever it stands in what is new, and nowhere else', async (t) => {
  const folder = await makeFolder(t)
  const run = (...args: readonly string[]) => runGit(folder, '-c', 'user.name=ada', '-c', 'user.email=ada@example.org', ...args)
  const commit = async (message: string) => {
    await run('add', '-A')
    await run('commit', '--allow-empty', '-qm', message)
    return parseObjectId(await run('rev-parse', 'HEAD')) ?? assert.fail()
  }
  await run('init', '-q')
  writeFileSync(join(folder, 'old.txt'), `it was here before: ${canary}`)
  const base = await commit('base')
  mkdirSync(join(folder, 'deep'))
  writeFileSync(join(folder, 'deep', 'in a binary'), Buffer.concat([Buffer.alloc(70_000), Buffer.from(`\0${canary}\0`), Buffer.alloc(9)]))
  writeFileSync(join(folder, 'taken-back.txt'), `x${canary}`)
  writeFileSync(join(folder, 'clean.txt'), canary.slice(0, -1))
  writeFileSync(join(folder, 'empty.txt'), '')
  await commit('work')
  rmSync(join(folder, 'taken-back.txt'))
  writeFileSync(join(folder, canary), 'y')
  const want = await commit(`Say ${canary}`)
  const expected = ['deep/in a binary', 'taken-back.txt', 'the message of a commit', 'the names of files']
  const place = { path: join(folder, '.git') }
  const options = { texts: ['not there', canary], signal }
  for (const runner of [git, crumbs])
    assert.deepEqual((await findTexts({ git: runner, ...place }, { want, have: [base] }, options)).toSorted(), expected)
  assert.deepEqual(await findTexts({ git, ...place }, { want, have: [base] }, { texts: ['not there'], signal }), [])
  assert.deepEqual(await findTexts({ git, ...place }, { want, have: [want] }, options), [])
})
