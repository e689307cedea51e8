import type { PeerId } from '../identity/keys.ts'
import type { Clock } from '../lib/clock.ts'
import type { Host } from '../network/host.ts'

export interface ExpulsionsDeps {
  readonly host: Pick<Host, 'expel' | 'pardon' | 'connections'>
  readonly clock: Clock
  /** Whether a node is revoked, as it is known now. */
  readonly isCut: (node: PeerId) => boolean
}

/** Time in which the connection of a revoked node may still carry the revocation to it. */
const farewellMs = 1_000
/** A revoked node that was told so is told again after this time: it may have been restarted, and know nothing. */
const retellMs = 60_000

/** Cuts revoked nodes off from a host, so that each can learn why. Runs until disposed. */
export class Expulsions implements Disposable {
  readonly #deps: ExpulsionsDeps
  readonly #expelled = new Set<PeerId>()
  /** Revoked nodes about to be cut, with what takes that back. */
  readonly #farewells = new Map<PeerId, () => void>()
  /** Those refused at the handshake until they may be told again. */
  readonly #refused = new Map<PeerId, () => void>()

  constructor(deps: ExpulsionsDeps) {
    this.#deps = deps
  }

  [Symbol.dispose](): void {
    for (const cancel of [...this.#farewells.values(), ...this.#refused.values()]) cancel()
  }

  /** Cuts a node that was just found to be revoked. It is left connected for a moment, so that it hears why; a stolen key takes nothing by it that it could not take before. */
  expel(node: PeerId): void {
    const { host, clock, isCut } = this.#deps
    const leave = (): void => {
      this.#farewells.delete(node)
      if (!isCut(node)) return
      this.#cutOff(node)
      // when it comes again it is told, and then its handshakes are refused
      host.pardon(node)
    }
    if (!host.connections().some(({ peer }) => peer === node)) return leave()
    if (!this.#farewells.has(node)) this.#farewells.set(node, clock.schedule(farewellMs, leave))
  }

  /** Cuts a node that was told it is revoked, and refuses it until it may be told once more. */
  refuse(node: PeerId): void {
    const { host, clock } = this.#deps
    this.#cutOff(node)
    this.#refused.get(node)?.()
    const forgive = (): void => {
      this.#refused.delete(node)
      host.pardon(node)
    }
    this.#refused.set(node, clock.schedule(retellMs, forgive))
  }

  /** Lets a node in again whose revocation was taken back; whether it had been cut. */
  takeBack(node: PeerId): boolean {
    return this.#expelled.delete(node)
  }

  #cutOff(node: PeerId): void {
    this.#expelled.add(node)
    this.#deps.host.expel(node)
  }
}
