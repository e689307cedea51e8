import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineOperation } from './define-operation.ts'
import { createDispatcher } from './dispatch.ts'

const greet = defineOperation({
  name: 'desk.greet',
  summary: 'Greet somebody',
  input: { name: { type: 'text', help: 'who' }, times: { type: 'integer', help: 'how often', default: 1 } },
  output: (z) => z.object({ said: z.string() }),
  faults: [],
  isReadOnly: true,
  needsPeers: false,
  examples: [],
})
const wave = { ...greet, name: 'desk.wave' }
const signal = new AbortController().signal
const call = createDispatcher([greet, wave], {
  'desk.greet': async ({ name, times }: { name: string; times: number }, { hive }) => ({ said: `${name} ${times} ${hive ?? 'here'}` }),
})

test('a handler gets parsed input with defaults, and the hive that was named', async () => {
  assert.deepEqual(await call('desk.greet', { name: 'ada' }, { signal, hive: 'workbench' }), { said: 'ada 1 workbench' })
})

test('input the declaration does not take never reaches the handler', async () => {
  await assert.rejects(call('desk.greet', { name: 3 }, { signal }), { code: 'INPUT_INVALID' })
})

test('an unknown operation is a fault that names the nearest one', async () => {
  await assert.rejects(call('desk.great', {}, { signal }), { code: 'OPERATION_UNKNOWN', message: /Did you mean desk\.greet/ })
  await assert.rejects(call('constructor', {}, { signal }), { code: 'OPERATION_UNKNOWN' })
})

test('an operation without a handler on this node is a fault of its own', async () => {
  await assert.rejects(call('desk.wave', { name: 'ada' }, { signal }), { code: 'OPERATION_UNAVAILABLE' })
})

test('a call that was aborted before it began is not begun', async () => {
  await assert.rejects(call('desk.greet', { name: 'ada' }, { signal: AbortSignal.abort(new Error('gone')) }), /gone/)
})

test("a deadline inside of the work is told as one, not as a bug; that of the caller stays the caller's", async () => {
  const late = createDispatcher([greet], {
    'desk.greet': () => Promise.reject(new DOMException('no answer within 30000 ms', 'TimeoutError')),
  })
  await assert.rejects(late('desk.greet', { name: 'ada' }, { signal }), {
    code: 'OPERATION_LATE',
    kind: 'timeout',
    message: /no answer within/,
  })
  const own = new AbortController()
  const cancelled = createDispatcher([greet], {
    'desk.greet': async () => {
      own.abort(new DOMException('late', 'TimeoutError'))
      own.signal.throwIfAborted()
    },
  })
  await assert.rejects(cancelled('desk.greet', { name: 'ada' }, { signal: own.signal }), { name: 'TimeoutError' })
})
