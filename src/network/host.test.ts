import { peerIdOfKey, openSigningKey } from '../identity/keys.ts'
import { createSeededChance } from '../lib/chance.ts'
import { hashBytes } from '../lib/cid.ts'
import { encodeText } from '../lib/bytes.ts'
import { createVirtualClock } from '../lib/virtual-clock.ts'
import { testHost } from './suite/host-suite.ts'
import { createMemoryNetwork, quietNetwork } from './memory.ts'
import { testHostOptions } from './suite/test-options.ts'

testHost('memory', () => {
  const clock = createVirtualClock({ startsAt: 1_700_000_000_000 })
  const network = createMemoryNetwork({ clock, chance: createSeededChance(1) }, quietNetwork)
  return Promise.resolve({
    openHost: (name, changes) => {
      const peerId = peerIdOfKey(openSigningKey(hashBytes(encodeText(name))).publicKey)
      return Promise.resolve(network.openHost(peerId, { ...testHostOptions, ...changes }))
    },
    pause: (ms) => clock.advance(ms),
    until: (work) => clock.run(Promise.resolve(work), { maxMs: 3_600_000 }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  })
})
