import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Fault } from '../../lib/fault.ts'
import type { Json } from '../../lib/json.ts'
import type { CompletionRequest } from '../../models/model.ts'
import type { Model, PaidCompletion } from '../../models/models.ts'
import type { Driver, WorkerEvent, WorkerOutcome } from '../driver.ts'
import type { Behaviour, DriverStand } from '../suite/driver-suite.ts'
import { openDriverStand, testDriver } from '../suite/driver-suite.ts'
import { createModelDriver } from './model-driver.ts'
import { toolDeclarations } from './tools.ts'

type Step = { readonly text?: string; readonly calls?: readonly (readonly [name: string, input: Json | undefined])[] } | Fault | 'hang'

/** A model that says one thing after the other; the last again and again. */
function scriptedModel(steps: readonly Step[], asked: CompletionRequest[] = []): Model {
  return {
    name: 'lab/scripted',
    findHindrance: () => undefined,
    complete: async (request, { signal }): Promise<PaidCompletion> => {
      asked.push({ ...request, messages: [...request.messages] })
      const step = steps[Math.min(asked.length, steps.length) - 1] ?? assert.fail('no step')
      if (step === 'hang') return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      if (step instanceof Fault) throw step
      const calls = (step.calls ?? []).map(([name, input], index) => ({ id: `c${index}`, name, input, text: JSON.stringify(input) ?? '{' }))
      const took = { usd: 3, tokens: 20, requests: 1 }
      return { text: step.text ?? '', calls, finish: calls.length > 0 ? 'calls' : 'stop', usage: undefined, took }
    },
  }
}

const driverOf = (steps: readonly Step[], asked?: CompletionRequest[]): Driver =>
  createModelDriver({ model: scriptedModel(steps, asked) }, { maxOutputTokens: 1_000, timeoutMs: 10_000, maxAnswerLength: 2_000 })

const finish = ['finish', { title: 'Say hello', summary: 'It says hello.', decision: 'a file', why: 'asked for' }] as const
const behaviours: Readonly<Partial<Record<Behaviour, readonly Step[]>>> = {
  done: [{ calls: [['write', { path: 'hello.txt', content: 'hello\n' }]] }, { calls: [finish] }],
  'gives-up': [{ calls: [['give_up', { reason: 'there is nothing to do' }]] }],
  'asks-person': [{ calls: [['ask_person', { question: 'which database?' }]] }],
  hangs: ['hang'],
  endless: [{ calls: [['run', { command: 'date +%N' }]] }],
  garbage: [{ calls: [['write', undefined]] }],
  crashes: [new Fault('MODEL_ANSWER_INVALID', 'invalid', { message: 'lab sends what is no answer' })],
  'odd-bytes': [{ calls: [['run', { command: String.raw`printf 'caf\351 \377'; printf '\377' >&2` }]] }, { calls: [finish] }],
  refuses: [{ text: 'I would rather not.' }],
  'is-unavailable': [new Fault('MODEL_UNREACHABLE', 'unavailable', { message: 'lab does not answer' })],
}

testDriver('model', {
  open: async (behaviour) => driverOf(behaviours[behaviour] ?? assert.fail()),
  failures: [
    { behaviour: 'endless', reason: /no end in 30 turns/ },
    { behaviour: 'garbage', reason: /asked write for the same 3 times/ },
    { behaviour: 'crashes', reason: /lab sends what is no answer/ },
    { behaviour: 'refuses', reason: /stopped without saying/ },
  ],
  hindrances: [{ behaviour: 'is-unavailable', reason: /lab does not answer/ }],
})

async function play(steps: readonly Step[], stand: DriverStand, asked: CompletionRequest[] = []): Promise<readonly WorkerEvent[]> {
  return Array.fromAsync(driverOf(steps, asked).run(stand.assignment, stand.tools, { signal: new AbortController().signal }))
}
const outputsOf = (events: readonly WorkerEvent[]): readonly string[] =>
  events.flatMap((event) => (event.type === 'tool' ? [event.output] : []))
const outcomeOf = (events: readonly WorkerEvent[]): WorkerOutcome | undefined => {
  const last = events.at(-1)
  return last?.type === 'outcome' ? last.outcome : undefined
}

