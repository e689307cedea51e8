import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openOnce } from './open-once.ts'

test('what is opened once is the same for all who ask, and one that failed is opened anew', async () => {
  let times = 0
  const get = openOnce(async () => {
    times += 1
    if (times === 1) throw new Error('not yet')
    return { times }
  })
  await assert.rejects(get(), /not yet/)
  const [one, other] = await Promise.all([get(), get()])
  assert.equal(one, other)
  assert.equal(times, 2)
})
