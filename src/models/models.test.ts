import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configFaults } from '../config/faults.ts'
import { createSeededChance } from '../lib/chance.ts'
import type { Clock } from '../lib/clock.ts'
import { systemClock } from '../lib/clock.ts'
import { openDatabase } from '../store/database.ts'
import { createSpendLedger } from './ledger.ts'
import type { CompletionRequest } from './model.ts'
import { createModels } from './models.ts'
import type { Models } from './models.ts'
import { createOpenAIEndpoint } from './openai-endpoint.ts'
import { createPriceList } from './prices.ts'
import { parseModelSettings } from './settings.ts'
import { openScriptedModels } from './testing/scripted-models.ts'
import type { ScriptedModels, ScriptedReply } from './testing/scripted-models.ts'

const hello: CompletionRequest = { messages: [{ role: 'user', text: 'hello' }], tools: [], maxOutputTokens: 100 }
const key = 'sk-canary-4711'

interface Stand extends AsyncDisposable {
  readonly server: ScriptedModels
  readonly models: Models
}

async function openStand(
  replies: readonly ScriptedReply[],
  options: {
    readonly limits?: readonly string[]
    readonly prices?: readonly string[]
    readonly hasOpenAIList?: boolean
    readonly callTimeoutMs?: number
    readonly clock?: Clock
    readonly stallTimeoutMs?: number
    readonly findKey?: () => Promise<string>
  } = {},
): Promise<Stand> {
  const stack = new AsyncDisposableStack()
  const server = stack.use(
    await openScriptedModels({
      reply: ({ turn }) => replies[Math.min(turn, replies.length - 1)] ?? { fails: 'drop' },
      models: ['scripted', 'other'],
      hasOpenAIList: options.hasOpenAIList ?? true,
    }),
  )
  const settings = parseModelSettings({ endpoints: [`lab=${server.url}/v1`], limits: options.limits ?? [], prices: options.prices ?? [] })
  const database = stack.use(openDatabase({ path: ':memory:' }))
  const { clock = systemClock } = options
  const deps = { clock, fetch, findKey: options.findKey ?? (() => Promise.resolve(key)) }
  const models = createModels(
    {
      clock,
      chance: createSeededChance(1),
      ledger: createSpendLedger({ database, clock }, settings),
      findPrice: createPriceList(settings.prices),
      openEndpoint: (setting) =>
        createOpenAIEndpoint(setting, deps, { stallTimeoutMs: options.stallTimeoutMs ?? 30_000, maxAnswerBytes: 200_000 }),
    },
    { ...settings, callTimeoutMs: options.callTimeoutMs ?? 30_000, attempts: 3, retryBaseMs: 1 },
  )
  return { server, models, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** The machine's clock, on which what sleeps wakes at once, and its time has passed. */
function createNimbleClock(): { readonly clock: Clock; readonly slept: readonly number[] } {
  const slept: number[] = []
  let ahead = 0
  const sleep: Clock['sleep'] = async (ms) => {
    slept.push(ms)
    ahead += ms
  }
  return { clock: { ...systemClock, monotonic: () => systemClock.monotonic() + ahead, sleep }, slept }
}

const ask = ({ models }: Stand, request = hello) =>
  models.get('lab/scripted').complete(request, { task: 't', signal: new AbortController().signal })

test('a model answers with words and with calls of tools, and what it took is written down', async () => {
  await using stand = await openStand([
    { text: 'I look.', calls: [{ name: 'read', input: { path: 'a.ts' } }], usage: { input: 100, output: 20 } },
  ])
  const tools = [{ name: 'read', description: 'reads a file', input: { type: 'object', properties: { path: { type: 'string' } } } }]
  assert.deepEqual(await ask(stand, { ...hello, tools }), {
    text: 'I look.',
    calls: [{ id: 'call-0', name: 'read', text: '{"path":"a.ts"}', input: { path: 'a.ts' } }],
    finish: 'calls',
    usage: { inputTokens: 100, outputTokens: 20 },
    took: { usd: 0, tokens: 120, requests: 1 },
  })
  assert.deepEqual(stand.models.ledger.spentFor('t'), { usd: 0, tokens: 120, requests: 1 })
  assert.equal(stand.server.questions[0]?.authorization, `Bearer ${key}`)
})

test('the answers of tools go back under the names of their calls', async () => {
  await using stand = await openStand([{ text: 'done' }])
  const call = { id: 'c1', name: 'read', input: { path: 'a' }, text: '{"path":"a"}' }
  await ask(stand, {
    ...hello,
    messages: [...hello.messages, { role: 'assistant', text: '', calls: [call] }, { role: 'tool', call, text: 'bytes' }],
  })
  const [, assistant, tool] = stand.server.questions[0]?.messages ?? []
  assert.equal(assistant?.role, 'assistant')
  assert.deepEqual([tool?.role, tool?.tool_call_id, tool?.content], ['tool', 'c1', 'bytes'])
})

test('input of a tool that is no JSON is handed on as what was written', async () => {
  await using stand = await openStand([{ calls: [{ name: 'read', input: '{"path": ' }] }])
  const { calls } = await ask(stand)
  assert.deepEqual([calls[0]?.input, calls[0]?.text], [undefined, '{"path": '])
})

test('a cut at the longest answer and a refusal are told apart from an end', async () => {
  await using stand = await openStand([{ text: 'so', finish: 'length' }, { finish: 'content_filter' }, { text: 'end' }])
  assert.deepEqual([(await ask(stand)).finish, (await ask(stand)).finish, (await ask(stand)).finish], ['length', 'refused', 'stop'])
})

const failures: readonly { readonly reply: ScriptedReply; readonly code: string; readonly questions: number; readonly says?: RegExp }[] = [
  { reply: { fails: 'hang' }, code: 'MODEL_STALLED', questions: 1, says: /said nothing for 100 ms/ },
  { reply: { fails: 'stall' }, code: 'MODEL_STALLED', questions: 1, says: /said nothing for 100 ms/ },
  { reply: { fails: 'endless' }, code: 'MODEL_ANSWER_INVALID', questions: 1, says: /sent more than \d+ bytes/ },
  { reply: { fails: 'garbage' }, code: 'MODEL_ANSWER_INVALID', questions: 1 },
  { reply: { fails: 'cut' }, code: 'MODEL_ANSWER_INVALID', questions: 1 },
  { reply: { fails: 'drop' }, code: 'MODEL_UNREACHABLE', questions: 3 },
  { reply: { status: 500, body: 'oops' }, code: 'MODEL_UNREACHABLE', questions: 3 },
  { reply: { status: 400, body: 'too long' }, code: 'MODEL_REFUSED', questions: 1 },
  { reply: { status: 404 }, code: 'MODEL_MISSING', questions: 1 },
  { reply: { status: 302, headers: { location: 'http://127.0.0.1:9/' } }, code: 'MODEL_REFUSED', questions: 1 },
]

for (const { reply, code, questions, says = /./ } of failures) {
  test(`F27: an endpoint that does ${JSON.stringify(reply)} ends in ${code} after ${questions} questions`, async () => {
    await using stand = await openStand([reply], code === 'MODEL_STALLED' ? { stallTimeoutMs: 100 } : {})
    await assert.rejects(ask(stand), { code, message: says })
    assert.equal(stand.server.questions.length, questions)
  })
}

test('F27: a call that comes to no end in its time is given up', async () => {
  await using stand = await openStand([{ fails: 'hang' }], { callTimeoutMs: 50 })
  await assert.rejects(ask(stand), { code: 'MODEL_STALLED', data: { model: 'lab/scripted', ms: 50 } })
})

test('F20: an endpoint that says to wait is waited for, by every call', async () => {
  const { clock, slept } = createNimbleClock()
  await using stand = await openStand([{ status: 429, headers: { 'retry-after': '2' } }, { text: 'now' }], { clock })
  assert.equal((await ask(stand)).text, 'now')
  assert.equal((await ask(stand)).text, 'now')
  assert.equal(slept.length, 1)
  assert.ok((slept[0] ?? 0) > 1_900 && (slept[0] ?? 0) <= 2_000, `${slept[0]} ms`)
})

test('F20: an endpoint that fails is asked again within the requests of a minute', async () => {
  const { clock, slept } = createNimbleClock()
  await using stand = await openStand([{ status: 500 }, { status: 500 }, { text: 'now' }], { clock, limits: ['minute requests=2'] })
  assert.equal((await ask(stand)).text, 'now')
  assert.equal(stand.server.questions.length, 3)
  assert.ok((slept.at(-1) ?? 0) > 50_000, `${slept.join(' ms, ')} ms`)
  assert.equal(stand.models.ledger.spentFor('t').requests, 3)
})

test('F20: an endpoint that wants to be left alone for longer than a call may take is not asked again', async () => {
  await using stand = await openStand([{ status: 429, headers: { 'retry-after': '3600' } }])
  await assert.rejects(ask(stand), { code: 'MODEL_THROTTLED' })
  await assert.rejects(ask(stand), { code: 'MODEL_THROTTLED' })
  assert.equal(stand.server.questions.length, 1)
})

test('S28: a key that an endpoint repeats is in no fault', async () => {
  await using stand = await openStand([{ status: 401, body: `bad key ${key}` }])
  await assert.rejects(ask(stand), (error: Error) => {
    assert.ok(!JSON.stringify([error.message, error]).includes(key))
    return 'code' in error && error.code === 'MODEL_DENIED'
  })
})

test('a call that could go past a limit is not sent, and the limit holds for all that was spent before', async () => {
  await using stand = await openStand([{ text: 'a', usage: { input: 400, output: 100 } }], { limits: ['task tokens=700'] })
  await ask(stand)
  await assert.rejects(ask(stand, { ...hello, maxOutputTokens: 300 }), {
    code: 'BUDGET_SPENT',
    data: { model: 'lab/scripted', limit: 'task tokens=700', period: 'task', wanted: 318, spent: 500, allowed: 700 },
  })
  assert.equal(stand.server.questions.length, 1)
})

test('an answer whose tokens nobody counted is paid for as if it had been the longest', async () => {
  await using stand = await openStand([{ text: 'a', usage: null }])
  await ask(stand)
  assert.equal(stand.models.ledger.spentFor('t').tokens, 118)
})

test('what was refused before a model had it costs nothing', async () => {
  await using stand = await openStand([{ status: 400 }])
  await assert.rejects(ask(stand), { code: 'MODEL_REFUSED' })
  assert.equal(stand.models.ledger.spentFor('t').tokens, 0)
})

test('F27: what was never sent costs nothing: no connection came about, or the endpoint wants to be left alone', async () => {
  const closed = await openStand([])
  await closed.server[Symbol.asyncDispose]()
  await assert.rejects(ask(closed), { code: 'MODEL_UNREACHABLE' })
  assert.deepEqual(closed.models.ledger.spentFor('t'), { usd: 0, tokens: 0, requests: 0 })
  await closed[Symbol.asyncDispose]()
  await using busy = await openStand([{ status: 429, headers: { 'retry-after': '3600' } }])
  await assert.rejects(ask(busy), { code: 'MODEL_THROTTLED' })
  await assert.rejects(ask(busy), { code: 'MODEL_THROTTLED' })
  assert.deepEqual(busy.models.ledger.spentFor('t'), { usd: 0, tokens: 0, requests: 1 })
})

test('S28: a key that others can read is not sent, and a call without it costs nothing', async () => {
  const findKey = () => Promise.reject(configFaults.create('SECRET_EXPOSED', { message: 'by the test', data: {} }))
  await using stand = await openStand([{ text: 'a' }], { findKey })
  await assert.rejects(ask(stand), { code: 'SECRET_EXPOSED' })
  assert.deepEqual([stand.server.questions.length, stand.models.ledger.spentFor('t').requests], [0, 0])
})

test('what broke off after it was sent counts in full: nobody knows what became of it', async () => {
  await using stand = await openStand([{ fails: 'drop' }])
  await assert.rejects(ask(stand), { code: 'MODEL_UNREACHABLE', data: { model: 'lab/scripted', status: 0, isSent: true } })
  assert.deepEqual(stand.models.ledger.spentFor('t'), { usd: 0, tokens: 118, requests: 3 })
})

test('F27: a call for which a minute has no room in its time is given up, and was not sent', async () => {
  await using stand = await openStand([{ text: 'a' }], { limits: ['minute requests=1'], callTimeoutMs: 50 })
  const { ledger } = stand.models
  await ledger.reserve(
    { model: 'lab/scripted', task: 't', wanted: { usd: 0, tokens: 0, requests: 1 } },
    { signal: new AbortController().signal },
  )
  await assert.rejects(ask(stand), { code: 'MODEL_STALLED' })
  assert.deepEqual([stand.server.questions.length, ledger.spentFor('t').requests], [0, 1])
})

test('models are listed as OpenAI lists them, and as Ollama does', async () => {
  for (const hasOpenAIList of [true, false]) {
    await using stand = await openStand([], { hasOpenAIList })
    const [report] = await stand.models.list({ signal: new AbortController().signal })
    assert.deepEqual(report?.models, ['scripted', 'other'])
  }
})

test('a name without an endpoint, or of one that is not set, is said to be wrong', async () => {
  await using stand = await openStand([])
  for (const name of ['gpt-5', 'nowhere/gpt-5', 'lab/', ''])
    assert.throws(() => stand.models.get(name), { code: 'MODEL_NAME_INVALID', message: /lab/ }, name)
})

test('a day that is spent is told beforehand, and asks nobody', async () => {
  const paid = { text: 'a', usage: { input: 400, output: 100 } }
  await using stand = await openStand([paid], { limits: ['day tokens=700'] })
  const model = stand.models.get('lab/scripted')
  assert.equal(model.findHindrance({ maxOutputTokens: 300 }), undefined)
  await ask(stand)
  assert.equal(model.findHindrance({ maxOutputTokens: 300 })?.code, 'BUDGET_SPENT')
  assert.equal(stand.server.questions.length, 1)
})

test('what a model costs is told in dollars for a million tokens, asked and answered half each, and nothing where nobody says', async () => {
  await using stand = await openStand([], { prices: ['lab/scripted input=3 output=15'] })
  assert.equal(stand.models.priceOf('lab/scripted'), 9)
  assert.equal(stand.models.priceOf('lab/other'), 0)
  assert.throws(() => stand.models.priceOf('nowhere/scripted'), { code: 'MODEL_NAME_INVALID' })
})
