import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeOf, notesOf, openPeer, signChain } from './testing/bench-of-peers.ts'

test('what is appended is numbered, chained and seen by views', async () => {
  const ada = await openPeer('ada')
  const first = await ada.journal.append('note', { text: 'one' })
  const second = await ada.journal.append('note', { text: 'two' })
  assert.equal(first.header.seq, 1)
  assert.equal(second.header.seq, 2)
  assert.equal(second.header.prev, first.cid)
  assert.ok(second.header.at > first.header.at)
  assert.deepEqual(
    notesOf(ada.database).map((note) => note.slice(5)),
    ['one', 'two'],
  )
})

test('a batch under one good signature is stored whole', async () => {
  const bob = await openPeer('bob')
  const reports = await bob.journal.receive(signChain('ada', ['one', 'two', 'three']), nodeOf('ada'))
  assert.deepEqual(reports, [{ node: nodeOf('ada'), incarnation: 1, seq: 3, verdict: 'stored', stored: 3 }])
})
