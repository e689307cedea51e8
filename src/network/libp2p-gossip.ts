import type { Message, TopicValidatorResult } from '@libp2p/gossipsub'
import type { PeerId as WirePeerId } from '@libp2p/interface'
import type { PeerId } from '../identity/keys.ts'
import { networkFaults } from './faults.ts'
import type { Gate } from './gate.ts'
import type { Gossip, GossipMessage, GossipVerdict } from './host.ts'
import { peerOf } from './libp2p-admission.ts'
import type { WireNode } from './libp2p-services.ts'

type Listener = (message: GossipMessage) => GossipVerdict | Promise<GossipVerdict>

export interface StreamGossipDeps {
  readonly node: WireNode
  readonly gate: Gate
  /** libp2p's words for verdicts, loaded with it. */
  readonly verdicts: Readonly<Record<GossipVerdict, TopicValidatorResult>>
}

/** Gossip over gossipsub. Listeners judge a message before it is passed on. */
export class StreamGossip implements Gossip {
  readonly #deps: StreamGossipDeps
  readonly #maxGossipBytes: number
  readonly #listeners = new Map<string, Set<Listener>>()

  constructor(deps: StreamGossipDeps, options: { readonly maxGossipBytes: number }) {
    this.#deps = deps
    this.#maxGossipBytes = options.maxGossipBytes
  }

  async publish(topic: string, bytes: Uint8Array): Promise<number> {
    if (bytes.byteLength > this.#maxGossipBytes) {
      const message = `${bytes.byteLength} bytes are too many for everybody (${this.#maxGossipBytes}); make them content and say its name`
      throw networkFaults.create('GOSSIP_TOO_LARGE', {
        message,
        data: { byteLength: bytes.byteLength, maxGossipBytes: this.#maxGossipBytes },
      })
    }
    if (this.#deps.node.status !== 'started') throw networkFaults.create('HOST_CLOSED', { message: 'this host is closed' })
    return (await this.#deps.node.services.gossip.publish(topic, bytes)).recipients.length
  }

  subscribe(topic: string, listen: Listener): () => void {
    const { gossip } = this.#deps.node.services
    const listeners = this.#listeners.get(topic) ?? new Set()
    if (listeners.size === 0) {
      this.#listeners.set(topic, listeners)
      gossip.topicValidators.set(topic, (from, message) => this.#judge(from, message, listeners))
      gossip.subscribe(topic)
    }
    const own: Listener = (message) => listen(message)
    listeners.add(own)
    return () => {
      if (!listeners.delete(own) || listeners.size > 0) return
      this.#listeners.delete(topic)
      gossip.topicValidators.delete(topic)
      if (this.#deps.node.status === 'started') gossip.unsubscribe(topic)
    }
  }

  listeners(topic: string): readonly PeerId[] {
    if (this.#deps.node.status !== 'started') return []
    return this.#deps.node.services.gossip
      .getSubscribers(topic)
      .map(peerOf)
      .filter((peer) => peer !== undefined)
  }

  async #judge(wireFrom: WirePeerId, message: Message, listeners: ReadonlySet<Listener>): Promise<TopicValidatorResult> {
    const { gate, verdicts } = this.#deps
    const from = peerOf(wireFrom)
    if (from === undefined || !gate.takeGossip(from, message.data.byteLength)) return verdicts.ignore
    const judged = await Promise.all(Array.from(listeners, (listen) => judgeSafely(listen, { from, bytes: message.data })))
    if (judged.includes('reject')) {
      gate.punish(from)
      return verdicts.reject
    }
    return judged.includes('accept') ? verdicts.accept : verdicts.ignore
  }
}

/** A listener that throws has judged nothing; whether its peer is to blame is not known. */
async function judgeSafely(listen: Listener, message: GossipMessage): Promise<GossipVerdict> {
  try {
    return await listen(message)
  } catch {
    return 'ignore'
  }
}
