import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeText } from '../lib/bytes.ts'
import type { Cid } from '../lib/cid.ts'
import { createCid, rawCodec } from '../lib/cid.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { HeldContent } from './held-content.ts'

const hourMs = 3_600_000

function named(name: string): Cid {
  return createCid(rawCodec, encodeText(name))
}

test('what was added longer ago than the grace age is forgotten with the next that is added, and what was added again is not', async () => {
  const clock = createVirtualClock({ startsAt: 0 })
  const held = new HeldContent(clock, { graceMs: hourMs })
  for (const name of ['a', 'b', 'c']) held.added(named(name))
  await clock.advance(hourMs / 2)
  held.added(named('a'))
  assert.equal(held.addedCount, 3)
  await clock.advance(hourMs / 2 + 1)
  held.added(named('d'))
  assert.equal(held.addedCount, 2)
  assert.deepEqual([...held.roots()], [named('a'), named('d')])
})