test('files are read by lines, found by their text, and changed in one place', async () => {
  await using stand = await openDriverStand()
  mkdirSync(join(stand.worktree, 'src'))
  writeFileSync(join(stand.worktree, 'src', 'cart.ts'), 'one\ntwo $& (.*)\nthree\n')
  const events = await play(
    [
      { calls: [['read', { path: 'src' }]] },
      { calls: [['read', { path: 'src/cart.ts', from: 2, lines: 1 }]] },
      { calls: [['search', { text: '$& (.*)' }]] },
      { calls: [['replace', { path: 'src/cart.ts', old: 'two $& (.*)', new: 'zwei $1' }]] },
      { calls: [finish] },
    ],
    stand,
  )
  assert.deepEqual(outputsOf(events), ['./\n../\ncart.ts', 'two $& (.*)', './src/cart.ts:2:two $& (.*)', 'src/cart.ts is written'])
  assert.equal(readFileSync(join(stand.worktree, 'src', 'cart.ts'), 'utf8'), 'one\nzwei $1\nthree\n')
})

test('what a model gets wrong is told to it, and it may go on', async () => {
  await using stand = await openDriverStand()
  writeFileSync(join(stand.worktree, 'a'), 'x x')
  const wrong: readonly (readonly [string, Json | undefined])[] = [
    ['fly', {}],
    ['read', undefined],
    ['read', {}],
    ['read', { path: 'nowhere' }],
    ['replace', { path: 'a', old: 'x', new: 'y' }],
    ['replace', { path: 'a', old: 'z', new: 'y' }],
    ['read', { path: 'a', from: -1 }],
    ['run', { command: 'echo out; echo err >&2; exit 3' }],
    ['search', { text: 'not there' }],
    ['ask_peers', { question: 'why?' }],
  ]
  const events = await play([...wrong.map((call): Step => ({ calls: [call] })), { calls: [finish] }], stand)
  const expected = [
    'there is no tool "fly"',
    'the input is no JSON object',
    'path must be given, as text',
    /No such file/,
    /more than once/,
    /does not stand in a/,
    'from must be a whole number',
    'out\nerr\n(ended with 3)',
    'nothing found',
    'nobody answered',
  ]
  const outputs = outputsOf(events)
  for (const [index, want] of expected.entries()) {
    if (typeof want === 'string') assert.equal(outputs[index], want)
    else assert.match(outputs[index] ?? '', want)
  }
  assert.equal(outcomeOf(events)?.outcome, 'done')
})

test('S26: words of a model are never options or code of a command, but those it runs as a command', async () => {
  await using stand = await openDriverStand()
  const path = '--help; touch broken'
  const events = await play(
    [
      { calls: [['write', { path, content: 'a -e b' }]] },
      { calls: [['read', { path }]] },
      { calls: [['search', { text: '-e b', path }]] },
      { calls: [finish] },
    ],
    stand,
  )
  assert.deepEqual(outputsOf(events), [`${path} is written`, 'a -e b', `./${path}:1:a -e b`])
  assert.throws(() => readFileSync(join(stand.worktree, 'broken')), { code: 'ENOENT' })
})

test('a long answer of a tool is shown by its beginning and its end', async () => {
  await using stand = await openDriverStand()
  const asked: CompletionRequest[] = []
  await play([{ calls: [['run', { command: 'seq 1 5000' }]] }, { calls: [finish] }], stand, asked)
  const told = asked[1]?.messages.at(-1)
  assert.ok(told?.role === 'tool' && told.text.length < 2_100)
  assert.match(told.text, /^1\n2\n[^]*characters left out[^]*5000$/)
})

test('rule 15: a model that is down, busy or spent for the day is no failure of the task', async () => {
  await using stand = await openDriverStand()
  const faults = [
    new Fault('MODEL_UNREACHABLE', 'unavailable', { message: 'lab does not answer' }),
    new Fault('BUDGET_SPENT', 'denied', { message: '$5 of "day usd=5" is spent', data: { period: 'day' } }),
  ]
  for (const fault of faults) assert.deepEqual(outcomeOf(await play([fault], stand)), { outcome: 'hindered', reason: fault.message })
})

