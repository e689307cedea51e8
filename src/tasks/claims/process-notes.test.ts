import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededChance } from '../../lib/chance.ts'
import { createVirtualClock } from '../../lib/virtual-clock.ts'
import { openDatabase } from '../../store/database.ts'
import { createProcessNotes } from './process-notes.ts'

const clock = createVirtualClock({ startsAt: Date.UTC(2026, 0, 1) })

test('F3: a process is on disk once it was noted, and the next one on this home knows it; one that only reads is not there', async () => {
  await using database = openDatabase({ path: ':memory:' })
  const [ada, reader] = [1, 2].map((seed) => createProcessNotes({ database, clock, chance: createSeededChance(seed) }))
  assert.ok(ada !== undefined && reader !== undefined)
  assert.notEqual(ada.own, reader.own)
  assert.equal(reader.ranHere(ada.own), false)
  await ada.note()
  await ada.note()
  assert.equal(reader.ranHere(ada.own), true)
  assert.equal(ada.ranHere(reader.own), false)
  assert.equal(database.all("select name from setting where name like 'process %'").length, 1)
})

test('of the processes that ran on a home the last thousand are remembered', async () => {
  await using database = openDatabase({ path: ':memory:' })
  await database.write((tx) => {
    for (let number = 0; number < 1_100; number += 1)
      tx.run('insert into setting (name, value) values (?, ?)', `process old-${number}`, String(number))
  })
  const notes = createProcessNotes({ database, clock, chance: createSeededChance(1) })
  await notes.note()
  assert.equal(database.all("select name from setting where name like 'process %'").length, 1_000)
  assert.deepEqual([notes.ranHere(notes.own), notes.ranHere('old-1099'), notes.ranHere('old-100')], [true, true, false])
})

test('F5: a disk that is full is told to whoever was about to claim, and the next who asks tries again', async () => {
  await using database = openDatabase({ path: ':memory:' })
  let isFull = true
  const full: typeof database.write = (work) => (isFull ? Promise.reject(new Error('the disk is full')) : database.write(work))
  const notes = createProcessNotes({ database: { ...bound(database), write: full }, clock, chance: createSeededChance(1) })
  await assert.rejects(notes.note(), /the disk is full/)
  isFull = false
  await notes.note()
  assert.equal(notes.ranHere(notes.own), true)
})

function bound(database: ReturnType<typeof openDatabase>): ReturnType<typeof openDatabase> {
  const { get, all, iterate, write, writeSoon, checkIntegrity } = database
  return { get, all, iterate, write, writeSoon, checkIntegrity, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() }
}
