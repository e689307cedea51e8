import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultFor, isBug } from './fault-for.ts'

test('work that was called off because its caller hung up is no bug; what else goes wrong then is one', () => {
  const gone = new AbortController()
  const isLogged = (error: unknown): boolean => isBug(faultFor(error, gone.signal), gone.signal)
  const abort = new DOMException('this operation was aborted', 'AbortError')
  assert.deepEqual([isLogged(new Error('broken')), isLogged(abort)], [true, true])
  gone.abort(new DOMException('the caller hung up', 'AbortError'))
  assert.deepEqual([isLogged(gone.signal.reason), isLogged(abort), isLogged(new TypeError('broken'))], [false, false, true])
})
