import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainFailure } from './explain-failure.ts'

const named = (name: string, message = 'Missing newline'): Error => Object.assign(new Error(message), { name })
const coded = (code: string): Error => Object.assign(new Error(`connect ${code} 127.0.0.1:1`), { code })

test('an error of a library or of the system is told in words about the address', () => {
  assert.equal(explainFailure(named('InvalidMessageError')), 'what answers there is no node of althing')
  assert.equal(explainFailure(new DOMException('The operation was aborted due to timeout', 'TimeoutError')), 'no answer came in time')
  assert.equal(explainFailure(coded('ECONNREFUSED')), 'nothing listens there')
})

test('of a dial that tried several addresses each reason is said once', () => {
  const errors = [coded('ECONNREFUSED'), named('UnexpectedPeerError'), coded('ECONNREFUSED')]
  assert.equal(
    explainFailure(new AggregateError(errors, 'All multiaddr dials failed')),
    'nothing listens there, a node with another peer id answers there',
  )
  assert.equal(explainFailure(new AggregateError([], 'nothing tried')), 'nothing tried')
})

test('an error without words of its own is told by its cause, or else by its first line', () => {
  assert.equal(explainFailure(new Error('dial failed', { cause: coded('ENOTFOUND') })), 'the name is not known')
  assert.equal(explainFailure(new Error('odd\nand long')), 'odd')
  assert.equal(explainFailure('a text'), 'a text')
  assert.equal(explainFailure(named('constructor', 'no table')), 'no table')
})
