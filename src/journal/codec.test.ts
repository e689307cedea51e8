import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { openSigningKey, peerIdOfKey } from '../identity/keys.ts'
import { encodeCanonical } from '../lib/canonical.ts'
import { formatBody, formatEntry, formatHeader, isSigned, maxBodyBytes, maxHeaderBytes, parseBody, parseEntry, signEntry } from './codec.ts'
import type { Entry, EntryHeader } from './entry.ts'
import { formatMessage, parseMessage, parseNews } from './protocol.ts'
import { keyOf, signChain, testHive } from './testing/bench-of-peers.ts'

interface Vectors {
  readonly seed: string
  readonly entries: readonly {
    readonly name: string
    readonly header: EntryHeader
    readonly cid: string
    readonly headerBytes: string
    readonly signature: string
    readonly body: string
    readonly wire: string
  }[]
  readonly messages: readonly { readonly name: string; readonly bytes: string }[]
  readonly refused: readonly { readonly why: string; readonly wire: string }[]
}

const vectors = JSON.parse(readFileSync(new URL('../../test/vectors/journal.json', import.meta.url), 'utf8')) as Vectors

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function fill<T>(count: number, item: T): readonly T[] {
  return Array.from({ length: count }, () => item)
}

for (const vector of vectors.entries) {
  test(`the entry "${vector.name}" is written as its vector says`, () => {
    const entry = signEntry(openSigningKey(bytesOf(vectors.seed)), vector.header, bytesOf(vector.body))
    assert.equal(hexOf(formatHeader(vector.header)), vector.headerBytes)
    assert.equal(hexOf(entry.signature), vector.signature)
    assert.equal(entry.cid, vector.cid)
    assert.equal(hexOf(formatEntry(entry)), vector.wire)
  })

  test(`the entry "${vector.name}" is read as its vector says`, () => {
    const entry = parseEntry(bytesOf(vector.wire))
    assert.ok(entry)
    assert.deepEqual(entry.header, vector.header)
    assert.equal(entry.cid, vector.cid)
    assert.equal(isSigned(entry), true)
    assert.equal(hexOf(entry.bodyBytes ?? new Uint8Array()), vector.body)
  })
}

for (const { name, bytes } of vectors.messages) {
  test(`the message ${name} is read and written as its vector says`, () => {
    const message = parseMessage(bytesOf(bytes), { maxBytes: 1_048_576 })
    assert.equal(message?.type, name)
    assert.equal(message && hexOf(formatMessage(message)), bytes)
  })
}

for (const { why, wire } of vectors.refused) {
  test(`S5 S30: an entry with ${why} is refused`, () => {
    assert.equal(parseEntry(bytesOf(wire)), undefined)
    assert.equal(parseNews(bytesOf(wire)), undefined)
  })
}

test('S5: a signature holds for its header and author alone', () => {
  const [entry] = signChain('ada', ['one']) as readonly [Entry]
  const [other] = signChain('bob', ['one']) as readonly [Entry]
  assert.equal(isSigned(entry), true)
  assert.equal(isSigned({ ...entry, signature: other.signature }), false)
  assert.equal(isSigned({ ...other, signature: entry.signature }), false)
})

test('the largest header there can be is within the limit', () => {
  const { bytes, cid } = formatBody('x')
  const header: EntryHeader = {
    v: 1,
    hive: testHive,
    node: peerIdOfKey(keyOf('ada').publicKey),
    incarnation: 1024,
    seq: Number.MAX_SAFE_INTEGER,
    prev: cid,
    kind: 'k'.repeat(64),
    at: 8_640_000_000_000_000,
    bodyCid: cid,
    bodySize: maxBodyBytes,
  }
  assert.ok(formatHeader(header).byteLength <= maxHeaderBytes)
  assert.equal(bytes.byteLength, 2)
})

test('an entry without its body is read, for its author may have erased it', () => {
  const [entry] = signChain('ada', ['one']) as readonly [Entry]
  const bare = parseEntry(formatEntry({ ...entry, bodyBytes: undefined }))
  assert.equal(bare?.cid, entry.cid)
  assert.equal(bare && parseBody(bare), undefined)
})

for (const [what, message] of [
  ['no list', { type: 'sums' }],
  ['an unknown name', ['hello', 1]],
  ['sums of another length', ['sums', new Uint8Array(8)]],
  ['a head of three', ['heads', [['a', 1, 2]]]],
  ['a head with seq 0', ['heads', [['12D3KooW', 1, 0, null]]]],
  ['no ranges', ['ask', 1, []]],
  ['a range that ends before it starts', ['ask', 1, [[peerIdOfKey(keyOf('ada').publicKey), 1, 5, 4]]]],
  ['a negative id', ['ask', -1, [[peerIdOfKey(keyOf('ada').publicKey), 1, 1, 4]]]],
  ['entries that are none', ['batch', 1, [1, 2], []]],
  ['a batch without evidence', ['batch', 1, []]],
  ['a fork of one', ['fork', [new Uint8Array(), new Uint8Array(64), null]]],
  ['a prototype', ['heads', { __proto__: null, length: 1 }]],
] as const) {
  test(`S30: a message with ${what} is refused`, () => {
    assert.equal(parseMessage(encodeCanonical(message), { maxBytes: 100_000 }), undefined)
  })
}

test('S4: a head or a question of an incarnation that cannot be is refused', () => {
  const [one] = signChain('ada', ['one']) as readonly [Entry]
  const head = (incarnation: number): Uint8Array =>
    formatMessage({ type: 'heads', heads: [{ node: one.header.node, incarnation, seq: 1, cid: one.cid }] })
  const ask = (incarnation: number): Uint8Array =>
    formatMessage({ type: 'ask', id: 0, ranges: [{ node: one.header.node, incarnation, from: 1, to: 1 }] })
  for (const make of [head, ask]) {
    assert.notEqual(parseMessage(make(1024), { maxBytes: 1000 }), undefined)
    assert.equal(parseMessage(make(1025), { maxBytes: 1000 }), undefined)
  }
})

test('S30: no message has more heads, ranges or excuses than allowed', () => {
  const node = peerIdOfKey(keyOf('ada').publicKey)
  const [one] = signChain('ada', ['one']) as readonly [Entry]
  const most = { heads: 4096, ranges: 256, excuses: 4096 }
  const make = {
    heads: (count: number) => formatMessage({ type: 'heads', heads: fill(count, { node, incarnation: 1, seq: 1, cid: one.cid }) }),
    ranges: (count: number) => formatMessage({ type: 'ask', id: 0, ranges: fill(count, { node, incarnation: 1, from: 1, to: 1 }) }),
    excuses: (count: number) => formatMessage({ type: 'batch', id: 0, entries: [], evidence: fill(count, one) }),
  }
  for (const what of ['heads', 'ranges', 'excuses'] as const) {
    assert.ok(parseMessage(make[what](most[what]), { maxBytes: 4_000_000 }) !== undefined, what)
    assert.ok(parseMessage(make[what](most[what] + 1), { maxBytes: 4_000_000 }) === undefined, what)
  }
})

test('S30: a message over its limit, too deep, or no CBOR is refused', () => {
  const deep = Uint8Array.from({ length: 5000 }, () => 0x81)
  assert.equal(parseMessage(deep, { maxBytes: 100_000 }), undefined)
  assert.equal(parseMessage(Uint8Array.of(0xff), { maxBytes: 100_000 }), undefined)
  assert.equal(parseMessage(bytesOf(vectors.messages[0]?.bytes ?? ''), { maxBytes: 100 }), undefined)
  assert.equal(Object.keys(Object.prototype).length, 0)
})
