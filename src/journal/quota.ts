import type { PeerId } from '../identity/keys.ts'
import type { Transaction } from '../store/database.ts'
import type { EntryTable } from './entry-table.ts'
import type { Entry } from './entry.ts'
import type { Owners } from './journal.ts'

export interface QuotaDeps {
  /** Our own node, never counted: what we write ourselves is ours to bound. */
  readonly node: PeerId
  readonly owners: Owners
}

export interface QuotaOptions {
  /** Whether quotas hold at all: they do in open hives. */
  readonly isOpen: boolean
  /** Bytes of entries kept of one owner. */
  readonly maxOwnerBytes: number
  /** Bytes of entries kept of the hive in all. */
  readonly maxOpenHiveBytes: number
}

/** Counts what others' entries take on our disk, and says when an owner or the hive is full. S2. */
export class Quota {
  readonly #deps: QuotaDeps
  readonly #options: QuotaOptions
  readonly #byNode = new Map<PeerId, number>()
  /** Added up when first asked for after a commit: a batch may hold runs of thousands of authors. */
  #byOwner: ReadonlyMap<string, number> | undefined
  #bytes = 0
  #entries = 0

  constructor(deps: QuotaDeps, options: QuotaOptions, entries: EntryTable) {
    this.#deps = deps
    this.#options = options
    for (const { node, entries: count, bytes } of entries.sizes()) this.#count(node, count, bytes)
  }

  /** Entries and bytes of the hive in all. */
  totals(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#entries, bytes: this.#bytes }
  }

  /** Bytes an author may still fill here, as of the last commit. */
  room(node: PeerId): number {
    if (!this.#options.isOpen || node === this.#deps.node) return Infinity
    return Math.min(this.#options.maxOpenHiveBytes - this.#bytes, this.#options.maxOwnerBytes - this.#ownerBytes(node))
  }

  /** Counts an entry once its transaction is on disk. */
  add(tx: Transaction, entry: Entry): void {
    tx.afterCommit(() => this.#count(entry.header.node, 1, sizeOf(entry)))
  }

  #ownerBytes(node: PeerId): number {
    const owner = this.#deps.owners.ownerOf(node)
    if (owner === undefined) return this.#byNode.get(node) ?? 0
    this.#byOwner ??= this.#addUp()
    return this.#byOwner.get(owner) ?? 0
  }

  #addUp(): ReadonlyMap<string, number> {
    const sums = new Map<string, number>()
    for (const [node, size] of this.#byNode) {
      const owner = this.#deps.owners.ownerOf(node)
      if (owner !== undefined) sums.set(owner, (sums.get(owner) ?? 0) + size)
    }
    return sums
  }

  #count(node: PeerId, entries: number, bytes: number): void {
    this.#entries += entries
    this.#bytes += bytes
    this.#byOwner = undefined
    this.#byNode.set(node, (this.#byNode.get(node) ?? 0) + bytes)
  }
}

/** What an entry takes of a quota, in bytes. */
export function sizeOf(entry: Entry): number {
  return entry.headerBytes.byteLength + 64 + (entry.bodyBytes?.byteLength ?? 0)
}
