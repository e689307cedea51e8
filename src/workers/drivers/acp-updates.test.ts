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
const use = (title: string): SessionUpdate => ({ sessionUpdate: 'tool_call', toolCallId: '1', title })
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
