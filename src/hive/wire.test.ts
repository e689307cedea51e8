import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { openSigningKey, ownerIdOfKey, peerIdOfKey } from '../identity/keys.ts'
import { signDocument } from '../identity/signed.ts'
import { decodeCanonical, encodeCanonical } from '../lib/canonical.ts'
import { commons, createGenesis, isHiveName, parseGenesis, shortHiveId } from './genesis.ts'
import { formatGrant, parseGrant } from './grant.ts'
import type { InviteCode } from './invite-code.ts'
import { formatInviteCode, parseInviteCode } from './invite-code.ts'
import { inviteIdOf, inviteKeyOf } from './invite-table.ts'
import type { ProofSubject } from './join-proof.ts'
import { isNodeProof, isProof, proveKnowledge, proveNode } from './join-proof.ts'
import { parseLifetime } from './parse-lifetime.ts'
import { formatMessage, parseMessage } from './protocol.ts'
import {
  parseHandover,
  parseNodeRevocation,
  parseRootRecovery,
  signHandover,
  signNodeRevocation,
  signRootRecovery,
} from './root-documents.ts'

interface Vectors {
  readonly genesis: readonly { readonly name: string; readonly bytes: string; readonly id: string; readonly short: string }[]
  readonly grants: readonly { readonly what: string; readonly bytes: string }[]
  readonly inertGrants: readonly { readonly what: string; readonly bytes: string }[]
  readonly documents: readonly { readonly what: 'handover' | 'root-recovery' | 'node-revocation'; readonly bytes: string }[]
  readonly codes: readonly {
    readonly kind: string
    readonly code: string
    readonly secret: string | null
    readonly inviteId: string | null
  }[]
  readonly proof: { readonly secret: string; readonly newcomer: string; readonly host: string; readonly node: string }
  readonly messages: readonly { readonly t: string; readonly bytes: string }[]
  readonly refusedMessages: readonly { readonly what: string; readonly bytes: string }[]
}

const vectors = JSON.parse(readFileSync(new URL('../../test/vectors/hive.json', import.meta.url), 'utf8')) as Vectors
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const [ada, bob] = [1, 2].map((seed) => openSigningKey(new Uint8Array(32).fill(seed))) as [
  ReturnType<typeof openSigningKey>,
  ReturnType<typeof openSigningKey>,
]
const hive = commons.id

test('S26: a hive has no name that reads as an option', () => {
  for (const name of ['-rf', '--help', 'end-', '-', '']) assert.equal(isHiveName(name), false, name)
  for (const name of ['a', 'my-hive', '4-ever', 'x'.repeat(32)]) assert.equal(isHiveName(name), true, name)
})

test('every genesis of the vectors has the id they say', () => {
  for (const { bytes, id, name, short } of vectors.genesis) {
    const known = parseGenesis(bytesOf(bytes))
    assert.deepEqual([known?.id, known?.genesis.name, known && shortHiveId(known.id)], [id, name, short])
    assert.equal(known && hexOf(createGenesis(known.genesis).bytes), bytes)
  }
  assert.equal(commons.id, vectors.genesis[0]?.id)
})

test('S30: a genesis with other fields, another policy than its root says, or any other bytes is none', () => {
  const root = { owner: ownerIdOfKey(ada.publicKey), node: peerIdOfKey(ada.publicKey) }
  const good = { v: 1, name: 'x', root, policy: 'closed', nonce: new Uint8Array(16) }
  assert.ok(parseGenesis(encodeCanonical(good)) !== undefined)
  const wrong = [
    { v: 2 },
    { name: 'X' },
    { root: null },
    { policy: 'open' },
    { nonce: new Uint8Array(15) },
    { more: 1 },
    { root: { ...root, x: 1 } },
  ]
  for (const change of wrong)
    assert.equal(parseGenesis(encodeCanonical({ ...good, ...change })), undefined, JSON.stringify(Object.keys(change)))
  assert.throws(() => createGenesis({ name: '', root: null, policy: 'open', nonce: new Uint8Array(16) }), RangeError)
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => parseGenesis(bytes) === undefined))
})

test('every grant of the vectors is read and written to the same bytes', () => {
  for (const { what, bytes } of vectors.grants) {
    const grant = parseGrant(decodeCanonical(bytesOf(bytes), { maxBytes: 65_536 })?.value)
    assert.ok(grant !== undefined, what)
    assert.equal(hexOf(encodeCanonical(formatGrant(grant))), bytes, what)
  }
})

