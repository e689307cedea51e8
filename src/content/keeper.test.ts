import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openFleet, testBytes } from './testing/fleet.ts'

const mebibyte = 1_048_576

test('copies that are being made count against the disk for copies: together they are never more than it', async () => {
  await using fleet = openFleet()
  const [ada, bob] = [fleet.open('ada'), fleet.open('bob', { maxReplicaBytes: 3 * mebibyte })]
  const contents = [await fleet.add(ada, testBytes(2 * mebibyte, 1)), await fleet.add(ada, testBytes(2 * mebibyte, 2))]
  await fleet.connect(ada, bob)
  const stop = new AbortController()
  fleet.clock.schedule(5_000, () => stop.abort())
  const signed = await fleet.clock.run(Promise.all(contents.map((cid) => ada.exchange.replicate(cid, { copies: 1, signal: stop.signal }))))
  assert.equal(signed.flat().length, 1)
  assert.equal(contents.filter((cid) => bob.content.stat(cid)?.isWhole === true).length, 1)
  assert.equal(bob.content.pendingCopies.bytes, 0)
})
