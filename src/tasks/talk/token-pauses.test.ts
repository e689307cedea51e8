import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { nodeOf, testHive } from '../../journal/testing/bench-of-peers.ts'
import type { VirtualClock } from '../../lib/virtual-clock.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import { createForges } from '../forges/create-forge.ts'
import type { Forge } from '../forges/forge.ts'
import type { FixtureForge } from '../testing/fixture-forge.ts'
import { openFixture } from '../testing/fixture-forge.ts'
import { fixtureDialects } from '../testing/forge-stand.ts'
import { openTalkBench } from '../testing/talk-bench.ts'
import { testProject, testToken } from '../testing/test-names.ts'
import type { TaskNews } from './protocol.ts'
import { TokenPauses } from './token-pauses.ts'

const { signal } = new AbortController()
const forge = 'api.github.com'

interface Node {
  readonly pauses: TokenPauses
  readonly said: TaskNews[]
}

/** A node whose words reach nobody by themselves. */
function nodeOn(clock: VirtualClock): Node {
  const said: TaskNews[] = []
  return { said, pauses: new TokenPauses({ hive: testHive, clock, tell: (news) => said.push(news) }) }
}

/** Passes on what one node said. */
function pass(from: Node, to: Node, by: string): void {
  for (const news of from.said.splice(0)) if (news.news === 'limited') to.pauses.hear(news, nodeOf(by))
}

/** A forge as each of several nodes has it, which share one token and tell each other of pauses. */
async function openNodes(t: TestContext, nodes: readonly Node[], clock: VirtualClock): Promise<readonly [FixtureForge, readonly Forge[]]> {
  const fixture = await openFixture(t, fixtureDialects.github)
  fixture.state.addIssue()
  const project = { id: testProject, url: `${fixture.origin}/team/shop.git`, forge: 'github', base: 'main' } as const
  const forges = nodes.map(({ pauses }) =>
    createForges(
      { clock, fetch, findToken: async () => testToken, accessLog: { note: () => {} } },
      { timeoutMs: 30_000, maxAnswerBytes: 4_194_304, allowsPlainHttp: false, writeGapMs: 0, maxPauseMs: 0 },
    )(project, pauses),
  )
  return [fixture, await Promise.all(forges)]
}

test('F20: after the forge asked one node for a pause no other with the same token sends anything, until it is over', async (t) => {
  const clock = createVirtualClock({ startsAt: 0 })
  const [ada, bob] = [nodeOn(clock), nodeOn(clock)]
  const [fixture, forges] = await openNodes(t, [ada, bob], clock)
  const [adas, bobs] = forges as readonly [Forge, Forge]
  const limits = [
    { status: 403, body: { message: 'You have exceeded a secondary rate limit.' } },
    { status: 429, headers: { 'retry-after': '60' } },
  ]
  for (const limit of limits) {
    fixture.mischief = () => limit
    await assert.rejects(adas.issue(1, { signal }), { code: 'FORGE_LIMITED' })
    pass(ada, bob, 'ada')
    fixture.mischief = () => undefined
    fixture.seen.length = 0
    await clock.advance(59_000)
    await assert.rejects(bobs.issue(1, { signal }), { code: 'FORGE_LIMITED', data: { retryAfterMs: 1_000 } })
    await assert.rejects(bobs.setOpen(1, false, { signal }), { code: 'FORGE_LIMITED' })
    assert.deepEqual([fixture.seen.length, bob.said.length], [0, 0])
    await clock.advance(1_000)
    assert.equal((await bobs.issue(1, { signal })).number, 1)
  }
})

test('F20: a budget that is nearly spent is told too, and what is told once is not told with each answer', async (t) => {
  const clock = createVirtualClock({ startsAt: Date.UTC(2026, 0, 1) })
  const ada = nodeOn(clock)
  const [fixture, forges] = await openNodes(t, [ada], clock)
  const headers = {
    'x-ratelimit-limit': '5000',
    'x-ratelimit-remaining': '50',
    'x-ratelimit-reset': String(Date.UTC(2026, 0, 1, 0, 10) / 1_000),
  }
  fixture.mischief = () => ({ status: 404, headers: { ...headers, date: 'Thu, 01 Jan 2026 00:00:00 GMT' } })
  await Promise.allSettled(forges.flatMap((adas) => [1, 2, 3].map((number) => adas.issue(number, { signal }))))
  assert.deepEqual(
    ada.said.map((news) => (news.news === 'limited' ? news.waitMs : news)),
    [600_000],
  )
})

test('F20: nodes that share a budget spend it together and never ask for more', async (t) => {
  const start = Date.UTC(2026, 0, 1)
  const [clock, budget] = [createVirtualClock({ startsAt: start }), 200]
  const nodes = ['ada', 'bob', 'cy'].map((name) => ({ name, ...nodeOn(clock) }))
  const [fixture, forges] = await openNodes(t, nodes, clock)
  let [asked, refused] = [0, 0]
  fixture.mischief = () => {
    asked += 1
    if (asked > budget) refused += 1
    const left = { 'x-ratelimit-limit': String(budget), 'x-ratelimit-remaining': String(Math.max(0, budget - asked)) }
    const headers = { ...left, 'x-ratelimit-reset': String(start / 1_000 + 600), date: new Date(start).toUTCString() }
    return { status: asked > budget ? 403 : 404, headers }
  }
  const codes = new Set<unknown>()
  const askOn = async (reached: Forge, node: Node): Promise<void> => {
    for (let code: unknown; code !== 'FORGE_LIMITED'; codes.add(code)) {
      code = await reached.issue(1, { signal }).catch((error: { readonly code?: unknown }) => error.code)
      for (const other of nodes)
        if (other !== node) for (const news of node.said) if (news.news === 'limited') other.pauses.hear(news, nodeOf('ada'))
    }
  }
  await Promise.all(forges.map((each, index) => askOn(each, nodes[index] ?? assert.fail())))
  assert.deepEqual([refused, [...codes]], [0, ['FORGE_MISSING', 'FORGE_LIMITED']])
  assert.ok(asked >= budget - 3, `${asked} of ${budget}`)
})

test('S28: of a token nothing is told but a keyed hash, and who has another or asks another forge is not concerned', () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const [ada, bob] = [nodeOn(clock), nodeOn(clock)]
  ada.pauses.tell({ forge, token: testToken, ms: 5_000 })
  const [news] = ada.said
  assert.deepEqual(news, { news: 'limited', forge, mark: 'a5972dedda335386', waitMs: 5_000 })
  pass(ada, bob, 'ada')
  const heard = [bob.pauses.heard(forge, testToken), bob.pauses.heard(forge, 'another'), bob.pauses.heard('gitlab.com', testToken)]
  assert.deepEqual(heard, [5_000, 0, 0])
})

test('pauses go from member to member, and no word of one holds another back for more than a quarter of an hour', async (t) => {
  const { clock, open } = openTalkBench(t)
  const [ada, bob] = await open(['ada', 'bob'])
  ada?.talk.pauses.tell({ forge, token: testToken, ms: 86_400_000 })
  await clock.advance(1_000)
  const left = bob?.talk.pauses.heard(forge, testToken) ?? 0
  assert.ok(left > 890_000 && left <= 900_000, String(left))
})
