import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VirtualClock } from '../lib/virtual-clock.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import type { Channel } from '../network/host.ts'
import { PeerSession } from './peer-session.ts'
import type { Message } from './protocol.ts'
import { nodeOf } from './testing/bench-of-peers.ts'

const range = { node: nodeOf('ada'), incarnation: 1, from: 1, to: 9 }
const never = new AbortController().signal

/** A session with eve, who says these messages, then nothing, and reads nothing. */
function openSession(...said: readonly Uint8Array[]): {
  readonly session: PeerSession
  readonly clock: VirtualClock
  readonly heard: Message[]
} {
  const inbox = [...said]
  const { promise: silence, reject } = Promise.withResolvers<never>()
  silence.catch(() => {})
  const channel: Channel = {
    peer: nodeOf('eve'),
    protocol: 'journal',
    receive: async () => inbox.shift() ?? silence,
    send: () => silence,
    close: () => Promise.resolve(),
    abort: (reason) => reject(reason),
  }
  const clock = createVirtualClock({ startsAt: 0 })
  const heard: Message[] = []
  const hear = async (message: Message): Promise<boolean> => heard.push(message) > 0
  return {
    session: new PeerSession({ channel, clock, hear, count: () => {} }, { maxMessageBytes: 1000, stallTimeoutMs: 5000 }),
    clock,
    heard,
  }
}

test('S30: a message that is none ends the session, and nothing after it is heard', async () => {
  const { session, heard } = openSession(Uint8Array.of(0xff), Uint8Array.of(0x80))
  assert.equal(await session.run(never), 'a malformed message')
  assert.equal(session.isEnded, true)
  assert.deepEqual(heard, [])
})

test('F11: a question that nobody answers ends the session after the stall time', async () => {
  const { session, clock } = openSession()
  const ended = session.run(never)
  session.ask([range])
  await clock.advance(4999)
  assert.equal(session.isEnded, false)
  await clock.advance(1)
  assert.equal(await ended, 'no answer within 5000 ms')
})

test('S4: a peer that does not read is written to no more', async () => {
  const { session } = openSession()
  const ended = session.run(never)
  for (let count = 0; count < 300 && !session.isEnded; count++) session.send({ type: 'heads', heads: [] })
  assert.equal(session.isEnded, true)
  assert.equal(await ended, 'the peer does not read')
})

test('S4: questions beyond four that wait for their answers are refused', async () => {
  const { session } = openSession()
  const ended = session.run(never)
  let made = 0
  const answers = Array.from({ length: 20 }, () =>
    session.answer(() => {
      made += 1
      return { type: 'batch', id: 0, entries: [], evidence: [] }
    }),
  )
  assert.equal(answers.filter(Boolean).length, 4)
  assert.ok(made <= 1, 'no answer waits in memory')
  session.end('enough')
  await ended
})

test('S5: an answer to another question is none, and the right one is taken once', () => {
  const { session } = openSession()
  session.ask([range])
  assert.equal(session.settle(1), undefined)
  assert.deepEqual(session.settle(0), [range])
  assert.equal(session.settle(0), undefined)
})