test('S5: what the vectors call inert is no grant', () => {
  for (const { what, bytes } of vectors.inertGrants)
    assert.equal(parseGrant(decodeCanonical(bytesOf(bytes), { maxBytes: 65_536 })?.value), undefined, what)
  fc.assert(fc.property(fc.anything(), (body) => parseGrant(body) === undefined))
})

test('documents of a root’s owner are read with their signer, and only for what they are', () => {
  const signer = ownerIdOfKey(ada.publicKey)
  const node = peerIdOfKey(bob.publicKey)
  const handover = signHandover(ada, { hive, owner: ownerIdOfKey(bob.publicKey), node })
  const recovery = signRootRecovery(ada, { hive, serial: 1, kept: [{ node, incarnation: 1, seq: 2 }], node })
  const revocation = signNodeRevocation(ada, { hive, node, last: null })
  assert.deepEqual(parseHandover(handover), { hive, signer, owner: ownerIdOfKey(bob.publicKey), node })
  assert.deepEqual(parseRootRecovery(recovery), { hive, signer, serial: 1, kept: [{ node, incarnation: 1, seq: 2 }], node })
  assert.deepEqual(parseNodeRevocation(revocation), { hive, signer, node, last: null })
  assert.deepEqual(
    [parseHandover(recovery), parseRootRecovery(revocation), parseNodeRevocation(handover)],
    [undefined, undefined, undefined],
  )
  assert.deepEqual(
    vectors.documents.map(({ bytes }) => bytes),
    [handover, recovery, revocation].map(hexOf),
  )
})

test('a node revocation that ends another node’s journal, and a recovery that keeps nothing, are refused', () => {
  const [node, other] = [peerIdOfKey(bob.publicKey), peerIdOfKey(ada.publicKey)]
  const revocation = signNodeRevocation(ada, { hive, node, last: { node: other, incarnation: 1, seq: 1 } })
  assert.equal(parseNodeRevocation(revocation), undefined)
  assert.equal(parseRootRecovery(signRootRecovery(ada, { hive, serial: 1, kept: [], node })), undefined)
  assert.equal(parseHandover(signDocument(ada, 'handover', { hive: 'x', owner: 1, node: 2 })), undefined)
})

test('every code of the vectors is read, named and written as they say', () => {
  for (const { code, kind, secret, inviteId } of vectors.codes) {
    const parsed = parseInviteCode(code)
    assert.equal(parsed.verdict, 'code')
    if (parsed.verdict !== 'code') continue
    assert.equal(parsed.code.kind, kind)
    assert.equal(formatInviteCode(parsed.code), code)
    assert.equal(parsed.code.secret === undefined ? null : hexOf(parsed.code.secret), secret)
    if (parsed.code.secret !== undefined) assert.equal(hexOf(inviteIdOf(parsed.code.secret)), inviteId)
  }
})

const someCode: InviteCode = {
  kind: 'invite',
  hive,
  name: 'workshop',
  node: peerIdOfKey(ada.publicKey),
  addresses: ['/ip4/127.0.0.1/tcp/4001'],
  secret: new Uint8Array(16).fill(9),
  genesis: undefined,
}

test('any one wrong character of a code is a typo, whitespace is not', () => {
  const code = formatInviteCode(someCode)
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
  fc.assert(
    fc.property(fc.integer({ min: 8, max: code.length - 1 }), fc.constantFrom(...alphabet.split('')), (at, character) => {
      const changed = code.slice(0, at) + character + code.slice(at + 1)
      return changed === code || parseInviteCode(changed).verdict === 'mistyped'
    }),
  )
  assert.equal(parseInviteCode(` ${code.slice(0, 50)}\n  ${code.slice(50)}\n`).verdict, 'code')
  assert.equal(parseInviteCode(code.slice(0, -1)).verdict, 'mistyped')
  assert.equal(parseInviteCode('althing-0OIl').verdict, 'mistyped')
  assert.equal(parseInviteCode('x'.repeat(100_000)).verdict, 'foreign')
})

