import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSigned } from '../codec.ts'
import type { Entry } from '../entry.ts'
import { signChain } from '../testing/bench-of-peers.ts'
import { judgeFork } from './judge-fork.ts'

const [one, two] = signChain('ada', ['one', 'two']) as readonly [Entry, Entry]
const [, twoAgain] = signChain('ada', ['one', 'two again']) as readonly [Entry, Entry]
const [, twoElsewhere] = signChain('ada', ['elsewhere', 'two']) as readonly [Entry, Entry]

test('S6: two signed entries at one position prove a fork, and say where it began at the latest', () => {
  assert.deepEqual(judgeFork(two, twoAgain, isSigned), { seq: 2, shared: 1 })
  assert.deepEqual(judgeFork(two, twoElsewhere, isSigned), { seq: 2, shared: 0 })
})

test('S6: an unsigned or spoilt entry frames nobody', () => {
  const forged = { ...twoAgain, signature: new Uint8Array(64) }
  assert.equal(judgeFork(two, forged, isSigned), undefined)
  assert.equal(judgeFork(forged, two, isSigned), undefined)
})

test('S6: another position, author or hive, or the same entry twice, is no fork', () => {
  const [bobs] = signChain('bob', ['one']) as readonly [Entry]
  assert.equal(judgeFork(one, two, isSigned), undefined)
  assert.equal(judgeFork(one, bobs, isSigned), undefined)
  assert.equal(judgeFork(one, one, isSigned), undefined)
})
