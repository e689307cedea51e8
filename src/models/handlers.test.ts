import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { defaultConfig } from '../config/load.ts'
import { createSecrets } from '../config/secrets.ts'
import { createSeededChance } from '../lib/chance.ts'
import { systemClock } from '../lib/clock.ts'
import { openDatabase } from '../store/database.ts'
import { createModelHandlers } from './handlers.ts'
import { openModels } from './open-models.ts'
import { openScriptedModels } from './testing/scripted-models.ts'

const context = { signal: new AbortController().signal, hive: undefined, report: () => {} }

async function openStand(t: TestContext, knobs: { readonly endpoints: readonly string[]; readonly limits?: readonly string[] }) {
  const home = mkdtempSync(join(tmpdir(), 'althing-models-'))
  const database = openDatabase({ path: ':memory:' })
  t.after(async () => {
    await database[Symbol.asyncDispose]()
    rmSync(home, { recursive: true, force: true })
  })
  const secrets = createSecrets(home, { secrets: new Map() })
  const config = { ...(await defaultConfig()).models, limits: [], prices: ['lab/dear input=1.25 output=10'], ...knobs }
  const deps = { clock: systemClock, chance: createSeededChance(1), database, secrets }
  const handlers = createModelHandlers({ secrets, openModels: async () => openModels(deps, config) })
  return { home, handlers, models: openModels(deps, config).models }
}

test('the models of every endpoint are listed with their prices, and one that does not answer with the reason', async (t) => {
  await using server = await openScriptedModels({ reply: () => ({ text: '' }), models: ['free', 'dear'] })
  const { handlers } = await openStand(t, { endpoints: [`lab=${server.url}/v1`, 'gone=http://127.0.0.1:9/v1'] })
  const { endpoints } = await handlers['model.list']({}, context)
  assert.deepEqual(endpoints[0], {
    name: 'lab',
    url: `${server.url}/v1`,
    hasKey: false,
    failure: null,
    models: [
      { name: 'lab/free', inputPrice: 0, outputPrice: 0 },
      { name: 'lab/dear', inputPrice: 1.25, outputPrice: 10 },
    ],
  })
  assert.match(endpoints[1]?.failure ?? '', /does not answer/)
})

test('what is spent of each limit is told in its own unit', async (t) => {
  await using server = await openScriptedModels({
    reply: () => ({ text: '', usage: { input: 100_000, output: 10_000 } }),
    models: ['dear'],
  })
  const { handlers, models } = await openStand(t, {
    endpoints: [`lab=${server.url}/v1`],
    limits: ['call tokens=5000', 'day usd=5', 'month tokens=1000000'],
  })
  const request = { messages: [{ role: 'user', text: 'hello' }], tools: [], maxOutputTokens: 100 } as const
  await models.get('lab/dear').complete(request, { task: 't', signal: context.signal })
  assert.deepEqual((await handlers['model.budget']({}, context)).limits, [
    { limit: 'call tokens=5000', unit: 'tokens', allowed: 5_000, spent: null },
    { limit: 'day usd=5', unit: 'usd', allowed: 5, spent: 0.225 },
    { limit: 'month tokens=1000000', unit: 'tokens', allowed: 1_000_000, spent: 110_000 },
  ])
})

test('a key is kept for an endpoint that is set, used at once, and forgotten on demand', async (t) => {
  await using server = await openScriptedModels({ reply: () => ({ text: '' }), models: ['scripted'] })
  const { home, handlers, models } = await openStand(t, { endpoints: [`lab=${server.url}/v1`] })
  const file = join(home, 'key.txt')
  writeFileSync(file, 'sk-1\n')
  assert.deepEqual(await handlers['model.key']({ endpoint: 'lab', file, remove: false }, context), { endpoint: 'lab', status: 'kept' })
  const request = { messages: [{ role: 'user', text: 'hello' }], tools: [], maxOutputTokens: 100 } as const
  await models.get('lab/scripted').complete(request, { task: 't', signal: context.signal })
  assert.equal(server.questions[0]?.authorization, 'Bearer sk-1')
  const removed = [
    await handlers['model.key']({ endpoint: 'lab', remove: true }, context),
    await handlers['model.key']({ endpoint: 'lab', remove: true }, context),
  ]
  assert.deepEqual(
    removed.map(({ status }) => status),
    ['removed', 'missing'],
  )
  await assert.rejects(handlers['model.key']({ endpoint: 'labb', file, remove: false }, context), { code: 'MODEL_NAME_INVALID' })
})

const unreadable = [
  { endpoints: ['nowhere'] },
  { endpoints: ['Lab=http://127.0.0.1/v1'] },
  { endpoints: ['lab=ftp://127.0.0.1/v1'] },
  { endpoints: ['lab=http://ada:secret@127.0.0.1/v1'] },
  { endpoints: [], limits: ['day usd'] },
]

for (const knobs of unreadable) {
  test(`settings like ${JSON.stringify(knobs)} are said to be wrong, with an example`, async (t) => {
    await assert.rejects(
      openStand(t, knobs),
      (error: Error) =>
        /MODELS_CONFIG_INVALID/.test(JSON.stringify(error)) && /like/.test(error.message) && !error.message.includes('secret'),
    )
  })
}

test('a limit of money holds back a hosted model whose price nobody knows', async (t) => {
  const { models } = await openStand(t, { endpoints: ['far=http://models.example/v1'], limits: ['day usd=5'] })
  const request = { messages: [], tools: [], maxOutputTokens: 1 }
  await assert.rejects(models.get('far/unheard-of').complete(request, { task: 't', signal: context.signal }), { code: 'PRICE_UNKNOWN' })
  assert.equal(models.get('far/unheard-of').findHindrance({ maxOutputTokens: 1 })?.code, 'PRICE_UNKNOWN')
})
