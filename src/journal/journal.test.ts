import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { openDatabase } from '../store/database.ts'
import { nodeOf, notesOf, noteView, openPeer, signChain } from './testing/bench-of-peers.ts'
import type { View } from './view.ts'

test('what is appended is numbered, chained and seen by views', async () => {
  const ada = await openPeer('ada')
  const first = await ada.journal.append('note', { text: 'one' })
  const second = await ada.journal.append('note', { text: 'two' })
  assert.equal(first.header.seq, 1)
  assert.equal(second.header.seq, 2)
  assert.equal(second.header.prev, first.cid)
  assert.deepEqual(
    notesOf(ada.database).map((note) => note.slice(5)),
    ['one', 'two'],
  )
  assert.deepEqual(
    [...ada.journal.range(ada.node, 1, 1, 2)].map((entry) => entry.cid),
    [first.cid, second.cid],
  )
  assert.deepEqual(ada.journal.heads(), [{ node: ada.node, incarnation: 1, seq: 2, cid: second.cid }])
})

test('what the caller does within an append stands or falls with it', async () => {
  const ada = await openPeer('ada')
  await ada.journal.append('note', { text: 'one' }, { within: (tx, entry) => tx.run("insert into setting values ('last', ?)", entry.cid) })
  const failing = ada.journal.append(
    'note',
    { text: 'two' },
    {
      within: () => {
        throw new Error('no')
      },
    },
  )
  const next = ada.journal.append('note', { text: 'three' })
  await assert.rejects(failing, /^Error: no$/)
  assert.equal((await next).header.seq, 2)
  assert.deepEqual(
    notesOf(ada.database).map((note) => note.slice(5)),
    ['one', 'three'],
  )
  assert.equal(ada.journal.headOf(ada.node, 1)?.seq, 2)
})

test('a body over the limit and a kind that is none are refused with what to do', async () => {
  const ada = await openPeer('ada', { maxBodyBytes: 100 })
  await assert.rejects(ada.journal.append('note', { text: 'x'.repeat(100) }), {
    code: 'ENTRY_TOO_LARGE',
    data: { kind: 'note', size: 108, max: 100 },
  })
  await assert.rejects(ada.journal.append('No Kind', {}), { code: 'ENTRY_INVALID' })
  assert.equal(ada.journal.status().entries, 0)
})

test('F17: times in a journal increase strictly, even when the clock goes back an hour', async () => {
  const clock = createVirtualClock({ startsAt: 1_760_000_000_000 }).withSkew(0)
  const ada = await openPeer('ada', { clock })
  const first = await ada.journal.append('note', { text: 'one' })
  clock.skew(-3_600_000)
  const second = await ada.journal.append('note', { text: 'two' })
  assert.equal(second.header.at, first.header.at + 1)
})

test('unknown kinds are stored, stand in the chain, and are taken up by a view that comes to know them', async () => {
  const bob = await openPeer('bob', { views: [] })
  await bob.journal.receive(signChain('ada', ['one', 'two']), nodeOf('ada'))
  assert.equal(bob.journal.status().entries, 2)
  await openPeer('bob', { database: bob.database, views: [noteView] })
  assert.equal(notesOf(bob.database).length, 2)
})

test('a view of another version is built anew at the next start', async () => {
  const ada = await openPeer('ada')
  await ada.journal.append('note', { text: 'one' })
  const louder: View = { ...noteView, version: 2, apply: (tx, entry) => noteView.apply(tx, { ...entry, body: { text: 'ONE' } }) }
  await openPeer('ada', { database: ada.database, views: [louder] })
  assert.deepEqual(
    notesOf(ada.database).map((note) => note.slice(5)),
    ['ONE'],
  )
})

test('a view that throws is quarantined and says so; the chain, other views and the next start go on', async () => {
  const fragile: View = {
    name: 'fragile',
    version: 1,
    kinds: ['note'],
    apply: (tx, entry) => {
      tx.run("insert into setting values ('half done', ?)", entry.cid)
      throw new Error('no idea what this is')
    },
    reset: () => {},
  }
  const ada = await openPeer('ada', { views: [fragile, noteView] })
  await ada.journal.append('note', { text: 'one' })
  await ada.journal.append('note', { text: 'two' })
  assert.deepEqual(ada.journal.status().quarantinedViews, [{ name: 'fragile', fault: 'no idea what this is' }])
  assert.equal(ada.database.get("select 1 as one from setting where name = 'half done'"), undefined)
  assert.equal(notesOf(ada.database).length, 2)
  const again = await openPeer('ada', { database: ada.database, views: [{ ...fragile, apply: () => {} }, noteView] })
  assert.deepEqual(again.journal.status().quarantinedViews, [])
})

test('many appends at once share commits and keep their order', async () => {
  const ada = await openPeer('ada')
  const entries = await Promise.all(Array.from({ length: 300 }, (_, index) => ada.journal.append('note', { text: String(index) })))
  assert.deepEqual(
    entries.map((entry) => entry.header.seq),
    Array.from({ length: 300 }, (_, index) => index + 1),
  )
})

test('F1: a kill at any moment of an append loses nothing acknowledged and breaks no chain', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'althing-append-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'althing.sqlite')
  let acknowledged = 0
  for (const killAfter of [1, 7, 40]) {
    const child = spawn(process.execPath, [new URL('testing/append-forever.ts', import.meta.url).pathname, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const said: { readonly seq: number; readonly cid: string }[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      const [seq, cid] = line.split(' ')
      said.push({ seq: Number(seq), cid: cid ?? '' })
      if (said.length === killAfter) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    const ada = await openPeer('ada', { database: openDatabase({ path }) })
    for (const { seq, cid } of said) {
      const [entry] = ada.journal.range(ada.node, 1, seq, seq)
      assert.equal(entry?.cid, cid)
      acknowledged += 1
    }
    const stored = [...ada.journal.range(ada.node, 1, 1, Number.MAX_SAFE_INTEGER)]
    assert.ok(stored.every((entry, index) => entry.header.prev === (stored[index - 1]?.cid ?? null)))
    assert.equal(notesOf(ada.database).length, stored.length)
    await ada.database[Symbol.asyncDispose]()
  }
  assert.ok(acknowledged >= 48, `${acknowledged} acknowledged`)
})
