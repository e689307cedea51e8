import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SessionUpdate } from '@agentclientprotocol/sdk'
import { decodeText } from '../../lib/bytes.ts'
import { createCapture } from '../capture.ts'
import type { WorkerEvent } from '../driver.ts'
import { createUpdateReader } from './acp-updates.ts'
import { openEventQueue } from './event-queue.ts'

const say = (text: string): SessionUpdate => ({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } })
const think = (text: string): SessionUpdate => ({ sessionUpdate: 'agent_thought_chunk', content: { type: 'text', text } })
const use = (title: string): SessionUpdate => ({ sessionUpdate: 'tool_call', toolCallId: title, title, status: 'completed' })
const unrelated: SessionUpdate = { sessionUpdate: 'plan', entries: [] }

async function readAll(updates: readonly SessionUpdate[], maxSize = 10_000): Promise<readonly WorkerEvent[]> {
  const queue = openEventQueue<WorkerEvent>(maxSize)
  const reader = createUpdateReader(queue)
  updates.every(reader.read)
  reader.end()
  queue.close()
  return Array.fromAsync(queue)
}

test('S28: a secret that comes in pieces is not in the transcript', async () => {
  const capture = createCapture({ monotonic: () => 0 }, { maxBytes: 10_000, secrets: ['canary-4711'] })
  const pieces = ['the key is can', 'ary', '-47', '11.'].map(say)
  for (const event of await readAll([...pieces.slice(0, 2), unrelated, ...pieces.slice(2)])) capture.add(event)
  const text = decodeText(capture.bytes())
  assert.match(text, /the key is \[a secret of this node\]\./)
})

test('what an agent says is one event for each thing it says, in the order in which it said and did them', async () => {
  const events = await readAll([think('hm'), think('m'), say('I '), say('look.'), use('read a'), say(''), say('Done.')])
  assert.deepEqual(
    events.map((event) => (event.type === 'tool' ? event.input : event.type === 'answer' || event.type === 'thought' ? event.text : '')),
    ['hmm', 'I look.', 'read a', 'Done.'],
  )
})

test('F27: what an agent says is counted by its length, and is enough however it is cut', async () => {
  const reader = createUpdateReader(openEventQueue<WorkerEvent>(1_000))
  assert.ok(reader.read(say('x'.repeat(900))))
  assert.equal(reader.read(say('x'.repeat(100))), false)
  const empty = createUpdateReader(openEventQueue<WorkerEvent>(1_000))
  assert.equal(Array.from({ length: 20 }, () => empty.read(say(''))).at(-1), false)
  assert.deepEqual(
    (await readAll([say('x'.repeat(900)), say('y'.repeat(900)), say('z')], 1_000)).map(
      (event) => event.type === 'answer' && event.text.length,
    ),
    [1_800],
  )
})

const begin: SessionUpdate = { sessionUpdate: 'tool_call', toolCallId: 'c1', title: 'Run the tests', kind: 'execute', status: 'pending' }

test('one tool call is one event, though its updates say only what changed', async () => {
  const events = await readAll([
    begin,
    { sessionUpdate: 'tool_call_update', toolCallId: 'c1', status: 'in_progress', rawOutput: 'ok 1' },
    use('read a'),
    { sessionUpdate: 'tool_call_update', toolCallId: 'c1', status: 'failed' },
    { sessionUpdate: 'tool_call', toolCallId: 'c2', title: 'Look' },
  ])
  assert.deepEqual(events, [
    { type: 'tool', name: 'other', input: 'read a', output: '', isError: false },
    { type: 'tool', name: 'execute', input: 'Run the tests', output: '"ok 1"', isError: true },
    { type: 'tool', name: 'other', input: 'Look', output: '', isError: false },
  ])
})

test('what an agent asks leave for is known by its call, and stands in the transcript with the answer', async () => {
  const queue = openEventQueue<WorkerEvent>(10_000)
  const reader = createUpdateReader(queue)
  reader.read({ ...begin, kind: 'fetch' })
  assert.equal(reader.kindOf({ toolCallId: 'c1' }), 'fetch')
  assert.equal(reader.kindOf({ toolCallId: 'c1', kind: 'edit' }), 'edit')
  assert.equal(reader.kindOf({ toolCallId: 'c2' }), undefined)
  reader.asked({ toolCallId: 'c1' }, 'reject_once')
  queue.close()
  assert.deepEqual(await Array.fromAsync(queue), [
    { type: 'tool', name: 'permission', input: 'Run the tests', output: 'reject_once', isError: false },
  ])
})

test('the last words of an agent are what it said last, also when it ended after using a tool', () => {
  const reader = createUpdateReader(openEventQueue<WorkerEvent>(10_000))
  for (const update of [say('I look.'), use('read a'), say('It is '), say('mended.'), use('run b'), say(' \n')]) reader.read(update)
  assert.equal(reader.lastWords().trim(), 'It is mended.')
})
