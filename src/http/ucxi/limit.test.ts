import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openUcxi, testNow } from './testing/open-ucxi.ts'

test('S29: who asks more often than is answered is told when to come again, in the envelope of every error', async (t) => {
  const { ask } = await openUcxi(t, { requestsPerSecond: 3 })
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask('/status')))
  assert.ok(answers.filter(({ status }) => status === 200).length >= 3)
  const refused = answers.find(({ status }) => status === 429) ?? assert.fail('nobody was refused')
  assert.equal(refused.headers['retry-after'], '1')
  assert.deepEqual(refused.json, {
    error: {
      code: 'UCXL-429-TOO_MANY_REQUESTS',
      message: 'more than 3 requests came within a second; wait a moment, or raise ucxl.requestsPerSecond',
      details: { perSecond: 3 },
      source: 'ucxi-server',
      path: '/ucxi/v1/status',
      request_id: 'ask-1',
      timestamp: testNow,
      cause: 'UCXI_REQUESTS_LIMITED',
    },
  })
})

test('without a cap every request is answered', async (t) => {
  const { ask } = await openUcxi(t)
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask('/status')))
  assert.ok(answers.every(({ status }) => status === 200))
})
