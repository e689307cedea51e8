import { signCertificate } from '../../identity/certificate.ts'
import type { PeerId } from '../../identity/keys.ts'
import { openSigningKey, peerIdOfKey } from '../../identity/keys.ts'
import type { Channel, Host } from '../../network/host.ts'
import { testHostOptions } from '../../network/suite/test-options.ts'
import type { JoinMessage } from '../protocol.ts'
import { formatMessage, joinProtocol, maxMessageBytes, parseMessage } from '../protocol.ts'
import type { TestNode, TestWorld } from './hive-world.ts'

/** Eve's node key, and the owner key she made herself. */
export const eveKey = openSigningKey(new Uint8Array(32).fill(66))
export const eveOwner = openSigningKey(new Uint8Array(32).fill(67))
export const evePeer = peerIdOfKey(eveKey.publicKey)
export const eveCertificate = signCertificate(eveOwner, {
  node: evePeer,
  label: 'eve',
  agents: [],
  roles: [],
  notBefore: 1_767_225_600_000,
  notAfter: undefined,
  serial: 1,
})

/** A signal that never comes. */
export const never = new AbortController().signal

/** A raw host on the network of somebody's hive, and how it opens a channel of the join protocol. */
export interface Intruder extends AsyncDisposable {
  readonly host: Host
  readonly open: () => Promise<Channel>
}

/** Eve's host, or one with the key of another peer, connected with its victim. */
export async function intrude(world: TestWorld, victim: TestNode, peer: PeerId = evePeer): Promise<Intruder> {
  const { service, host: target } = victim.running()
  const host = world.network(service.known.id).openHost(peer, testHostOptions)
  await world.run(host.dial(target.addresses()[0] ?? '', { signal: never }))
  const open = () => world.run(host.open(victim.keys.nodeId, joinProtocol(service.known.id), { signal: never, maxMessageBytes }))
  return { host, open, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() }
}

/** Says something and gives the next thing that is said back; undefined when the channel ends instead. */
export async function ask(world: TestWorld, channel: Channel, message: JoinMessage | Uint8Array): Promise<JoinMessage | undefined> {
  const bytes = message instanceof Uint8Array ? message : formatMessage(message)
  return world.run(
    channel.send(bytes).then(
      () => hear(channel),
      () => undefined,
    ),
  )
}

/** The next thing that is said; undefined when the channel ends instead. */
export async function hear(channel: Channel): Promise<JoinMessage | undefined> {
  const bytes = await channel.receive({ signal: never }).catch(() => undefined)
  return bytes === undefined ? undefined : parseMessage(bytes, { maxBytes: maxMessageBytes })
}