test('a file that is no UTF-8 is shown, and not changed by its text; a mark of byte order stays where it is', async () => {
  await using stand = await openDriverStand()
  const latin = Buffer.from('caf\u00e9\n', 'latin1')
  writeFileSync(join(stand.worktree, 'latin'), latin)
  writeFileSync(join(stand.worktree, 'marked'), '\ufeffone\n')
  const events = await play(
    [
      { calls: [['read', { path: 'latin' }]] },
      { calls: [['search', { text: 'caf' }]] },
      { calls: [['replace', { path: 'latin', old: 'caf', new: 'CAF' }]] },
      { calls: [['replace', { path: 'marked', old: 'one', new: 'two' }]] },
      { calls: [finish] },
    ],
    stand,
  )
  const [read, , replaced, marked] = outputsOf(events)
  assert.equal(read, 'caf\ufffd')
  assert.match(replaced ?? '', /latin is no UTF-8/)
  assert.equal(marked, 'marked is written')
  assert.deepEqual(readFileSync(join(stand.worktree, 'latin')), latin)
  assert.equal(readFileSync(join(stand.worktree, 'marked'), 'utf8'), '\ufefftwo\n')
})

test('thoughts are kept, and a spent budget of a task is a question for a person', async () => {
  await using stand = await openDriverStand()
  const spent = new Fault('BUDGET_SPENT', 'denied', { message: '$5 of "task usd=5" is spent', data: { period: 'task' } })
  const events = await play([{ calls: [['note', { thought: 'SQLite is here already' }]] }, spent], stand)
  assert.ok(events.some((event) => event.type === 'prompt' && event.kind === 'meta_thinking' && event.text === 'SQLite is here already'))
  assert.deepEqual(outcomeOf(events), { outcome: 'needs-human', reason: '$5 of "task usd=5" is spent' })
})

test('all that a model is told is among the events, in its words', async () => {
  await using stand = await openDriverStand()
  const asked: CompletionRequest[] = []
  const events = await play([{ text: 'Well.' }, { calls: [finish] }], stand, asked)
  const told = asked.at(-1)?.messages.flatMap((message) => (message.role === 'system' || message.role === 'user' ? [message.text] : []))
  assert.equal(told?.length, 3)
  assert.deepEqual(
    events.flatMap((event) => (event.type === 'prompt' ? [event.text] : [])),
    told,
  )
})

test('F27: a title that no forge takes is made one that it does, and a title of nothing is told to the model', async () => {
  await using stand = await openDriverStand()
  const [name, words] = finish
  const events = await play(
    [{ calls: [[name, { ...words, title: ' \n' }]] }, { calls: [[name, { ...words, title: `Say\nhello ${'again '.repeat(100)}` }]] }],
    stand,
  )
  assert.deepEqual(outputsOf(events), ['title must say something'])
  const outcome = outcomeOf(events)
  assert.ok(outcome?.outcome === 'done' && outcome.title.length <= 120 && outcome.title.startsWith('Say hello again again'))
})

test('what each answer cost is told with it', async () => {
  await using stand = await openDriverStand()
  const costs = (await play([{ text: 'done', calls: [finish] }], stand)).flatMap((event) => (event.type === 'answer' ? [event.cost] : []))
  assert.deepEqual(costs, [{ tokens: 20, microUsd: 3 }])
})

test('a model that fails with tools that are not there is told of by their names', async () => {
  await using stand = await openDriverStand()
  const events = await play([{ calls: [['edit_file', { path: 'a' }]] }, {}, {}], stand)
  assert.deepEqual(outcomeOf(events), {
    outcome: 'failed',
    reason: 'it stopped without saying whether the task is done; it asked for tools that are not there: "edit_file"',
  })
})

test('the guide has every tool with its arguments', () => {
  const guide = readFileSync(new URL('../../../docs/guide/tasks.md', import.meta.url), 'utf8')
  for (const { name, input } of toolDeclarations) {
    const { properties, required } = input as { readonly properties: object; readonly required: readonly string[] }
    const words = Object.keys(properties).map((word) => (required.includes(word) ? `\`${word}\`` : `\`[${word}]\``))
    assert.ok(guide.includes(`| \`${name}\` | ${words.join(', ')} |`), `${name}: ${words.join(', ')}`)
  }
})
