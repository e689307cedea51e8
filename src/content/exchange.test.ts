import assert from 'node:assert/strict'
import { test } from 'node:test'
import { equalBytes } from '../lib/bytes.ts'
import { openFleet, readAll, refer, testBytes } from './testing/fleet.ts'

const mebibyte = 1_048_576

test('content of one block goes from one member to another', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada'), fleet.open('bob')]
  await fleet.connect(ada, bob)
  const bytes = testBytes(70_000)
  const cid = await fleet.add(ada, bytes)
  const { bytes: given, ...report } = await fleet.fetch(bob, cid)
  assert.deepEqual(report, { cid, size: 70_000, providers: [{ peer: ada.peer, bytes: 70_000 }], liars: [] })
  assert.ok(given !== undefined && equalBytes(given, bytes))
  assert.deepEqual(await readAll(bob.content, cid), bytes)
})

test('content of many chunks is whole and the same on the other side', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada'), fleet.open('bob')]
  await fleet.connect(ada, bob)
  const bytes = testBytes(9 * mebibyte + 17)
  const cid = await fleet.add(ada, bytes)
  const report = await fleet.fetch(bob, cid)
  assert.equal(report.size, 9_437_201)
  assert.deepEqual(report.providers, [{ peer: ada.peer, bytes: 9_437_201 }])
  assert.deepEqual(await readAll(bob.content, cid), bytes)
})

test('many who fetch at once give to each other what they have', async () => {
  await using fleet = openFleet()
  const ada = fleet.open('ada', { uploadBytesPerSecond: 2_097_152 })
  const others = Array.from({ length: 6 }, (_, index) => fleet.open(`peer ${index}`))
  await fleet.connect(ada, ...others)
  const cid = await fleet.add(ada, testBytes(16 * mebibyte))
  for (const other of others) await fleet.clock.run(refer(other, cid))
  const startedAt = fleet.clock.monotonic()
  const reports = await Promise.all(others.map((other) => fleet.fetch(other, cid)))
  const ms = fleet.clock.monotonic() - startedAt
  assert.ok(reports.some(({ providers }) => providers.length > 2))
  assert.ok(ms < 32_000, `took ${ms} ms; from one alone it would be 48,000`)
})

test('an exchange that is closed ends what it serves and what it fetches', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada', { uploadBytesPerSecond: 1_048_576 }), fleet.open('bob')]
  await fleet.connect(ada, bob)
  const cid = await fleet.add(ada, testBytes(16 * mebibyte))
  const fetching = assert.rejects(fleet.fetch(bob, cid), /the exchange is closed/)
  await fleet.clock.advance(2_000)
  await fleet.clock.run(Promise.all([bob.exchange[Symbol.asyncDispose](), ada.exchange[Symbol.asyncDispose]()]))
  await fleet.clock.run(Promise.resolve(bob.exchange[Symbol.asyncDispose]()))
  await fetching
  await assert.rejects(fleet.fetch(bob, cid), /the exchange is closed/)
})

test('four providers under caps give at least 0.92 of the sum of their caps', async () => {
  await using fleet = openFleet()
  const cap = 2_000_000
  const providers = ['ada', 'cy', 'dora', 'emil'].map((name) => fleet.open(name, { uploadBytesPerSecond: cap }))
  const bob = fleet.open('bob')
  await fleet.connect(bob, ...providers)
  const bytes = testBytes(64 * mebibyte)
  let cid
  for (const provider of providers) cid = await fleet.add(provider, bytes)
  assert.ok(cid !== undefined)
  const startedAt = fleet.clock.monotonic()
  const report = await fleet.fetch(bob, cid)
  const perSecond = (report.size * 1000) / (fleet.clock.monotonic() - startedAt)
  assert.equal(report.providers.length, 4)
  assert.ok(perSecond >= 0.92 * 4 * cap, `${perSecond / (4 * cap)} of the sum`)
})
