import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { untilAborted } from '../lib/deadline.ts'
import { Fault } from '../lib/fault.ts'
import { runGit } from '../tasks/testing/git-server.ts'
import type { Work } from './testing/supervision-stand.ts'
import { branchOf, chainOf, done, openStand, write } from './testing/supervision-stand.ts'

const never = (signal: AbortSignal): Promise<never> => untilAborted(new Promise<never>(() => {}), signal)

test('F28: a folder that cannot be read in the time of a node that ends leaves time to give the task back', async (t) => {
  const stand = await openStand(t)
  const ending = new AbortController()
  const work: Work = async (worktree, _tools, off) => {
    // git opens it, and nobody ever writes to it
    execFileSync('mkfifo', [join(worktree, '.gitignore')])
    setImmediate(() => ending.abort(new Error('SIGTERM')))
    return never(off)
  }
  const end = await stand.supervise(work, { signal: ending.signal, checkpointMs: 3_000 })
  assert.deepEqual(end, { end: 'released', reason: 'shutdown: the node ends; what was done is lost' })
  assert.deepEqual(await chainOf(stand), ['claim', 'release shutdown: the node ends; what was done is lost'])
})

test('F28: a node that ends between its push and the pull request gives back the work that it pushed, as it is', async (t) => {
  const stand = await openStand(t)
  const ending = new AbortController()
  stand.pulls.push = () => {
    ending.abort(new Error('SIGTERM'))
    throw ending.signal.reason
  }
  const end = await stand.supervise(write('kept'), { signal: ending.signal })
  assert.deepEqual(end, { end: 'released', reason: 'shutdown: the node ends; what was done is on the branch' })
  assert.match(await runGit(stand.bare, 'log', '-1', '--format=%s', await branchOf(stand)), /^Keep the cart/)
})

test('F19: a token without a right is no failure of the work, and the other tasks of the project are left alone', async (t) => {
  const stand = await openStand(t)
  stand.pulls.push = () => {
    throw new Fault('FORGE_DENIED', 'denied', { message: 'the token may not open pull requests' })
  }
  assert.deepEqual(await stand.supervise(write('kept')), {
    ...{ end: 'released', reason: 'refused-by-forge: the token may not open pull requests' },
    ...{ hindrance: 'the token may not open pull requests', hinders: 'project' },
  })
})

test('a change that is longer than may be pushed counts as failed work', async (t) => {
  const stand = await openStand(t)
  const end = await stand.supervise(async (worktree) => {
    for (let part = 0; part < 17; part += 1) writeFileSync(join(worktree, `noise-${part}`), crypto.getRandomValues(new Uint8Array(65_536)))
    return done
  })
  assert.match(end.end === 'released' ? end.reason : end.end, /^failed: what the agent left cannot be a commit: .*maximum allowed size/)
})
