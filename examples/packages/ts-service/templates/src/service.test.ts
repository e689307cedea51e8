import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openService } from './service.ts'

const options = { port: 0, host: '127.0.0.1', maxBodyBytes: 16, requestTimeoutMs: 1_000 }

test('it says that it lives', async () => {
  await using service = await openService(options)
  assert.equal((await fetch(`http://127.0.0.1:${service.port}/health/live`)).status, 204)
})

test('what is not there is 404', async () => {
  await using service = await openService(options)
  const response = await fetch(`http://127.0.0.1:${service.port}/nowhere`)
  assert.equal(response.status, 404)
  assert.deepEqual(await response.json(), { error: 'there is nothing here' })
})
