import type { TestContext } from 'node:test'
import { systemChance } from '../../lib/chance.ts'
import { systemClock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { silentLog } from '../../lib/log.ts'
import type { Host, HostEvents } from '../host.ts'
import { openLibp2pHost } from '../libp2p.ts'
import type { Libp2pHostOptions } from '../libp2p-options.ts'
import type { PeerBook } from '../peer-book.ts'
import { createMemoryPeerBook } from '../peer-book.ts'
import { keyOf } from './names.ts'
import { testWireOptions } from './test-options.ts'

/** What a test changes of a host. */
export interface WireChanges extends Partial<Libp2pHostOptions> {
  readonly peerBook?: PeerBook
  readonly log?: Log
}

/** A host on loopback that is closed with the test. */
export async function openWireHost(t: TestContext, name: string, changes: WireChanges = {}): Promise<Host> {
  const { peerBook = createMemoryPeerBook(), log = silentLog, ...options } = changes
  const host = await openLibp2pHost(
    { key: keyOf(name), clock: systemClock, chance: systemChance, log, peerBook },
    { ...testWireOptions, ...options },
  )
  t.after(() => host[Symbol.asyncDispose]())
  return host
}

/** The next event of a kind that is of interest. */
export function nextEvent<Name extends keyof HostEvents>(
  host: Host,
  name: Name,
  isIt: (...args: HostEvents[Name]) => boolean = () => true,
): Promise<HostEvents[Name]> {
  const { promise, resolve } = Promise.withResolvers<HostEvents[Name]>()
  const off = host.events.on(name, (...args: HostEvents[Name]) => {
    if (!isIt(...args)) return
    off()
    resolve(args)
  })
  return promise
}
