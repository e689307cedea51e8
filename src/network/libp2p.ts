import type { PeerId as WirePeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Host } from './host.ts'
import { Gate } from './gate.ts'
import { Libp2pHost } from './libp2p-host.ts'
import { createGater, guardRegistrar, peerOf } from './libp2p-admission.ts'
import { createWireNode } from './libp2p-node.ts'
import type { Libp2pHostDeps, Libp2pHostOptions } from './libp2p-options.ts'
import { findListenAddresses } from './listen-addresses.ts'
import { ProtocolTable } from './protocol-table.ts'
import { createRecordStore } from './record-store.ts'
import { peerIdOfKey } from '../identity/keys.ts'
import { createTokenBucket } from '../lib/token-bucket.ts'

/** What libp2p loads late and the host needs as values. */
export interface WireTools {
  readonly parseMultiaddr: (text: string) => Multiaddr
  readonly parsePeer: (text: string) => WirePeerId
}

/** Dials a second to peers that only a lookup or a neighbour named, and how many at once: poisoned records cost no more. */
const hearsayDialsPerSecond = 10
const hearsayDialsAtOnce = 64

/**
 * Opens the host of one hive: listens, finds and keeps peers, serves.
 *
 * Without a network it opens all the same, says so in the log, and goes on trying. @throws Fault ADDRESS_INVALID
 */
export async function openLibp2pHost(deps: Libp2pHostDeps, options: Libp2pHostOptions): Promise<Host> {
  const gate = new Gate({ clock: deps.clock }, options)
  const table = new ProtocolTable()
  const listen = await findListenAddresses(options.listen, deps)
  const [records, { multiaddr }, { peerIdFromString }, { TopicValidatorResult }, { Uint8ArrayList }] = await Promise.all([
    createRecordStore(),
    import('@multiformats/multiaddr'),
    import('@libp2p/peer-id'),
    import('@libp2p/gossipsub'),
    import('uint8arraylist'),
  ])
  const hearsay = createTokenBucket(deps, { perSecond: hearsayDialsPerSecond, burst: hearsayDialsAtOnce })
  const early: { host?: Libp2pHost } = {}
  const node = await createWireNode(deps, options, {
    listen,
    datastore: records.datastore,
    scoreOf: (peer) => -gate.silence(peerOf(peerIdFromString(peer)) ?? peerIdOfKey(deps.key.publicKey)),
    onNeighbour: ({ id, multiaddrs }) => early.host?.onNeighbour(id, multiaddrs),
    onInside: ({ registrar, events }) => {
      guardRegistrar(registrar, { gate, rulesOf: (protocol) => table.rulesOf(protocol) })
      events.addEventListener('connection:open', (event) => early.host?.onOpened(event.detail))
      events.addEventListener('connection:close', (event) => early.host?.onClosed(event.detail))
    },
    gater: createGater({
      mayConnect: (peer) => early.host?.mayConnect(peer) === true,
      mayDial: (peer) => early.host?.mayDial(peer) === true && (gate.isAdmitted(peer) || early.host.isAsked(peer) || hearsay.tryTake(1)),
      mayRelay: (peer) => gate.isAdmitted(peer),
      mayMeet: (peer) => gate.standing(peer) !== 'expelled',
    }),
  })
  const verdicts = { accept: TopicValidatorResult.Accept, ignore: TopicValidatorResult.Ignore, reject: TopicValidatorResult.Reject }
  const tools: WireTools = { parseMultiaddr: multiaddr, parsePeer: peerIdFromString }
  const host = new Libp2pHost({ ...deps, node, gate, table, records, verdicts, tools, ByteList: Uint8ArrayList }, options)
  early.host = host
  await host.begin()
  return host
}
