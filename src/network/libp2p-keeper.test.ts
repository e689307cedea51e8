import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerId } from '../identity/keys.ts'
import { createSeededChance } from '../lib/chance.ts'
import { silentLog } from '../lib/log.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { Keeper } from './libp2p-keeper.ts'
import { createMemoryPeerBook } from './peer-book.ts'

test('bootstrap addresses do not wait for peers of the last run that answer no more', async () => {
  const clock = createVirtualClock({ startsAt: 1_760_000_000_000 })
  const peerBook = createMemoryPeerBook()
  for (let n = 0; n < 64; n += 1) peerBook.save(`peer-${n}` as PeerId, ['/ip4/192.0.2.1/tcp/4001'])
  const ending = new AbortController()
  const dialled = new Map<string, number>()
  const keeper = new Keeper(
    {
      clock,
      chance: createSeededChance(1),
      log: silentLog,
      peerBook,
      learn: async () => {},
      dial: async (target) => {
        dialled.set(target, clock.monotonic())
        if (target.startsWith('peer-')) await clock.sleep(10_000, { signal: ending.signal })
      },
      countConnected: () => 1,
      ending: ending.signal,
    },
    { redialBaseMs: 1_000, redialMaxMs: 60_000, bootstrap: ['/ip4/192.0.2.9/tcp/4001'] },
  )
  const begun = keeper.begin()
  await clock.advance(100)
  assert.equal(dialled.get('/ip4/192.0.2.9/tcp/4001'), 0)
  await clock.advance(100_000)
  await begun
  assert.equal(dialled.size, 65)
  ending.abort()
})
