import { createSigningKey } from '../../src/identity/keys.ts'
import type { SigningKey } from '../../src/identity/keys.ts'
import { mapBounded } from '../../src/lib/map-bounded.ts'
import type { Host } from '../../src/network/host.ts'
import type { Link } from '../harness/links.ts'
import type { GossipNetwork, RoutingNetwork } from '../harness/network.ts'
import { openBenchHost } from './open-host.ts'
import { benchHive } from './open-journal.ts'

/** The processor is scarce: a handshake is nothing but arithmetic. */
const parallelDials = 4
const topic = `althing/${benchHive.slice(0, 16)}/journal/v1`

/** Hosts in this process that have all admitted each other. */
export interface HostNetwork extends AsyncDisposable {
  readonly hosts: readonly { readonly host: Host; readonly key: SigningKey }[]
  /** Opens more connections. */
  readonly link: (links: readonly Link[], options: { readonly signal: AbortSignal }) => Promise<void>
}

/** Opens hosts and links them. */
export async function openHosts(count: number, links: readonly Link[], signal: AbortSignal): Promise<HostNetwork> {
  await using stack = new AsyncDisposableStack()
  const hosts = Array.from({ length: count }, () => createSigningKey()).map((key) => ({ key, opening: openBenchHost(key) }))
  const opened = await Promise.all(hosts.map(async ({ key, opening }) => ({ key, host: stack.use(await opening) })))
  for (const { host } of opened) for (const other of opened) if (other.host !== host) host.admit(other.host.peerId)
  const link = async (more: readonly Link[], options: { readonly signal: AbortSignal }): Promise<void> => {
    const dial = async ([from, to]: Link): Promise<void> => {
      const [address] = at(opened, to).host.addresses()
      await at(opened, from).host.dial(String(address), options)
    }
    await mapBounded(more, dial, { concurrency: parallelDials, signal: options.signal })
  }
  await link(links, { signal })
  const owned = stack.move()
  return { hosts: opened, link, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Gossip of our hosts. */
export async function openHostGossip(count: number, links: readonly Link[], signal: AbortSignal): Promise<GossipNetwork> {
  const network = await openHosts(count, links, signal)
  let heard: ((place: number, bytes: Uint8Array) => void) | undefined
  for (const [place, { host }] of network.hosts.entries()) {
    host.gossip.subscribe(topic, ({ bytes }) => {
      heard?.(place, bytes)
      return 'accept'
    })
  }
  return {
    name: 'Host.gossip',
    size: count,
    publish: async (place, bytes) => {
      await at(network.hosts, place).host.gossip.publish(topic, bytes)
    },
    onMessage: (listen) => {
      heard = listen
    },
    [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
  }
}

/** Routing of our hosts; the network stays the caller's. */
export function routingOf(network: HostNetwork): Omit<RoutingNetwork, 'findAll' | keyof AsyncDisposable> {
  return {
    name: 'Host.routing',
    size: network.hosts.length,
    provide: (place, key, options) => at(network.hosts, place).host.routing.provide(key, options),
    findFirst: async (place, key, { signal }) => {
      for await (const _ of at(network.hosts, place).host.routing.findProviders(key, { signal, limit: 1 })) return true
      return false
    },
  }
}

function at<T>(items: readonly T[], place: number): T {
  const item = items[place]
  if (item === undefined) throw new RangeError(`there is no host ${place}`)
  return item
}
