import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCid } from '../../../lib/cid.ts'
import { codeOf } from './code-of.ts'
import { hasContent, readCondition } from './conditions.ts'
import { readPreferences } from './read-prefer.ts'
import { readRange } from './read-range.ts'
import { createRequestId, takeRequestId } from './request-id.ts'

const cid = parseCid('bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq') ?? assert.fail()

test('a fault that the interface tells apart has a code of its own, another one that of its kind', () => {
  assert.deepEqual(codeOf({ code: 'CONDITION_FAILED', kind: 'conflict' }), { status: 412, name: 'PRECONDITION_FAILED' })
  const kinds = ['usage', 'invalid', 'denied', 'missing', 'conflict', 'unavailable', 'timeout'] as const
  assert.deepEqual(
    kinds.map((kind) => codeOf({ code: 'ANY', kind }).status),
    [400, 400, 403, 404, 409, 503, 503],
  )
  assert.deepEqual(codeOf({ code: 'constructor', kind: 'missing' }), { status: 404, name: 'NOT_FOUND' })
})

test('one range of bytes is read as RFC 9110 says', () => {
  const part = (start: number, end: number) => ({ asks: 'part', start, end })
  assert.deepEqual(readRange('bytes=0-0', 10), part(0, 1))
  assert.deepEqual(readRange('bytes=2-5', 10), part(2, 6))
  assert.deepEqual(readRange('bytes=2-', 10), part(2, 10))
  assert.deepEqual(readRange('bytes=-3', 10), part(7, 10))
  assert.deepEqual(readRange('bytes=-30', 10), part(0, 10))
  assert.deepEqual(readRange('bytes=5-99', 10), part(5, 10))
  assert.deepEqual(readRange(' Bytes=9-9 ', 10), part(9, 10))
})

test('a range past the end asks for nothing', () => {
  for (const [header, size] of [
    ['bytes=10-', 10],
    ['bytes=10-12', 10],
    ['bytes=-0', 10],
    ['bytes=0-', 0],
    ['bytes=-5', 0],
  ] as const) {
    assert.deepEqual(readRange(header, size), { asks: 'nothing' }, header)
  }
})

test('several ranges, other units and what is no range ask for the whole', () => {
  for (const header of [
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=5-2',
    'bytes=0-1,3-4',
    'lines=1-2',
    'bytes=1e3-',
    'bytes=-1-2',
    `bytes=${'9'.repeat(99)}-`,
  ]) {
    assert.deepEqual(readRange(header, 10), { asks: 'whole' }, header ?? 'none')
  }
})

test('If-None-Match names what a reader has', () => {
  assert.equal(hasContent(undefined, cid), false)
  assert.equal(hasContent(`"${cid}"`, cid), true)
  assert.equal(hasContent(`"other", W/"${cid}"`, cid), true)
  assert.equal(hasContent('*', cid), true)
  assert.equal(hasContent(cid, cid), false)
})

test('a write replaces one content, or nothing, and says so in one way', () => {
  assert.equal(readCondition(undefined, undefined), undefined)
  assert.deepEqual(readCondition(`"${cid}"`, undefined), { is: 'content', cid })
  assert.deepEqual(readCondition(undefined, ' * '), { is: 'absent' })
  for (const [ifMatch, ifNoneMatch] of [
    ['*', undefined],
    [cid, undefined],
    ['"bafy"', undefined],
    [`W/"${cid}"`, undefined],
    [`"${cid}", "${cid}"`, undefined],
    [undefined, `"${cid}"`],
    [`"${cid}"`, '*'],
  ] as const) {
    assert.equal(typeof readCondition(ifMatch, ifNoneMatch), 'string', `${ifMatch} ${ifNoneMatch}`)
  }
})

test('Prefer asks for copies and for how long to wait; what it does not know or cannot be is ignored', () => {
  assert.deepEqual(readPreferences(undefined), {})
  assert.deepEqual(readPreferences('replicas=2'), { replicas: 2 })
  assert.deepEqual(readPreferences('return=minimal, Replicas = "5", wait=10'), { replicas: 5, waitSeconds: 10 })
  assert.deepEqual(readPreferences('replicas=2, replicas=3'), { replicas: 2 })
  assert.deepEqual(readPreferences('replicas=0, wait=-1, replicas=33, wait=301, wait=1e3, replicas'), {})
  assert.deepEqual(readPreferences('wait=0'), { waitSeconds: 0 })
})

test('a request id says when, in UTC, and is safe to repeat', () => {
  assert.equal(
    createRequestId(Date.parse('2026-01-31T09:30:05.999Z'), Uint8Array.from([0, 25, 26, 35, 36, 255, 1, 2])),
    '20260131-093005-AZ09ADBC',
  )
  assert.equal(takeRequestId('my-id_1.2'), 'my-id_1.2')
  for (const header of [undefined, '', 'a b', 'a\n', '"', 'x'.repeat(65), ['a'], 'ä'])
    assert.equal(takeRequestId(header), undefined, String(header))
})
