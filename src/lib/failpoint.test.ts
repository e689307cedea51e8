import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { armFailpoint, disarmFailpoint, failpoint, failpointAsync, parseFailpoint } from './failpoint.ts'

afterEach(() => disarmFailpoint())

test('a failpoint that is not armed does nothing', async () => {
  armFailpoint('elsewhere', { action: 'error', code: 'EIO' })
  failpoint('here')
  await failpointAsync('here')
})

test('an armed failpoint throws an error like that of the operating system, until it is disarmed', async () => {
  armFailpoint('here', { action: 'error', code: 'ENOSPC' })
  assert.throws(() => failpoint('here'), { code: 'ENOSPC' })
  await assert.rejects(failpointAsync('here'), { code: 'ENOSPC' })
  disarmFailpoint('here')
  failpoint('here')
})

test('a failpoint armed for the third pass lets two go through', () => {
  armFailpoint('here', { action: 'error', code: 'EIO' }, 3)
  failpoint('here')
  failpoint('here')
  assert.throws(() => failpoint('here'), { code: 'EIO' })
})

test('a delay lets the program go on afterwards', async () => {
  armFailpoint('here', { action: 'delay', ms: 1 })
  failpoint('here')
  await failpointAsync('here')
})

test('the text of a failpoint names place, action and pass', () => {
  assert.deepEqual(parseFailpoint('blob.put.synced=exit'), { name: 'blob.put.synced', action: { action: 'exit' }, pass: 1 })
  assert.deepEqual(parseFailpoint('a=error:EIO@7'), { name: 'a', action: { action: 'error', code: 'EIO' }, pass: 7 })
  assert.deepEqual(parseFailpoint('a=delay:250'), { name: 'a', action: { action: 'delay', ms: 250 }, pass: 1 })
})

test('other texts are no failpoint', () => {
  for (const text of [
    '',
    'a',
    'a=',
    'a=stop',
    'a=exit:1',
    'a=error',
    'a=error:EPERM',
    'a=delay',
    'a=delay:9999999',
    'a=exit@0',
    'A B=exit',
  ]) {
    assert.equal(parseFailpoint(text), undefined, text)
  }
})