test('a code carries six addresses at most, and needs what its kind is about', () => {
  const many = { ...someCode, addresses: Array.from({ length: 9 }, (_, index) => `/ip4/127.0.0.1/tcp/${index + 1}`) }
  const parsed = parseInviteCode(formatInviteCode(many))
  assert.equal(parsed.verdict === 'code' ? parsed.code.addresses.length : 0, 6)
  assert.throws(() => formatInviteCode({ ...someCode, secret: undefined }), /needs a secret/)
  assert.throws(() => formatInviteCode({ ...someCode, kind: 'open' }), /needs a genesis/)
})

test('S30: a code for an open hive whose genesis is another’s, or says that it is closed, is no code', () => {
  const closed = createGenesis({
    name: 'workshop',
    root: { owner: ownerIdOfKey(ada.publicKey), node: peerIdOfKey(ada.publicKey) },
    policy: 'closed',
    nonce: new Uint8Array(16),
  })
  const open = { ...someCode, kind: 'open', hive: commons.id, secret: undefined, genesis: commons } as const
  assert.equal(parseInviteCode(formatInviteCode(open)).verdict, 'code')
  assert.equal(parseInviteCode(formatInviteCode({ ...open, hive: closed.id })).verdict, 'unsupported')
  assert.equal(parseInviteCode(formatInviteCode({ ...open, hive: closed.id, genesis: closed })).verdict, 'unsupported')
})

test('S31: a proof is good for the one join it was made for, and for one side of it', () => {
  const { secret, newcomer, host, node } = vectors.proof
  const key = inviteKeyOf(bytesOf(secret))
  const subject: ProofSubject = {
    hive,
    newcomer: peerIdOfKey(bob.publicKey),
    host: peerIdOfKey(ada.publicKey),
    newcomerNonce: new Uint8Array(32).fill(1),
    hostNonce: new Uint8Array(32).fill(2),
  }
  assert.equal(hexOf(proveKnowledge(key, 'newcomer', subject)), newcomer)
  assert.equal(hexOf(proveKnowledge(key, 'host', subject)), host)
  assert.equal(hexOf(proveNode(bob, subject)), node)
  const proof = bytesOf(newcomer)
  assert.equal(isProof(proof, key, { side: 'newcomer', subject }), true)
  assert.equal(isProof(proof, key, { side: 'host', subject }), false)
  assert.equal(isProof(proof.slice(1), key, { side: 'newcomer', subject }), false)
  const others: readonly Partial<ProofSubject>[] = [
    { newcomer: subject.host },
    { host: subject.newcomer },
    { hostNonce: new Uint8Array(32) },
    { newcomerNonce: new Uint8Array(32) },
  ]
  for (const other of others) {
    assert.equal(isProof(proof, key, { side: 'newcomer', subject: { ...subject, ...other } }), false)
    assert.equal(isNodeProof(bytesOf(node), peerIdOfKey(bob.publicKey), { ...subject, ...other }), false)
  }
  assert.equal(isNodeProof(bytesOf(node), peerIdOfKey(ada.publicKey), subject), false)
})

test('every message of the vectors is read and written to the same bytes', () => {
  for (const { t, bytes } of vectors.messages) {
    const message = parseMessage(bytesOf(bytes), { maxBytes: 65_536 })
    assert.equal(message?.t, t)
    assert.equal(message && hexOf(formatMessage(message)), bytes)
  }
  assert.equal(new Set(vectors.messages.map(({ t }) => t)).size, 10)
})

test('S30: what the vectors call refused, and any other bytes, is no message', () => {
  for (const { what, bytes } of vectors.refusedMessages) assert.equal(parseMessage(bytesOf(bytes), { maxBytes: 65_536 }), undefined, what)
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => parseMessage(bytes, { maxBytes: 100 }) === undefined))
  assert.equal(parseMessage(encodeCanonical(JSON.parse('{"t":"toString"}')), { maxBytes: 100 }), undefined)
  assert.equal(parseMessage(encodeCanonical(JSON.parse('{"t":"__proto__"}')), { maxBytes: 100 }), undefined)
})

test('a lifetime is minutes, hours or days, up to a year', () => {
  assert.deepEqual(['30m', '24h', '7d'].map(parseLifetime), [1_800_000, 86_400_000, 604_800_000])
  for (const text of ['', '0h', '24', '1w', '-1h', '999999d', '1.5h'])
    assert.throws(() => parseLifetime(text), { code: 'TERMS_INVALID' }, text)
})
