import { createSeededChance, systemChance } from '../lib/chance.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import type { Host } from './host.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { testHost } from './suite/host-suite.ts'
import { openLibp2pHost } from './libp2p.ts'
import { createMemoryPeerBook } from './peer-book.ts'
import { createMemoryNetwork, quietNetwork } from './memory.ts'
import { keyOf, peerOfName } from './suite/names.ts'
import { testHostOptions, testWireOptions } from './suite/test-options.ts'

testHost('memory', () => {
  const clock = createVirtualClock({ startsAt: 1_700_000_000_000 })
  const network = createMemoryNetwork({ clock, chance: createSeededChance(1) }, quietNetwork)
  return Promise.resolve({
    openHost: (name, changes) => {
      const peerId = peerOfName(name)
      return Promise.resolve(network.openHost(peerId, { ...testHostOptions, ...changes }))
    },
    pause: (ms) => clock.advance(ms),
    until: (work) => clock.run(Promise.resolve(work), { maxMs: 3_600_000 }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  })
})

testHost('libp2p', () => {
  const hosts: Host[] = []
  return Promise.resolve({
    openHost: async (name, changes) => {
      const key = keyOf(name)
      const deps = { key, clock: systemClock, chance: systemChance, log: silentLog, peerBook: createMemoryPeerBook() }
      const host = await openLibp2pHost(deps, { ...testWireOptions, ...changes })
      hosts.push(host)
      return host
    },
    pause: (ms) => systemClock.sleep(ms, { signal: new AbortController().signal }),
    until: (work) => Promise.resolve(work),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(hosts.map((host) => host[Symbol.asyncDispose]()))
    },
  })
})
