import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededChance } from '../lib/chance.ts'
import { silentLog } from '../lib/log.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import type { Channel, ChannelHandler, Host } from '../network/host.ts'
import { Links } from './links.ts'
import { Replicator } from './replicator.ts'
import { nodeOf, openPeer } from './testing/bench-of-peers.ts'
import { fleetReplicationOptions } from './testing/fleet.ts'

/** Of two peers the one whose name is smaller opens the channel. */
const [opener, other] = nodeOf('bob') < nodeOf('eve') ? ['bob', 'eve'] : ['eve', 'bob']

/** The links of one who is connected with another, over a host that opens no channel. */
async function openLinks() {
  const { journal } = await openPeer(opener)
  let opened = 0
  let serve: ChannelHandler | undefined
  // What links and replication ask a host for; all else of it is never called.
  const host = {
    peerId: nodeOf(opener),
    events: { on: () => () => {} },
    connections: () => [{ peer: nodeOf(other), admitted: true }],
    disconnect: () => Promise.resolve(),
    handle: (_protocol: string, handler: ChannelHandler) => {
      serve = handler
      return () => {}
    },
    open: () => {
      opened += 1
      return Promise.reject(new Error('it does not speak that'))
    },
  } as unknown as Host
  const clock = createVirtualClock({ startsAt: 0 })
  const deps = { journal, host, clock, chance: createSeededChance(1), log: silentLog }
  const replicator = new Replicator(deps, fleetReplicationOptions)
  const links = new Links({ ...deps, replicator }, fleetReplicationOptions)
  const accept = async (channel: Channel): Promise<void> => serve?.(channel, { signal: new AbortController().signal })
  return { clock, links, replicator, accept, opened: () => opened }
}

test('F12: a channel that does not open is tried less and less often', async () => {
  const { clock, links, opened } = await openLinks()
  await clock.advance(600_000)
  // half a second doubled six times, then every half minute and up to as much again
  assert.ok(opened() >= 12 && opened() <= 28, `${opened()} tries in ten minutes`)
  await clock.run(links.close())
})

test('S4: a peer that was dropped is not listened to when it comes again', async () => {
  const { clock, links, replicator, accept } = await openLinks()
  const peer = nodeOf(other)
  for (let times = 0; times < 3; times++) replicator.strike(peer, 'nonsense')
  const reasons: string[] = []
  const abort = (reason: Error): void => void reasons.push(reason.message)
  // Who is struck off is cut before anything else of a channel is used.
  const channel = { peer, abort, receive: () => Promise.resolve(undefined), send: () => Promise.resolve() } as unknown as Channel
  await clock.run(accept(channel))
  assert.deepEqual(reasons, ['not listened to'])
  assert.equal(links.count(), 0)
  await clock.run(links.close())
})
