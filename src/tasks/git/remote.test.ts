import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { makeRepository, runGit, serveHttp, testPrograms } from '../testing/git-server.ts'
import { serveSsh } from '../testing/ssh-server.ts'
import { formatCommit } from './commit.ts'
import type { GitPrograms } from './git-commands.ts'
import { createRemote } from './create-remote.ts'
import type { GitObject, ObjectId } from './objects.ts'
import { emptyTree, objectIdOf } from './objects.ts'
import type { GitRemote } from './remote.ts'

const signal = AbortSignal.timeout(60_000)
const options = { timeoutMs: 30_000, maxAnswerBytes: 4_194_304, allowsPlainHttp: false }

function open({ address, programs }: Awaited<ReturnType<Serve>>): GitRemote {
  return createRemote(address, { clock: systemClock, programs, credentials: () => Promise.resolve(undefined) }, options)
}

function commit(message: string, ...parents: readonly ObjectId[]): { readonly object: GitObject; readonly id: ObjectId } {
  const bytes = formatCommit({ parents, author: { name: 'ada', email: 'ada@althing', seconds: 1_800_000_000 }, message })
  const object: GitObject = { type: 'commit', bytes }
  return { object, id: objectIdOf(object) }
}

type Serve = (t: TestContext, bare: string) => Promise<{ readonly address: string; readonly programs: GitPrograms }>

const servers: Readonly<Record<string, Serve>> = {
  'a path': (_t, bare) => Promise.resolve({ address: bare, programs: testPrograms }),
  http: async (t, bare) => ({ address: await serveHttp(t, bare), programs: testPrograms }),
  ssh: (t, bare) => serveSsh(t, bare, { takesVariables: true }),
  'ssh to a server that speaks version 0': (t, bare) => serveSsh(t, bare, { takesVariables: false }),
}

for (const [name, serve] of Object.entries(servers)) {
  test(`over ${name}: a ref is created once, moved from its exact value, read back and deleted`, async (t) => {
    const bare = await makeRepository(t)
    const remote = open(await serve(t, bare))
    const [first, other] = [commit('first'), commit('other')]
    const ref = 'refs/althing/claims/issue-1'
    const push = (old: ObjectId | undefined, next: typeof first | undefined): ReturnType<GitRemote['push']> =>
      remote.push(
        { updates: [{ ref, old, new: next?.id }], objects: next === undefined ? [] : [next.object, emptyTree], isAtomic: true },
        { signal },
      )
    assert.deepEqual(await push(undefined, first), { unpackError: undefined, refs: [{ result: 'accepted', ref }] })
    assert.equal((await push(undefined, other)).refs[0]?.result, 'refused')
    assert.deepEqual([...(await remote.listRefs(['refs/althing/'], { signal }))], [[ref, first.id]])
    const second = commit('second', first.id)
    assert.equal((await push(other.id, second)).refs[0]?.result, 'refused')
    assert.equal((await push(first.id, second)).refs[0]?.result, 'accepted')
    assert.equal(await runGit(bare, 'log', '--format=%s', ref), 'second\nfirst')
    const all = await remote.fetchCommits({ want: [second.id], have: [] }, { signal })
    assert.deepEqual(
      all.commits,
      new Map([
        [second.id, second.object.bytes],
        [first.id, first.object.bytes],
      ]),
    )
    const news = await remote.fetchCommits({ want: [second.id], have: [first.id] }, { signal })
    assert.deepEqual([...news.commits.keys()], [second.id])
    assert.equal((await push(second.id, undefined)).refs[0]?.result, 'accepted')
    assert.equal((await remote.listRefs(['refs/althing/'], { signal })).size, 0)
  })
}
