import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { systemChance } from '../../lib/chance.ts'
import type { RefApi } from '../forges/forge.ts'
import { taskKeyOfIssue } from '../task.ts'
import type { ClaimNode } from '../testing/claim-bench.ts'
import { claimFree, hold, openNode, testSignal as signal } from '../testing/claim-bench.ts'
import type { RefApiFixture } from '../testing/fixture-ref-api.ts'
import { openApiRemote, openRefApi, openRefCalls } from '../testing/fixture-ref-api.ts'
import { makeRepository, runGit } from '../testing/git-server.ts'
import { makeWork } from '../testing/work.ts'
import { examineForge } from './doctor.ts'
import { moveByApi } from './move-by-api.ts'

interface Stand {
  readonly bare: string
  readonly github: RefApiFixture
  readonly open: () => ClaimNode
  readonly apiOf: () => RefApi
}

async function openStand(t: TestContext, options: { readonly refuses?: string } = {}): Promise<Stand> {
  const bare = await makeRepository(t)
  const github = await openRefApi(t, bare, options)
  const open = (): ClaimNode => openNode(github.url, { remote: openApiRemote(github) })
  return { bare, github, open, apiOf: () => openRefCalls(github) }
}

const refsOf = (bare: string): Promise<string> => runGit(bare, 'for-each-ref', '--format=%(refname)', 'refs/althing', 'refs/heads')

test('where a push may not move claims they are moved by the API, work with them, and no scratch ref is left', async (t) => {
  const { bare, github, open } = await openStand(t)
  const ada = open()
  const holder = await hold(ada)
  const work = await makeWork(bare, undefined, 'work')
  assert.equal((await holder.pushWork(work, { signal })).result, 'accepted')
  assert.deepEqual(github.asked, [['refs/althing/claims/issue-7'], ['refs/althing/claims/issue-7', 'refs/heads/althing/issue-7']])
  assert.equal(await refsOf(bare), 'refs/althing/claims/issue-7\nrefs/heads/althing/issue-7\nrefs/heads/main')
})

test('of two who claim by the API at the same moment one has it', async (t) => {
  const { open } = await openStand(t)
  const results = (await Promise.all([claimFree(open()), claimFree(open())])).map(({ result }) => result)
  assert.deepEqual(results.toSorted(), ['held', 'lost'])
})

test('who lost the claim moves neither it nor the work branch by the API', async (t) => {
  const { bare, open } = await openStand(t)
  const holder = await hold(open())
  await runGit(bare, 'update-ref', '-d', 'refs/althing/claims/issue-7')
  await hold(open())
  const sent = await holder.pushWork(await makeWork(bare, undefined, 'late'), { signal })
  assert.equal(sent.result, 'lost')
  assert.equal(await refsOf(bare), 'refs/althing/claims/issue-7\nrefs/heads/main')
})

test('F21: an answer of the API that is lost before or after it took effect, or is no answer, is read back', async (t) => {
  const { github, open } = await openStand(t)
  for (const [index, mischief] of (
    ['drop', 'drop-after', { status: 200, body: { errors: [{ message: 'Something went wrong' }] } }] as const
  ).entries()) {
    let isFirst = true
    github.mischief = () => (isFirst ? ((isFirst = false), mischief) : undefined)
    await hold(open(), taskKeyOfIssue(index + 1))
    assert.equal(isFirst, false)
  }
})

test('what GitHub says of a move is a refusal with its words, a pause that it asks for, or nothing that can be known', async (t) => {
  const { github, apiOf } = await openStand(t)
  const updates = [{ ref: 'refs/heads/none', old: undefined, new: undefined }]
  const say = (errors: readonly object[]): Promise<string | undefined> => {
    github.mischief = () => ({ status: 200, body: { data: { updateRefs: null }, errors } })
    return apiOf().moveRefs(updates, { signal })
  }
  assert.equal(
    await say([
      { type: 'UNPROCESSABLE', message: 'a' },
      { type: 'FORBIDDEN', message: 'b' },
    ]),
    'a; b',
  )
  await assert.rejects(say([{ message: 'Something went wrong' }]), { code: 'FORGE_FAILED' })
  await assert.rejects(say([]), { code: 'FORGE_FAILED' })
  github.mischief = () => ({ status: 200, body: { errors: [{ message: 'No such field', extensions: { code: 'undefinedField' } }] } })
  assert.equal(await apiOf().moveRefs(updates, { signal }), 'No such field')
})

test('F20: a limit of the API is told with its own time, and as a minute where it names none', async (t) => {
  const { github, apiOf } = await openStand(t)
  const date = 'Thu, 01 Jan 2026 00:00:00 GMT'
  const move = () => apiOf().moveRefs([{ ref: 'refs/heads/none', old: undefined, new: undefined }], { signal })
  const limited = { errors: [{ type: 'RATE_LIMITED', message: 'wait' }] }
  github.mischief = () => ({
    status: 200,
    body: limited,
    headers: { date, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1767229200' },
  })
  await assert.rejects(move(), { code: 'FORGE_LIMITED', data: { retryAfterMs: 3_600_000 } })
  const secondary = { errors: [{ message: 'You have exceeded a secondary rate limit.' }] }
  for (const body of [limited, secondary]) {
    github.mischief = () => ({ status: 200, body })
    await assert.rejects(move(), { code: 'FORGE_LIMITED', data: { retryAfterMs: 60_000 } })
  }
})

test('of several moves that need not go together those that can are made', async (t) => {
  const { bare, open, apiOf } = await openStand(t)
  const main = (await open().remote.listRefs(['refs/heads/main'], { signal })).get('refs/heads/main')
  const { refs } = await moveByApi({ remote: open().remote, api: apiOf(), chance: systemChance }).push(
    {
      updates: [
        { ref: 'refs/heads/one', old: undefined, new: main },
        { ref: 'refs/heads/main', old: undefined, new: main },
      ],
      objects: [],
      isAtomic: false,
    },
    { signal },
  )
  assert.deepEqual(
    refs.map(({ result }) => result),
    ['accepted', 'refused'],
  )
  assert.equal(await refsOf(bare), 'refs/heads/main\nrefs/heads/one')
})

test('a doctor picks the API where pushes take branches alone, and branches where there is no API', async (t) => {
  const { bare, github, apiOf } = await openStand(t)
  const node = openNode(github.url)
  const withApi = await examineForge({ ...node, api: apiOf() }, { signal })
  assert.equal(withApi.form, 'api')
  assert.deepEqual(
    withApi.lines.flatMap(({ property, isGood }) => (isGood ? [] : [property])),
    ['refs can be made under refs/althing/doctor/'],
  )
  assert.equal((await examineForge(node, { signal })).form, 'heads')
  assert.equal(await refsOf(bare), 'refs/heads/main')
})

test('a doctor says when what is pushed sets checks off', async (t) => {
  const bare = await makeRepository(t)
  const node = openNode(bare)
  const asked: string[] = []
  const examine = (state: 'none' | 'pending') =>
    examineForge({ ...node, findChecks: async (commit) => (asked.push(commit), state) }, { signal })
  const [quiet, loud] = [(await examine('none')).lines.at(-1), await examine('pending')]
  assert.deepEqual([quiet?.property, quiet?.isGood], ['a push of claims starts no checks', true])
  assert.deepEqual([loud.lines.at(-1)?.isGood, loud.form], [false, 'native'])
  assert.match(asked[0] ?? '', /^[0-9a-f]{40}$/)
})
