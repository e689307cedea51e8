import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLoopback } from '../../lib/loopback.ts'
import { judgeRequest } from './judge-request.ts'
import { statusOf } from './status-of.ts'

const own = { origin: undefined, site: undefined }

test('S17: a request is heard when Host names loopback, with or without a port', () => {
  for (const host of ['127.0.0.1', '127.0.0.1:4801', 'localhost:4801', '[::1]:4801', 'LOCALHOST', '127.9.9.9:1']) {
    assert.equal(judgeRequest({ ...own, host }), 'heard', host)
  }
})

test('S17: a name that was rebound to loopback, none, or something odd is refused', () => {
  for (const host of [
    undefined,
    '',
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.1@evil.example',
    '10.0.0.1',
    'localhost:4801:1',
    '[::2]',
  ]) {
    assert.equal(judgeRequest({ ...own, host }), 'refused', String(host))
  }
})

test('S17: a page is heard only when we served it', () => {
  const host = '127.0.0.1:4801'
  assert.equal(judgeRequest({ host, origin: 'http://127.0.0.1:4801', site: 'same-origin' }), 'heard')
  assert.equal(judgeRequest({ host, origin: undefined, site: 'none' }), 'heard')
  assert.equal(judgeRequest({ host, origin: 'http://127.0.0.1:3000', site: undefined }), 'refused')
  assert.equal(judgeRequest({ host, origin: 'null', site: undefined }), 'refused')
  assert.equal(judgeRequest({ host, origin: undefined, site: 'cross-site' }), 'refused')
  assert.equal(judgeRequest({ host, origin: undefined, site: 'same-site' }), 'refused')
})

test('loopback addresses are 127/8, ::1 and localhost', () => {
  assert.deepEqual(['127.0.0.1', '::1', 'localhost', '0.0.0.0', '::', '192.168.1.2', '127.0.0.1.example'].map(isLoopback), [
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ])
})

test('each kind of fault has a status', () => {
  const kinds = ['usage', 'invalid', 'denied', 'missing', 'conflict', 'unavailable', 'timeout'] as const
  assert.deepEqual(kinds.map(statusOf), [400, 400, 403, 404, 409, 503, 504])
})
