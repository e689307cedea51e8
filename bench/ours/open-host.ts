import { defaultConfig } from '../../src/config/load.ts'
import type { SigningKey } from '../../src/identity/keys.ts'
import { systemChance } from '../../src/lib/chance.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import type { Host } from '../../src/network/host.ts'
import { openLibp2pHost } from '../../src/network/libp2p.ts'
import { createMemoryPeerBook } from '../../src/network/peer-book.ts'
import { benchHive } from './open-journal.ts'

/** A hundred nodes that shake hands on one core take longer for it than any two machines. */
const setupTimeoutMs = 60_000

/** Our libp2p host as it is in a node, but on loopback, without mDNS, bootstrap and the peers of last time. */
export async function openBenchHost(key: SigningKey): Promise<Host> {
  const { network } = await defaultConfig()
  return await openLibp2pHost(
    { key, clock: systemClock, chance: systemChance, log: silentLog, peerBook: createMemoryPeerBook() },
    { ...network, hive: benchHive, agent: 'althing/bench', listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false, dialTimeoutMs: setupTimeoutMs },
  )
}
