import type { HandleOptions } from './host.ts'
import type { ProtocolRules } from './libp2p-admission.ts'

/** The protocols this host serves, with what was said of each. */
export class ProtocolTable {
  readonly #served = new Map<string, HandleOptions>()

  /** @throws Error when it is served already */
  add(protocol: string, options: HandleOptions): void {
    if (this.#served.has(protocol)) throw new Error(`${protocol} is handled already`)
    this.#served.set(protocol, options)
  }

  remove(protocol: string): void {
    this.#served.delete(protocol)
  }

  rulesOf(protocol: string): ProtocolRules | undefined {
    const options = this.#served.get(protocol)
    return options === undefined ? undefined : { maxPerPeer: options.maxPerPeer, isForStrangers: options.strangers === true }
  }
}
