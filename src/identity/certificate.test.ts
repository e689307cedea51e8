import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { encodeCanonical } from '../lib/canonical.ts'
import type { Certificate } from './certificate.ts'
import { isInForce, parseCertificate, signCertificate } from './certificate.ts'
import { readList, readMap, readText } from './fields.ts'
import { openSigningKey, ownerIdOfKey, parseOwnerId, parsePeerId, peerIdOfKey } from './keys.ts'
import { openDocument, signDocument } from './signed.ts'

interface Vector {
  readonly what: string
  readonly ownerSeed: string
  readonly nodeSeed: string
  readonly owner: string
  readonly node: string
  readonly certificate: Omit<Certificate, 'owner' | 'node' | 'notAfter'> & { readonly notAfter: number | null }
  readonly bytes: string
}

const vectors = JSON.parse(readFileSync(new URL('../../test/vectors/identity.json', import.meta.url), 'utf8')) as {
  readonly certificates: readonly Vector[]
  readonly refused: readonly { readonly what: string; readonly bytes: string }[]
}

const owner = openSigningKey(new Uint8Array(32).fill(1))
const node = openSigningKey(new Uint8Array(32).fill(2))
const fields: Omit<Certificate, 'owner'> = {
  node: peerIdOfKey(node.publicKey),
  label: 'workbench',
  agents: ['ada-claude'],
  roles: ['backend'],
  notBefore: 1_767_225_600_000,
  notAfter: undefined,
  serial: 1,
}

for (const vector of vectors.certificates) {
  test(`a certificate reads and writes as in the vectors: ${vector.what}`, () => {
    const key = openSigningKey(Buffer.from(vector.ownerSeed, 'hex'))
    const peer = parsePeerId(vector.node)
    assert.ok(peer !== undefined)
    assert.equal(peerIdOfKey(openSigningKey(Buffer.from(vector.nodeSeed, 'hex')).publicKey), vector.node)
    const expected = { ...vector.certificate, node: peer, notAfter: vector.certificate.notAfter ?? undefined }
    assert.equal(Buffer.from(signCertificate(key, expected).bytes).toString('hex'), vector.bytes)
    const parsed = parseCertificate(new Uint8Array(Buffer.from(vector.bytes, 'hex')))
    assert.deepEqual(parsed?.certificate, { ...expected, owner: vector.owner })
  })
}

for (const { what, bytes } of vectors.refused) {
  test(`S5: what the vectors call refused is refused: ${what}`, () => {
    assert.equal(parseCertificate(new Uint8Array(Buffer.from(bytes, 'hex'))), undefined)
  })
}

test('a certificate in the name of an owner is signed by that owner’s key or refused', () => {
  const other = openSigningKey(new Uint8Array(32).fill(3))
  const { notAfter, ...always } = fields
  assert.equal(notAfter, undefined)
  const forged = signDocument(other, 'certificate', { ...always, owner: ownerIdOfKey(owner.publicKey) })
  assert.equal(parseCertificate(forged), undefined)
})

test('a document signed as one kind does not open as another', () => {
  const bytes = signDocument(owner, 'certificate', { a: 1 })
  assert.deepEqual(openDocument('certificate', bytes, { maxBytes: 100 })?.value, { a: 1 })
  assert.equal(openDocument('handover', bytes, { maxBytes: 100 }), undefined)
})

test('S5: no single byte of a signed document can be another', () => {
  const { bytes } = signCertificate(owner, fields)
  fc.assert(
    fc.property(fc.nat(bytes.byteLength - 1), fc.integer({ min: 1, max: 255 }), (at, xor) => {
      const changed = Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ xor : byte))
      return parseCertificate(changed) === undefined
    }),
  )
})

test('S30: any bytes at all are refused without a throw, and Object.prototype stays as it is', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => parseCertificate(bytes) === undefined))
  const poisoned = signDocument(owner, 'certificate', JSON.parse('{"__proto__":{"polluted":true},"owner":1}'))
  assert.equal(parseCertificate(poisoned), undefined)
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  assert.equal(openDocument('certificate', new Uint8Array(10_000), { maxBytes: 100 }), undefined)
  assert.equal(openDocument('certificate', encodeCanonical([1, 2, 3]), { maxBytes: 100 }), undefined)
  assert.equal(openDocument('certificate', encodeCanonical({}), { maxBytes: 100 }), undefined)
})

test('limits hold when signing as well as when reading', () => {
  const wrong: readonly Partial<typeof fields>[] = [
    { label: 'x'.repeat(65) },
    { label: 'two\nlines' },
    { label: '\ud800' },
    { agents: ['Ada'] },
    { agents: ['a', 'a'] },
    { agents: Array.from({ length: 33 }, (_, index) => `a${index}`) },
    { roles: Array.from({ length: 17 }, (_, index) => `r${index}`) },
    { serial: -1 },
    { notBefore: 0.5 },
  ]
  for (const change of wrong) assert.throws(() => signCertificate(owner, { ...fields, ...change }), JSON.stringify(change))
})

test('F17: a certificate is in force four hours either side of its window, so that two clocks an hour off agree', () => {
  const hour = 3_600_000
  const certificate: Certificate = { ...fields, owner: ownerIdOfKey(owner.publicKey), notBefore: 100 * hour, notAfter: 200 * hour }
  assert.equal(isInForce(certificate, 97 * hour), true)
  assert.equal(isInForce(certificate, 95 * hour), false)
  assert.equal(isInForce(certificate, 203 * hour), true)
  assert.equal(isInForce(certificate, 205 * hour), false)
  assert.equal(isInForce({ ...certificate, notAfter: undefined }, 1e9 * hour), true)
})

test('S28: a key shows its public half only, however it is printed', () => {
  const seed = new Uint8Array(32).fill(0xab)
  const key = openSigningKey(seed)
  const printed = [JSON.stringify({ key }), inspect(key, { depth: 9, showHidden: true }), JSON.stringify({ ...key })].join('\n')
  assert.ok(!/171, ?171|abab|q6ur/i.test(printed), printed)
  assert.deepEqual(key.seed, seed)
})

test('an id is read in its one spelling only', () => {
  const peer = peerIdOfKey(node.publicKey)
  const ownerId = ownerIdOfKey(owner.publicKey)
  assert.equal(parsePeerId(peer), peer)
  assert.equal(parseOwnerId(ownerId), ownerId)
  for (const text of ['', 'z', peer.slice(1), `${peer}1`, ownerId, '12D3KooW']) assert.equal(parsePeerId(text), undefined, text)
  for (const text of ['', peer, `z${ownerId}`, ownerId.slice(0, -1)]) assert.equal(parseOwnerId(text), undefined, text)
})

test('decoded values are read by exact keys, bounded lists and well-formed text', () => {
  assert.equal(readMap({ a: 1, b: 2 }, ['a']), undefined)
  assert.equal(readMap({ a: 1 }, ['a', 'b']), undefined)
  assert.equal(readMap([1], ['0']), undefined)
  assert.equal(readMap(null, []), undefined)
  assert.equal(readMap({ a: 1 }, ['a'])?.get('a'), 1)
  assert.equal(
    readList('ab', 5, (item) => item),
    undefined,
  )
  assert.equal(readText('a\u007f', 9), undefined)
  assert.equal(readText('aä', 2), 'aä')
})
