import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../lib/bytes.ts'
import type { FrameStep } from './frames.ts'
import { encodeLength, FrameReader } from './frames.ts'

function frame(message: Uint8Array): Uint8Array {
  return concatBytes([encodeLength(message.byteLength), message])
}

/** All messages in some bytes, or what is wrong with them. */
function readAll(reader: FrameReader, bytes: Uint8Array): readonly Uint8Array[] | FrameStep {
  const messages: Uint8Array[] = []
  for (let at = 0; ;) {
    const step = reader.next(bytes, at)
    if (step.kind === 'more') return messages
    if (step.kind !== 'message') return step
    messages.push(step.message)
    at = step.nextOffset
  }
}

test('lengths are unsigned varints', () => {
  assert.deepEqual(
    [0, 127, 128, 300, 1_048_576].map((length) => Buffer.from(encodeLength(length)).toString('hex')),
    ['00', '7f', '8001', 'ac02', '808040'],
  )
})

test('messages come out whole and in order, wherever the stream is cut', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 6000 }), { maxLength: 8 })
  fc.assert(
    fc.property(messages, fc.integer({ min: 1, max: 5000 }), (sent, size) => {
      const reader = new FrameReader(6000)
      const bytes = concatBytes(sent.map(frame))
      const received: unknown[] = []
      for (let at = 0; at < bytes.byteLength; at += size) received.push(readAll(reader, bytes.slice(at, at + size)))
      assert.deepEqual(received.flat(), sent)
      assert.equal(reader.isWithinMessage, false)
    }),
    { numRuns: 50 },
  )
})

test('a long message comes out whole, however it is cut', () => {
  const message = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) % 251)
  const bytes = concatBytes([frame(message), frame(Uint8Array.of(9))])
  for (const size of [1000, 32_768, 65_519, 299_999, 400_000]) {
    const reader = new FrameReader(300_000)
    const received: unknown[] = []
    for (let at = 0; at < bytes.byteLength; at += size) received.push(readAll(reader, bytes.slice(at, at + size)))
    assert.deepEqual(received.flat(), [message, Uint8Array.of(9)])
  }
})

test('S4 S30: a length over the limit is refused before a byte of the message comes', () => {
  assert.deepEqual(readAll(new FrameReader(1000), encodeLength(1001)), { kind: 'too-large', byteLength: 1001 })
})

test('S30: a length that never ends, and one that is not in its shortest form, are malformed', () => {
  assert.deepEqual(readAll(new FrameReader(1000), new Uint8Array(20).fill(0xff)), { kind: 'malformed' })
  assert.deepEqual(readAll(new FrameReader(1000), Uint8Array.of(0x80, 0x00)), { kind: 'malformed' })
})

test('a short message does not keep the packet it came in alive', () => {
  const packet = concatBytes([frame(Uint8Array.of(1, 2, 3)), new Uint8Array(50_000)])
  const step = new FrameReader(1000).next(packet, 0)
  assert.ok(step.kind === 'message')
  assert.equal(step.message.buffer.byteLength, 3)
})

test('a stream that ends within a message is known to', () => {
  const reader = new FrameReader(1000)
  assert.deepEqual(readAll(reader, Uint8Array.of(5, 1, 2)), [])
  assert.equal(reader.isWithinMessage, true)
})

test('the memory of a long message is used again once it was given back, and never for two messages at once', () => {
  const size = 100_000
  const reader = new FrameReader(size)
  const read = (fill: number): Uint8Array => {
    const [message] = readAll(reader, frame(new Uint8Array(size).fill(fill))) as readonly Uint8Array[]
    assert.ok(message !== undefined && message.every((byte) => byte === fill))
    return message
  }
  // In pieces, as a stream brings them: what comes in one piece is given as it came.
  const inPieces = (fill: number): Uint8Array => {
    const bytes = frame(new Uint8Array(size).fill(fill))
    assert.deepEqual(readAll(reader, bytes.slice(0, 50_000)), [])
    const [message] = readAll(reader, bytes.slice(50_000)) as readonly Uint8Array[]
    assert.ok(message !== undefined && message.every((byte) => byte === fill))
    return message
  }
  const foreign = read(1)
  reader.giveBack(foreign)
  const first = inPieces(2)
  assert.notEqual(first.buffer, foreign.buffer)
  reader.giveBack(first)
  reader.giveBack(first)
  reader.giveBack(first.subarray(1))
  const [second, third] = [inPieces(3), inPieces(4)]
  assert.equal(second.buffer, first.buffer)
  assert.notEqual(third.buffer, first.buffer)
  assert.ok(second.every((byte) => byte === 3))
})
