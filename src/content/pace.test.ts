import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cid } from '../lib/cid.ts'
import { Fault } from '../lib/fault.ts'
import { openFleet, readAll, testBytes } from './testing/fleet.ts'

const mebibyte = 1_048_576
const never = new AbortController().signal

function isFault(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Fault && error.code === code
}

test('F13 F14: a fetch over a line of 300 ms with losses ends whole, and suspects nobody for long', async () => {
  await using fleet = openFleet({ latencyMs: 300, jitterMs: 100, loss: 0.3 })
  const [ada, bob, cy] = [fleet.open('ada'), fleet.open('bob'), fleet.open('cy')]
  await fleet.connect(bob, ada, cy)
  const bytes = testBytes(12 * mebibyte)
  const cid = await fleet.add(ada, bytes)
  await fleet.add(cy, bytes)
  const report = await fleet.fetch(bob, cid)
  assert.equal(report.providers.length, 2)
  assert.deepEqual(await readAll(bob.content, cid), bytes)
})

test('F15: over 1 Mbit/s a chunk takes longer than the stall time, and the fetch still ends', async () => {
  await using fleet = openFleet({ bytesPerSecond: 125_000, latencyMs: 40 })
  const [ada, bob] = [fleet.open('ada'), fleet.open('bob', { stallTimeoutMs: 4_000 })]
  await fleet.connect(bob, ada)
  const cid = await fleet.add(ada, testBytes(3 * mebibyte))
  await fleet.fetch(bob, cid)
  assert.ok(fleet.clock.monotonic() < 35_000)
})

test('a download cap is kept', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada'), fleet.open('bob', { downloadBytesPerSecond: 2_097_152 })]
  await fleet.connect(bob, ada)
  const cid = await fleet.add(ada, testBytes(8 * mebibyte))
  const startedAt = fleet.clock.monotonic()
  await fleet.fetch(bob, cid)
  const ms = fleet.clock.monotonic() - startedAt
  assert.ok(ms > 3_700 && ms < 4_600, `8 MiB at 2 MiB/s took ${ms} ms`)
})

test('providers of very different speed end together', async () => {
  await using fleet = openFleet()
  const speeds = { ada: 8_000_000, cy: 4_000_000, dora: 2_000_000, emil: 500_000 }
  const providers = Object.entries(speeds).map(([name, perSecond]) => fleet.open(name, { uploadBytesPerSecond: perSecond }))
  const bob = fleet.open('bob')
  await fleet.connect(bob, ...providers)
  let cid: Cid | undefined
  for (const provider of providers) cid = await fleet.add(provider, testBytes(64 * mebibyte))
  assert.ok(cid !== undefined)
  const startedAt = fleet.clock.monotonic()
  await fleet.fetch(bob, cid)
  const share = (64 * mebibyte * 1000) / (fleet.clock.monotonic() - startedAt) / 14_500_000
  assert.ok(share > 0.85, `${share} of the sum`)
})

test('a fetch that takes longer than allowed ends with what it had kept', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada', { uploadBytesPerSecond: 1_048_576 }), fleet.open('bob', { fetchTimeoutMs: 3_000 })]
  await fleet.connect(ada, bob)
  const cid = await fleet.add(ada, testBytes(8 * mebibyte))
  await assert.rejects(fleet.fetch(bob, cid), isFault('CONTENT_UNAVAILABLE'))
  assert.ok((bob.content.stat(cid)?.presentBytes ?? 0) >= 2 * mebibyte)
})

test('two fetches of the same content at once cost one transfer', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada'), fleet.open('bob')]
  await fleet.connect(ada, bob)
  const cid = await fleet.add(ada, testBytes(4 * mebibyte))
  const before = fleet.network.counters().bytes
  const reports = await Promise.all([fleet.fetch(bob, cid), fleet.fetch(bob, cid)])
  assert.deepEqual(
    reports.map(({ providers }) => providers.length),
    [1, 0],
  )
  assert.ok(fleet.network.counters().bytes - before < 5 * mebibyte)
})

test('F12: a line that flaps is used again each time it is back', async () => {
  await using fleet = openFleet({ linkTimeoutMs: 1_000 })
  const [ada, bob] = [fleet.open('ada', { uploadBytesPerSecond: 2_097_152 }), fleet.open('bob')]
  await fleet.connect(ada, bob)
  const bytes = testBytes(24 * mebibyte)
  const cid = await fleet.add(ada, bytes)
  const flapping = fleet.network.flap(ada.peer, bob.peer, { times: 3, periodMs: 4_000, signal: never })
  await fleet.fetch(bob, cid)
  await fleet.clock.run(flapping)
  assert.deepEqual(await readAll(bob.content, cid), bytes)
})

test('what an upload cap allowed in the tenth of a second before is made up for', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada', { uploadBytesPerSecond: 10 * mebibyte }), fleet.open('bob')]
  await fleet.connect(bob, ada)
  const cid = await fleet.add(ada, testBytes(mebibyte))
  await fleet.clock.advance(1_000)
  const startedAt = fleet.clock.monotonic()
  await fleet.fetch(bob, cid)
  const ms = fleet.clock.monotonic() - startedAt
  assert.ok(ms < 20, `1 MiB took ${ms} ms`)
})
