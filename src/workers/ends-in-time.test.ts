import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { untilAborted } from '../lib/deadline.ts'
import { silentLog } from '../lib/log.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import type { GitRemote } from '../tasks/git/remote.ts'
import { hold, openNode } from '../tasks/testing/claim-bench.ts'
import { makeFolder, makeRepository } from '../tasks/testing/git-server.ts'
import { giveBack } from './give-back.ts'
import type { Work } from './testing/supervision-stand.ts'
import { standOn } from './testing/supervision-stand.ts'

/** Ends when it is called off, and not before. */
const nothing = <T>({ signal }: { readonly signal: AbortSignal }): Promise<T> => untilAborted(new Promise<never>(() => {}), signal)

/** A task that is held, and a git server that says nothing once it is told to. */
async function openSilent(t: TestContext) {
  const [bare, folder] = [await makeRepository(t), await makeFolder(t)]
  const line = { isSilent: false }
  const node = openNode(bare)
  const remote: GitRemote = {
    ...node.remote,
    push: (request, waiting) => (line.isSilent ? nothing(waiting) : node.remote.push(request, waiting)),
    listRefs: (prefixes, waiting) => (line.isSilent ? nothing(waiting) : node.remote.listRefs(prefixes, waiting)),
  }
  return { line, stand: await standOn({ bare, folder, node, holder: await hold({ ...node, remote }) }) }
}

test('F28: a node that is told to end while its git server says nothing ends within its time', { timeout: 30_000 }, async (t) => {
  const { line, stand } = await openSilent(t)
  const ending = new AbortController()
  const work: Work = async (worktree, _tools, off) => {
    writeFileSync(join(worktree, 'cart.txt'), 'half')
    line.isSilent = true
    setImmediate(() => ending.abort(new Error('SIGTERM')))
    return untilAborted(new Promise<never>(() => {}), off)
  }
  const end = await stand.supervise(work, { signal: ending.signal, checkpointMs: 300 })
  assert.match(end.end === 'lost' ? end.reason : end.end, /^shutdown: the node ends.*the claim is unknown$/)
})

test('F28: a task that an agent gave up ends within its time, also where nobody hears of it', { timeout: 30_000 }, async (t) => {
  const { line, stand } = await openSilent(t)
  const work: Work = async () => {
    line.isSilent = true
    return { outcome: 'failed', reason: 'no idea' }
  }
  const end = await stand.supervise(work, { checkpointMs: 100 })
  assert.deepEqual(end, { end: 'lost', reason: 'failed: no idea; the claim is unknown' })
})

test('F28: a task that could not be begun is given back within its time, also where nobody hears of it', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const error = Object.assign(new Error('ENOSPC: no space left'), { syscall: 'mkdir' })
  const holder = { release: (_: string, waiting: { readonly signal: AbortSignal }) => nothing<never>(waiting) }
  const options = { error, checkpointMs: 8_000, ending: new AbortController().signal }
  const end = await clock.run(giveBack({ clock, log: silentLog }, { task: { key: 'issue-7' }, holder }, options))
  const reason = 'node-failed: ENOSPC: no space left; the forge did not answer'
  assert.deepEqual([clock.monotonic(), end.end, 'reason' in end && end.reason], [8_000, 'lost', reason])
})
