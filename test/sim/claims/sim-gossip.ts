import type { PeerId } from '../../../src/identity/keys.ts'
import type { Chance } from '../../../src/lib/chance.ts'
import type { Clock } from '../../../src/lib/clock.ts'
import type { Events } from '../../../src/lib/events.ts'
import { createEvents } from '../../../src/lib/events.ts'
import type { Connection, GossipMessage, GossipVerdict, Host, HostEvents } from '../../../src/network/host.ts'

/** As much of a host as talk about tasks needs. */
export type GossipHost = Pick<Host, 'peerId' | 'events' | 'connections' | 'gossip'>

type Listen = (message: GossipMessage) => GossipVerdict | Promise<GossipVerdict>

interface Member {
  readonly peer: PeerId
  readonly clock: Clock
  readonly topics: Map<string, Listen>
  readonly events: Events<HostEvents>
}

/** How words between members fare. */
export interface GossipState {
  latencyMs: number
  jitterMs: number
  loss: number
  duplicates: number
  /** Two members of different groups do not hear each other. */
  groupOf: ReadonlyMap<PeerId, number>
  isSilent: boolean
}

/** Gossip without a network: what one says, all that live and are in its group hear once, if it does not get lost. */
export class SimGossip {
  readonly #deps: { readonly world: Clock; readonly chance: Chance }
  readonly #members = new Set<Member>()
  readonly state: GossipState = { latencyMs: 5, jitterMs: 30, loss: 0, duplicates: 0, groupOf: new Map(), isSilent: false }
  messages = 0

  constructor(deps: { readonly world: Clock; readonly chance: Chance }) {
    this.#deps = deps
  }

  /** Lets a process take part, on its own clock, until the function that comes with it is called. */
  join(peer: PeerId, clock: Clock): { readonly host: GossipHost; readonly leave: () => void } {
    const events = createEvents<HostEvents>()
    const member: Member = { peer, clock, topics: new Map(), events }
    this.#tellOthers(peer, 'peer:connected')
    this.#members.add(member)
    const host: GossipHost = {
      peerId: peer,
      events,
      connections: () => [...this.#members].flatMap((other) => (other.peer === peer ? [] : [connectionTo(other.peer)])),
      gossip: {
        publish: (topic, bytes) => Promise.resolve(this.#publish(member, topic, bytes)),
        subscribe: (topic, listen) => {
          member.topics.set(topic, listen)
          return () => member.topics.delete(topic)
        },
        listeners: (topic) => [...this.#members].filter((other) => other.topics.has(topic)).map((other) => other.peer),
      },
    }
    const leave = (): void => {
      if (this.#members.delete(member)) this.#tellOthers(peer, 'peer:disconnected')
    }
    return { host, leave }
  }

  /** Each hears it on its own clock: a process that is stopped hears it when it goes on. */
  #tellOthers(peer: PeerId, news: 'peer:connected' | 'peer:disconnected'): void {
    for (const { peer: other, clock, events } of this.#members) if (other !== peer) clock.schedule(0, () => events.emit(news, peer))
  }

  #publish(from: Member, topic: string, bytes: Uint8Array): number {
    const { world, chance } = this.#deps
    const { latencyMs, jitterMs, loss, duplicates, groupOf, isSilent } = this.state
    let count = 0
    for (const member of this.#members) {
      const listen = member.topics.get(topic)
      if (member === from || listen === undefined || isSilent || groupOf.get(from.peer) !== groupOf.get(member.peer)) continue
      count += 1
      const copies = loss > 0 && chance.fraction() < loss ? 0 : duplicates > 0 && chance.fraction() < duplicates ? 2 : 1
      for (let copy = 0; copy < copies; copy++) {
        this.messages += 1
        // over the wire by the world's time, taken in by the listener's own
        world.schedule(latencyMs + chance.fraction() * jitterMs, () =>
          member.clock.schedule(0, () => void (this.#members.has(member) && listen({ from: from.peer, bytes }))),
        )
      }
    }
    return count
  }
}

function connectionTo(peer: PeerId): Connection {
  return { peer, address: `/memory/${peer}`, direction: 'outbound', admitted: true, relayed: false, openedAt: 0, latencyMs: undefined }
}
