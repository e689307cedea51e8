import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { armFailpoint, disarmFailpoint } from '../lib/failpoint.ts'
import { openDatabase } from '../store/database.ts'
import { nodeOf, notesOf, noteView, openPeer, signChain } from './testing/bench-of-peers.ts'

afterEach(() => disarmFailpoint())

test('F1: what a transaction that failed said of an author is not remembered', async () => {
  const database = openDatabase({ path: ':memory:' })
  const bob = await openPeer('bob', { database })
  const chain = signChain('ada', ['one', 'two'])
  armFailpoint('database.commit.begin', { action: 'error', code: 'ENOSPC' })
  await assert.rejects(bob.journal.receive(chain, nodeOf('ada')), { code: 'DISK_FULL' })
  disarmFailpoint()
  assert.deepEqual(bob.journal.heads(), [])
  await bob.journal.receive(chain, nodeOf('ada'))
  const again = await openPeer('bob', { database, views: [{ ...noteView, version: 2 }] })
  assert.equal(notesOf(again.database).length, 2)
})

test('F1: an append that failed leaves nothing behind that the next one would rest on', async () => {
  const database = openDatabase({ path: ':memory:' })
  const ada = await openPeer('ada', { database })
  const refuse = (): never => {
    throw new Error('no')
  }
  const failing = ada.journal.append('note', { text: 'never' }, { within: refuse })
  const next = ada.journal.append('note', { text: 'one' })
  await assert.rejects(failing, /^Error: no$/)
  await next
  await assert.rejects(ada.journal.append('note', { text: 'never' }, { within: refuse }), /^Error: no$/)
  assert.equal(ada.journal.headOf(ada.node, 1)?.seq, 1)
  const again = await openPeer('ada', { database, views: [{ ...noteView, version: 2 }] })
  assert.equal(notesOf(again.database).length, 1)
})
