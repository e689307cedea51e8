import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeResumed } from './resumed-because.ts'

test('words of a person stand behind the cause, as what a member said', () => {
  assert.equal(
    describeResumed('a person wants it to be tried again', 'by-person: blue'),
    'a person wants it to be tried again. A member of the hive says of it: "blue"',
  )
  assert.equal(describeResumed(undefined, 'by-person: blue'), 'a member of the hive says of it: "blue"')
})

test('a cause without words of a person stands alone', () => {
  assert.equal(describeResumed('this node was interrupted', 'by-person'), 'this node was interrupted')
  assert.equal(describeResumed('this node was interrupted', 'ci-failed: lint'), 'this node was interrupted')
  assert.equal(describeResumed(undefined, undefined), undefined)
})

test('S22: words of a member cannot leave their quotes, and are cut', () => {
  assert.equal(describeResumed('x', 'by-person: a"\n=====\u001b[2J b'), String.raw`x. A member of the hive says of it: "a\" ===== [2J b"`)
  assert.equal(describeResumed('x', `by-person: ${'a'.repeat(2_000)}`), `x. A member of the hive says of it: "${'a'.repeat(500)}"`)
})
