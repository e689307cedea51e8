import type { OwnerId } from '../../identity/keys.ts'

/** Handles or agent names with their owners, as readers of a state see them. */
export interface ReadonlyNames extends Iterable<readonly [name: string, owner: OwnerId]> {
  readonly get: (name: string) => OwnerId | undefined
  readonly keys: () => Iterable<string>
  /** Owners of the names that begin with `name-`, each once. */
  readonly ownersUnder: (name: string) => Iterable<OwnerId>
  /** Whether it is or ever was this owner's. */
  readonly wasOf: (name: string, owner: OwnerId) => boolean
}

/** Names with their owners, found by any beginning that ends before a hyphen without looking at the others. */
export class OwnedNames implements ReadonlyNames {
  readonly #owners = new Map<string, OwnerId>()
  /** By such a beginning: how many names each owner has under it. */
  readonly #under = new Map<string, Map<OwnerId, number>>()
  readonly #ever = new Map<string, Set<OwnerId>>()

  get(name: string): OwnerId | undefined {
    return this.#owners.get(name)
  }

  keys(): Iterable<string> {
    return this.#owners.keys()
  }

  ownersUnder(name: string): Iterable<OwnerId> {
    return this.#under.get(name)?.keys() ?? []
  }

  wasOf(name: string, owner: OwnerId): boolean {
    return this.#ever.get(name)?.has(owner) === true
  }

  [Symbol.iterator](): Iterator<readonly [string, OwnerId]> {
    return this.#owners.entries()
  }

  set(name: string, owner: OwnerId): void {
    const before = this.#owners.get(name)
    if (before === owner) return
    if (before !== undefined) this.#count(name, before, -1)
    this.#owners.set(name, owner)
    this.#ever.set(name, (this.#ever.get(name) ?? new Set()).add(owner))
    this.#count(name, owner, 1)
  }

  delete(name: string): void {
    const owner = this.#owners.get(name)
    if (owner === undefined) return
    this.#owners.delete(name)
    this.#count(name, owner, -1)
  }

  #count(name: string, owner: OwnerId, change: 1 | -1): void {
    for (const beginning of beginningsOf(name)) {
      const owners = this.#under.get(beginning) ?? new Map<OwnerId, number>()
      const count = (owners.get(owner) ?? 0) + change
      if (count === 0) owners.delete(owner)
      else owners.set(owner, count)
      if (owners.size === 0) this.#under.delete(beginning)
      else this.#under.set(beginning, owners)
    }
  }
}

/** What stands before each hyphen of a name: `a-b-c` gives `a` and `a-b`. At most one of them is a handle. */
export function beginningsOf(name: string): readonly string[] {
  return Array.from(name.matchAll(/-/g), ({ index }) => name.slice(0, index))
}
