import type { PeerId } from '../../identity/keys.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Host } from '../../network/host.ts'
import type { SeenBefore } from '../context.ts'

export interface SeenMembersDeps {
  readonly host: Host
  readonly clock: Clock
  readonly isMember: (node: PeerId) => boolean
  /** Of earlier runs. */
  readonly before: readonly SeenBefore[]
}

/** Members that are connected, or were within a time. By the monotonic clock, so that no wall clock makes one come or go. */
export class SeenMembers implements Disposable {
  readonly #deps: SeenMembersDeps
  readonly #seenAt = new Map<PeerId, number>()
  readonly #offs: readonly (() => void)[]

  constructor(deps: SeenMembersDeps) {
    this.#deps = deps
    const { host, clock, before } = deps
    for (const { node, agoMs } of before) this.#seenAt.set(node, clock.monotonic() - Math.max(0, agoMs))
    const note = (node: PeerId): void => void this.#seenAt.set(node, clock.monotonic())
    this.#offs = [host.events.on('peer:connected', note), host.events.on('peer:disconnected', note)]
  }

  /** Ourselves, who is connected, and who was within so many milliseconds, as far as they are members still. */
  within(ms: number): ReadonlySet<PeerId> {
    const { host, clock, isMember } = this.#deps
    const now = clock.monotonic()
    for (const { peer, admitted } of host.connections()) if (admitted) this.#seenAt.set(peer, now)
    const seen = new Set<PeerId>([host.peerId])
    for (const [node, at] of this.#seenAt) if (now - at <= ms && isMember(node)) seen.add(node)
    return seen
  }

  [Symbol.dispose](): void {
    for (const off of this.#offs) off()
  }
}
