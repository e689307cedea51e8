import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { PeerId } from '../../identity/keys.ts'
import { openSigningKey } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import { parseCid } from '../../lib/cid.ts'
import type { ProjectId } from '../task.ts'
import { formatAnswer, formatQuestion, helpProtocol, parseAnswer, parseQuestion } from './help-protocol.ts'
import type { TaskNews } from './protocol.ts'
import { formatNews, isNewsSigned, parseNews, signNews, talkTopic } from './protocol.ts'

interface Vectors {
  readonly seed: string
  readonly hive: string
  readonly topic: string
  readonly messages: readonly { readonly nonce: number; readonly news: TaskNews; readonly bytes: string }[]
  readonly protocol: string
  readonly question: {
    readonly id: string
    readonly project: ProjectId
    readonly task: string
    readonly text: string
    readonly path: readonly PeerId[]
    readonly waitMs: number
    readonly bytes: string
  }
  readonly answers: readonly { readonly answer: { readonly text: string; readonly by: PeerId } | null; readonly bytes: string }[]
}

const vectors = JSON.parse(readFileSync(new URL('../../../test/vectors/task-talk.json', import.meta.url), 'utf8')) as Vectors
const hive = (parseCid(vectors.hive) ?? assert.fail('the vectors name no hive')) as HiveId
const key = openSigningKey(Buffer.from(vectors.seed, 'hex'))
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

test('every word about tasks is the bytes that its vector says, both ways', () => {
  assert.equal(talkTopic(hive), vectors.topic)
  for (const { nonce, news, bytes } of vectors.messages) {
    assert.equal(hex(formatNews(signNews(key, hive, { nonce, news }))), bytes)
    const read = parseNews(bytesOf(bytes)) ?? assert.fail(`${news.news} was not read`)
    assert.deepEqual([read.nonce, read.news, isNewsSigned(hive, read)], [nonce, news, true])
  }
})

test('questions and answers among agents are the bytes that their vectors say, both ways', () => {
  assert.equal(helpProtocol(hive), vectors.protocol)
  const { id: idText, bytes, ...said } = vectors.question
  const id = bytesOf(idText)
  assert.equal(hex(formatQuestion({ ...said, id })), bytes)
  assert.deepEqual(parseQuestion(bytesOf(bytes)), { ...said, id })
  for (const each of vectors.answers) {
    assert.equal(hex(formatAnswer(id, each.answer ?? undefined)), each.bytes)
    assert.deepEqual(parseAnswer(bytesOf(each.bytes))?.answer, each.answer ?? 'none')
  }
})
