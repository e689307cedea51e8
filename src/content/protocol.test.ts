import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { openSigningKey, peerIdOfKey } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import { encodeCanonical } from '../lib/canonical.ts'
import { createCid, linkOfCid, parseCid, rawCodec } from '../lib/cid.ts'
import type { Answer, Request } from './protocol.ts'
import { contentProtocol, encodeAnswer, encodeRequest, isReceiptSigned, parseAnswer, parseRequest, signReceipt } from './protocol.ts'

interface Vectors {
  readonly hive: string
  readonly protocol: string
  readonly root: string
  readonly requests: readonly { readonly request: Omit<Request, 'root'>; readonly bytes: string }[]
  readonly answers: readonly { readonly answer: Readonly<Record<string, unknown>>; readonly bytes: string }[]
  readonly receipt: { readonly seed: string; readonly node: string; readonly at: number; readonly signature: string }
}

const vectors = JSON.parse(readFileSync(new URL('../../test/vectors/content.json', import.meta.url), 'utf8')) as Vectors
const hive = parseCid(vectors.hive) as HiveId
const root = parseCid(vectors.root)
assert.ok(root !== undefined)

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function unhex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}

test('the protocol has its name on the wire', () => {
  assert.equal(contentProtocol(hive), vectors.protocol)
})

for (const { request, bytes } of vectors.requests) {
  test(`the request "${request.t}" has its bytes, and is read from them`, () => {
    const whole = { ...request, root } as Request
    assert.equal(hex(encodeRequest(whole)), bytes)
    assert.deepEqual(parseRequest(unhex(bytes)), whole)
  })
}

for (const { answer, bytes } of vectors.answers) {
  test(`the answer ${JSON.stringify(answer)} has its bytes, and is read from them`, () => {
    // The vectors are in the repository: a wrong shape fails in the comparison.
    const whole = Object.fromEntries(
      Object.entries(answer).map(([key, value]) => [key, key === 'blocks' || key === 'signature' ? unhex(String(value)) : value]),
    ) as unknown as Answer
    assert.equal(hex(encodeAnswer(whole)), bytes)
    assert.deepEqual(parseAnswer(unhex(bytes)), whole)
  })
}

test('a receipt has its signature, and is good for nothing else', () => {
  const { seed, node, at, signature } = vectors.receipt
  const key = openSigningKey(unhex(seed))
  const receipt = { hive, cid: root, node: peerIdOfKey(key.publicKey), at }
  assert.equal(receipt.node, node)
  assert.equal(hex(signReceipt(key, receipt)), signature)
  assert.equal(isReceiptSigned(receipt, unhex(signature)), true)
  assert.equal(isReceiptSigned({ ...receipt, at: at + 1 }, unhex(signature)), false)
  assert.equal(isReceiptSigned({ ...receipt, cid: createCid(rawCodec, new Uint8Array(1)) }, unhex(signature)), false)
  assert.equal(isReceiptSigned(receipt, new Uint8Array(64)), false)
})

test('S30: requests out of their bounds, with other keys, or of other types are no requests', () => {
  const link = linkOfCid(root)
  const bad: readonly unknown[] = [
    { t: 'get', id: 1, root: link, from: 0, count: 65 },
    { t: 'get', id: 1, root: link, from: 0, count: 0 },
    { t: 'get', id: 1, root: link, from: 24_576, count: 1 },
    { t: 'get', id: 1, root: link, from: -1, count: 1 },
    { t: 'get', id: 1, root: link, from: 0.5, count: 1 },
    { t: 'get', id: 1, root: link, from: 0, count: 1, more: 1 },
    { t: 'have', id: 2 ** 32, root: link },
    { t: 'have', id: 1, root: vectors.root },
    { t: 'have', id: 1, root: link, from: 1 },
    { t: 'keep', id: 1, root: link, size: 2 ** 53 },
    { t: 'steal', id: 1, root: link },
    [1, 2],
    null,
    { t: 'have', id: 1, root: link, padding: 'x'.repeat(1_000) },
  ]
  for (const value of bad) assert.equal(parseRequest(encodeCanonical(value)), undefined)
})

test('S30: answers out of their bounds are no answers', () => {
  const bad: readonly unknown[] = [
    { t: 'root', id: 1, size: 1_048_577 },
    { t: 'get', id: 1, count: 65 },
    { t: 'have', id: 1, size: 1, blocks: new Uint8Array(3_073) },
    { t: 'have', id: 1, size: 1, blocks: 'all' },
    { t: 'have', id: 1, size: -1 },
    { t: 'keep', id: 1, at: 1, signature: 'mine' },
    { t: 'no', id: 1, why: 'because' },
    'get',
  ]
  for (const value of bad) assert.equal(parseAnswer(encodeCanonical(value)), undefined)
})

test('S30: an answer longer than any can be is none, whatever it would say', () => {
  const keep = (length: number): Uint8Array => encodeAnswer({ t: 'keep', id: 1, at: 1, signature: new Uint8Array(length) })
  assert.ok(parseAnswer(keep(64)) !== undefined)
  assert.ok(parseAnswer(keep(4_096)) === undefined)
})

test('S30: arbitrary bytes are neither request nor answer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      assert.equal(parseRequest(bytes), undefined)
      assert.equal(parseAnswer(bytes), undefined)
    }),
  )
})
