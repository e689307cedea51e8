import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isSigned } from '../../journal/codec.ts'
import type { Entry, HiveId } from '../../journal/entry.ts'
import { signChain } from '../../journal/testing/bench-of-peers.ts'
import { encodeCanonical } from '../../lib/canonical.ts'
import type { RemoteAnswer, RemoteQuestion } from './protocol.ts'
import { formatAnswer, formatQuestion, maxAnswerBytes, maxHits, parseAnswer, parseQuestion, searchProtocol } from './protocol.ts'

interface VectorEntry {
  readonly cid: string
  readonly header: string
  readonly signature: string
  readonly body: string
}

interface Vectors {
  readonly hive: HiveId
  readonly protocol: string
  readonly questions: readonly { readonly name: string; readonly question: Readonly<Record<string, unknown>>; readonly bytes: string }[]
  readonly answers: readonly {
    readonly name: string
    readonly answer: Readonly<Record<string, unknown>> & {
      readonly releases?: readonly VectorEntry[]
      readonly introductions?: readonly VectorEntry[]
    }
    readonly bytes: string
  }[]
  readonly refused: Readonly<Record<'questions' | 'answers', readonly { readonly why: string; readonly bytes: string }[]>>
}

const vectors = JSON.parse(readFileSync(new URL('../../../test/vectors/market.json', import.meta.url), 'utf8')) as Vectors

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex')
}

function unhex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}

/** What is not asked for is null on the wire. */
function spellQuestion(asked: RemoteQuestion | undefined): unknown {
  return asked && Object.fromEntries(Object.entries(asked).map(([key, value]) => [key, value ?? null]))
}

/** An answer as the vectors spell it. */
function spellAnswer(answer: RemoteAnswer | undefined): unknown {
  if (answer?.type !== 'found') return answer
  const spell = (entries: readonly Entry[]) =>
    entries.map(({ cid, headerBytes, signature, bodyBytes }) => ({
      cid,
      header: hex(headerBytes),
      signature: hex(signature),
      body: hex(bodyBytes),
    }))
  const { type, id, releases, introductions, statistics } = answer
  return { type, id, releases: spell(releases), introductions: spell(introductions), ...statistics }
}

test('the protocol of search has its name on the wire', () => {
  assert.equal(searchProtocol(vectors.hive), vectors.protocol)
})

for (const { name, question: said, bytes } of vectors.questions) {
  test(`the question "${name}" has its bytes, and is read from them`, () => {
    const read = parseQuestion(unhex(bytes))
    assert.deepEqual(spellQuestion(read), said)
    assert.equal(hex(read && formatQuestion(read)), bytes)
  })
}

for (const { name, answer: said, bytes } of vectors.answers) {
  test(`the answer "${name}" has its bytes, and is read from them`, () => {
    const read = parseAnswer(unhex(bytes))
    assert.deepEqual(spellAnswer(read), said)
    assert.equal(hex(read && formatAnswer(read)), bytes)
    for (const entry of read?.type === 'found' ? [...read.releases, ...read.introductions] : []) assert.ok(isSigned(entry))
  })
}

test('S30: the questions and answers that the vectors refuse are none', () => {
  for (const { why, bytes } of vectors.refused.questions) assert.equal(parseQuestion(unhex(bytes)), undefined, why)
  for (const { why, bytes } of vectors.refused.answers) assert.equal(parseAnswer(unhex(bytes)), undefined, why)
})

const question: RemoteQuestion = {
  id: 7,
  query: 'rust web',
  kind: 'skill',
  category: 'net',
  keyword: ['http', 'async'],
  author: 'ada',
  license: 'MIT',
  limit: 30,
}
const bare: RemoteQuestion = {
  ...question,
  kind: undefined,
  category: undefined,
  keyword: [],
  author: undefined,
  license: undefined,
}

test('a question and an answer are read as they were written', () => {
  for (const each of [question, bare]) assert.deepEqual(parseQuestion(formatQuestion(each)), each)
  const entries = signChain('ada', ['one', 'two'])
  const answer = {
    type: 'found',
    id: 7,
    releases: entries.slice(1),
    introductions: [],
    statistics: { packages: 9, counts: [3, 0] },
  } as const
  const read = parseAnswer(formatAnswer(answer))
  assert.deepEqual(read?.type === 'found' && read.releases.map(({ cid, signature }) => [cid, [...signature]]), [
    [entries[1]?.cid, [...(entries[1]?.signature ?? [])]],
  ])
  assert.deepEqual(parseAnswer(formatAnswer({ type: 'no', id: 7, why: 'busy' })), { type: 'no', id: 7, why: 'busy' })
})

test('S30: what is no question of the protocol is none, whatever is in it', () => {
  const good: readonly unknown[] = ['find', 7, 'rust', null, null, [], null, null, 20]
  assert.notEqual(parseQuestion(encodeCanonical(good)), undefined)
  const bad = [
    good.with(0, 'fin'),
    good.with(1, -1),
    good.with(2, 7),
    good.with(2, 'x'.repeat(1_025)),
    good.with(3, 'virus'),
    good.with(4, 5),
    good.with(5, 'http'),
    good.with(5, null),
    good.with(5, 7),
    good.with(5, ['a', 1]),
    good.with(
      5,
      Array.from({ length: 17 }, () => 'a'),
    ),
    good.with(8, 0),
    good.with(8, maxHits + 1),
    [...good, 1],
    'find',
  ]
  for (const each of bad) assert.equal(parseQuestion(encodeCanonical(each)), undefined, JSON.stringify(each))
})

test('S30: what is no answer of the protocol is none, whatever is in it', () => {
  const bad = [
    ['no', 1, 'never'],
    ['no', 1],
    ['found', 'x', [], [], 1, []],
    ['found', 1, [], []],
    ['found', 1, [], [], -1, []],
    ['found', 1, [], [], 1, ['x']],
    ['found', 1, [], [], 1, Array.from({ length: 17 }, () => 1)],
    ['found', 1, {}, [], 1, []],
    ['found', 1, [[new Uint8Array(1), new Uint8Array(64), null]], [], 1, []],
    ['found', 1, Array.from({ length: maxHits + 1 }, () => 0), [], 1, []],
    ['lost', 1, [], []],
    { found: 1 },
  ]
  for (const each of bad) assert.equal(parseAnswer(encodeCanonical(each)), undefined, JSON.stringify(each))
  assert.equal(parseAnswer(new Uint8Array([255, 0])), undefined)
})

test('of hits that do not fit into one answer the last are left out', () => {
  const releases = signChain(
    'ada',
    Array.from({ length: 40 }, () => 'x'.repeat(60_000)),
  )
  const bytes = formatAnswer({
    type: 'found',
    id: 1,
    releases,
    introductions: releases.slice(0, 1),
    statistics: { packages: 0, counts: [] },
  })
  assert.ok(bytes.byteLength <= maxAnswerBytes, `${bytes.byteLength} bytes`)
  const answer = parseAnswer(bytes)
  assert.equal(answer?.type, 'found')
  assert.deepEqual(answer.type === 'found' && [answer.releases.length, answer.introductions.length], [16, 1])
})
