import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf, testHive } from '../../journal/testing/bench-of-peers.ts'
import { encodeCanonical } from '../../lib/canonical.ts'
import { createCid, dagCborCodec } from '../../lib/cid.ts'
import type { HiveId } from '../../journal/entry.ts'
import { encodeText } from '../../lib/bytes.ts'
import { testOffer } from '../testing/talk-bench.ts'
import { testProject as project, testTask as task } from '../testing/test-names.ts'
import type { TaskNews } from './protocol.ts'
import { boundOffer, formatNews, isNewsSigned, maxTalkBytes, parseNews, signNews, talkTopic } from './protocol.ts'

const issueHash = 'a'.repeat(64)
const name = { project, task }
const ada = keyOf('ada')
const limited = { news: 'limited', forge: 'git.example.org:3000', mark: '0123456789abcdef', waitMs: 86_400_000 } as const
const every: readonly TaskNews[] = [
  { news: 'task-seen', ...name, issueHash },
  { news: 'bid', ...name, issueHash, score: 750_000, load: 333_333 },
  { news: 'claimed', ...name, epoch: 2 },
  { news: 'released', ...name },
  { news: 'polled', project },
  limited,
  { news: 'worker', offer: testOffer },
  { news: 'worker', offer: null },
]

test('every message is read as it was signed, in its own hive alone', () => {
  const other = createCid(dagCborCodec, encodeText('another hive')) as HiveId
  for (const news of every) {
    const signed = signNews(ada, testHive, { nonce: 7, news })
    const read = parseNews(formatNews(signed))
    assert.deepEqual(read, signed)
    assert.equal(isNewsSigned(testHive, signed), true)
    assert.equal(isNewsSigned(other, signed), false)
    assert.equal(isNewsSigned(testHive, { ...signed, nonce: 8 }), false)
  }
  assert.notEqual(talkTopic(testHive), talkTopic(other))
})

test('a score that is infinite, no number, negative, broken or too great is no score', () => {
  const row = (score: unknown): Uint8Array => {
    const { sender, nonce, signature } = signNews(ada, testHive, { nonce: 1, news: { news: 'bid', ...name, issueHash, score: 1, load: 0 } })
    return encodeCanonical([1, sender, nonce, ['bid', project, task, issueHash, score, 0], signature])
  }
  assert.notEqual(parseNews(row(1_000_000)), undefined)
  for (const score of [1_000_001, 2 ** 53 - 1, -1, 0.5, 1e300, '1', null, true])
    assert.equal(parseNews(row(score)), undefined, String(score))
  // dag-cbor has neither infinity nor NaN: as bytes they are not canonical
  const bytes = row(1_000_000)
  const at = Buffer.from(bytes).indexOf(Buffer.from([0x1a, 0x00, 0x0f, 0x42, 0x40]))
  for (const float of ['7ff0000000000000', '7ff8000000000000', 'fff0000000000000']) {
    const forged = Buffer.concat([bytes.subarray(0, at), Buffer.from([0xfb]), Buffer.from(float, 'hex'), bytes.subarray(at + 5)])
    assert.equal(parseNews(new Uint8Array(forged)), undefined, float)
  }
})

test('what is longer, or says more, than a member says is not read', () => {
  const worker = (change: object): TaskNews => ({ news: 'worker', offer: { ...testOffer, ...change } })
  const wrong: readonly TaskNews[] = [
    worker({ projects: Array.from({ length: 33 }, (_, index) => `forge.example.org/team/${index}`) }),
    worker({ projects: ['no project'] }),
    worker({ projects: [project, project] }),
    worker({ labels: Array.from({ length: 17 }, (_, index) => `label ${index}`) }),
    worker({ models: ['x'.repeat(257)] }),
    worker({ agent: 'two\nlines' }),
    worker({ slots: 1_025 }),
    worker({ answers: 1 }),
    { news: 'claimed', ...name, epoch: 0 },
    { news: 'released', project, task: 'issue-0' as typeof task },
    { news: 'task-seen', ...name, issueHash: 'A'.repeat(64) },
    { news: 'polled', project: '' as typeof project },
    { ...limited, forge: 'two\nlines' },
    { ...limited, mark: 'a secret' },
    { ...limited, waitMs: 86_400_001 },
    { ...limited, waitMs: -1 },
  ]
  for (const news of wrong)
    assert.equal(parseNews(formatNews(signNews(ada, testHive, { nonce: 1, news }))), undefined, JSON.stringify(news))
  const long = 'x'.repeat(maxTalkBytes)
  assert.equal(parseNews(encodeCanonical([1, 'a', 1, ['polled', long], new Uint8Array(64)])), undefined)
  assert.equal(parseNews(encodeText('nonsense')), undefined)
})

test('what another version says beside what is known is not read as if it were known', () => {
  const { sender, nonce, signature } = signNews(ada, testHive, { nonce: 1, news: { news: 'polled', project } })
  for (const row of [
    ['polled', project, 1],
    ['else', project, task],
    ['released', project, task, 1],
    ['claimed', project, task],
    ['limited', 'git.example.org', '0123456789abcdef', 1, 1],
    [],
    'polled',
    ['worker', null, 1],
    ['worker', []],
  ])
    assert.equal(parseNews(encodeCanonical([1, sender, nonce, row, signature])), undefined)
  assert.equal(parseNews(encodeCanonical([2, sender, nonce, ['polled', project], signature])), undefined)
})

test('a worker with more than may be said says as much as others read', () => {
  const many = Array.from({ length: 40 }, (_, index) => `${index}`)
  const offer = boundOffer({
    ...testOffer,
    projects: many.map((index) => `forge.example.org/team/${index}` as typeof project),
    ...{ labels: many, types: ['bug', 'bug'], scopes: ['two\nlines', 'src/ui'], models: ['x'.repeat(257)], slots: 5_000 },
  })
  const read = parseNews(formatNews(signNews(ada, testHive, { nonce: 1, news: { news: 'worker', offer } })))
  assert.deepEqual(read?.news, { news: 'worker', offer })
  assert.deepEqual(
    [offer.projects.length, offer.labels.length, offer.types, offer.scopes, offer.models, offer.slots],
    [32, 16, ['bug'], ['src/ui'], [], 1_024],
  )
})
