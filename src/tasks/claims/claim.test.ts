import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createSigningKey, openSigningKey } from '../../identity/keys.ts'
import { Fault } from '../../lib/fault.ts'
import { formatCommit } from '../git/commit.ts'
import { parseClaim, signClaim } from './claim.ts'
import type { ClaimDocument } from './claim-document.ts'
import { readClaimDocument } from './claim-document.ts'

interface Vector {
  readonly seed: string
  readonly document: ClaimDocument
  readonly commit: string
  readonly id: string
}

const vector = JSON.parse(readFileSync(new URL('../../../test/vectors/claims.json', import.meta.url), 'utf8')) as Vector
const key = openSigningKey(new Uint8Array(Buffer.from(vector.seed, 'hex')))

/** The commit of the vector with its text changed. */
function parseChanged(change: (text: string) => string): ReturnType<typeof parseClaim> {
  return parseClaim(new Uint8Array(Buffer.from(change(vector.commit))))
}

test('the document of the vector makes the commit of the vector, and is read from it', () => {
  const claim = signClaim(vector.document, key)
  assert.deepEqual([claim.id, Buffer.from(claim.bytes).toString()], [vector.id, vector.commit])
  const parsed = parseClaim(claim.bytes)
  assert.deepEqual(parsed.isClaim && parsed.claim.document, vector.document)
})

for (const [what, why, change] of [
  ['another epoch', /signature is not/, (text) => text.replace('"epoch":2', '"epoch":3')],
  ['another signature', /signature is not/, (text) => text.replace(/signature: ..../, 'signature: AAAA')],
  ['another parent', /parent is not/, (text) => text.replace('parent 01', 'parent 02')],
  ['a second parent', /parent is not/, (text) => text.replace('\nauthor', `\nparent ${'1'.repeat(40)}\nauthor`)],
  ['a tree with files', /tree is not empty/, (text) => text.replace('tree 4b', 'tree 5b')],
  ['no signature', /not a document and a signature/, (text) => text.replace(/signature: .*/, '')],
  ['a field twice', /document is not one/, (text) => text.replace('"v":1', '"v":1,"v":1')],
  ['a space', /document is not one/, (text) => text.replace('"v":1', '"v": 1')],
  ['a field that nobody knows', /document is not one/, (text) => text.replace('"v":1', '"v":1,"x":1')],
  ['S30: __proto__', /document is not one/, (text) => text.replace('{"at"', '{"__proto__":{"v":1},"at"')],
  ['S30: a document that is too deep', /document is not one/, (text) => text.replace(/\{.*\}/, '['.repeat(8_000))],
  ['too many bytes', /longer than one/, (text) => text + ' '.repeat(16_384)],
] satisfies readonly (readonly [string, RegExp, (text: string) => string])[]) {
  test(`a commit with ${what} is no claim`, () => {
    const parsed = parseChanged(change)
    assert.match(parsed.isClaim ? 'a claim' : parsed.why, why)
    assert.equal(Object.hasOwn(Object.prototype, 'v'), false)
  })
}

test('each field has its form, and nothing else is taken', () => {
  const bad: Readonly<Record<string, unknown>>[] = [
    ...[{ v: 2 }, { kind: 'steal' }, { hive: 'x' }, { project: 'no slash' }, { task: 'issue-0' }, { task: '../x' }, { epoch: 0 }],
    ...[{ epoch: 1.5 }, { epoch: 2_000_000_000 }, { holder: 'ada' }, { process: '' }, { ttlSeconds: 0 }, { ttlSeconds: 86_401 }],
    ...[{ base: '-x' }, { branch: 'a..b' }, { issueHash: 'AB'.repeat(32) }, { previous: 'x' }, { nonce: 'short' }, { at: '2026-11-21' }],
    ...[{ reason: 'x'.repeat(501) }, { reason: 'a\nb' }, { pr: 7 }, { cost: { tokens: -1, microUsd: 0 } }, { cost: { tokens: 1 } }],
  ]
  const canonical = (value: object): string =>
    JSON.stringify(Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))))
  const { cost, ...plain } = vector.document
  assert.ok(cost !== undefined)
  assert.notEqual(readClaimDocument(canonical(plain)), undefined)
  for (const change of bad)
    assert.equal(readClaimDocument(canonical({ ...plain, ...change })), undefined, JSON.stringify(change).slice(0, 60))
  for (const text of ['', 'null', '[]', '1', '{}', '{"v":1}', '\ud800']) assert.equal(readClaimDocument(text), undefined)
})

test('a claim that could not be read back is not made', () => {
  const isInvalid = (error: unknown): boolean => error instanceof Fault && error.code === 'CLAIM_INVALID'
  assert.throws(() => signClaim({ ...vector.document, branch: '-x' }, key), isInvalid)
  assert.throws(() => signClaim(vector.document, createSigningKey()), isInvalid)
})

test('a commit is read as git writes it, and what is none is none', () => {
  const commit = formatCommit({ parents: [], author: { name: 'ada', email: 'ada@example.org', seconds: 7 }, message: 'x' })
  for (const bytes of [new Uint8Array(0), Uint8Array.of(0xff), Buffer.from('tree x\n\n'), commit.subarray(1)])
    assert.equal(parseClaim(new Uint8Array(bytes)).isClaim, false)
})
