import type { PeerId } from '../identity/keys.ts'
import type { EntryTable } from './entry-table.ts'
import type { Entry } from './entry.ts'
import type { Interest, Owners } from './journal.ts'
import type { QuotaLimits, Size } from './rules/judge-room.ts'
import { commitmentOf, judgeRoom } from './rules/judge-room.ts'

export interface QuotaDeps {
  /** Our own node, never counted: what we write ourselves is ours to bound. */
  readonly node: PeerId
  readonly owners: Owners
  readonly interest: Interest
}

export interface QuotaOptions {
  /** Whether quotas hold at all: they do in open hives. */
  readonly isOpen: boolean
  readonly limits: QuotaLimits
}

/** Authors without room that are remembered; the oldest may be asked for again. */
const maxFull = 4096

const nothing: Size = { entries: 0, bytes: 0 }
const boundless: Size = { entries: Infinity, bytes: Infinity }

/** Counts what others' entries take on our disk, and says when an owner or the hive is full. S2. */
export class Quota {
  readonly #deps: QuotaDeps
  readonly #options: QuotaOptions
  readonly #entries: EntryTable
  /** By owner, or by node where no owner is known. */
  readonly #own = new Map<string, Size>()
  /** Authors for whom there was no room, with the last entry that was asked for without those before it. */
  readonly #full = new Map<PeerId, number>()
  #total = nothing
  #committed = nothing

  constructor(deps: QuotaDeps, options: QuotaOptions, entries: EntryTable) {
    this.#deps = deps
    this.#options = options
    this.#entries = entries
    this.recount()
  }

  /** Entries and bytes of the hive in all. */
  totals(): Size {
    return this.#total
  }

  /** What an author may still fill here. */
  room(node: PeerId): Size {
    const { isOpen, limits } = this.#options
    if (!isOpen || node === this.#deps.node) return boundless
    const owner = this.#ownerOf(node)
    const own = this.#own.get(owner) ?? nothing
    return judgeRoom({ isFollowed: this.#deps.interest.isFollowed(owner), own, committed: this.#committed }, limits)
  }

  /** Whether nothing of an owner is wanted on this disk. */
  isBlocked(node: PeerId): boolean {
    return this.#options.isOpen && node !== this.#deps.node && this.#deps.interest.isBlocked(this.#ownerOf(node))
  }

  /** Remembers that there was no room for an author: nothing more of its chain is asked for. */
  noteFull(node: PeerId): void {
    if (this.#full.has(node)) return
    const [oldest] = this.#full.keys()
    if (this.#full.size >= maxFull && oldest !== undefined) this.#full.delete(oldest)
    this.#full.set(node, 0)
  }

  isFull(node: PeerId): boolean {
    return this.#full.has(node)
  }

  /** Whether an author without room has said more than was asked for; true once for each entry. */
  wantsNewest({ node, seq }: { readonly node: PeerId; readonly seq: number }): boolean {
    const asked = this.#full.get(node)
    if (asked === undefined || seq <= asked) return false
    this.#full.set(node, seq)
    return true
  }

  /** Counts an entry in the transaction that stores it: one batch may hold more than there is room for. */
  add(entry: Entry): void {
    this.#count(entry.header.node, { entries: 1, bytes: sizeOf(entry) })
  }

  /** Counts from the disk: after a transaction that failed, when journals went, and when others are followed. */
  recount(): void {
    this.#own.clear()
    this.#full.clear()
    this.#total = nothing
    this.#committed = nothing
    for (const { node, entries, bytes } of this.#entries.sizes()) this.#count(node, { entries, bytes })
  }

  #ownerOf(node: PeerId): string {
    return this.#deps.owners.ownerOf(node) ?? node
  }

  #count(node: PeerId, more: Size): void {
    this.#total = sum(this.#total, more)
    if (node === this.#deps.node || !this.#options.isOpen) return
    const owner = this.#ownerOf(node)
    const before = this.#own.get(owner) ?? nothing
    const after = sum(before, more)
    this.#own.set(owner, after)
    if (this.#deps.interest.isFollowed(owner)) return
    const { reserved } = this.#options.limits
    this.#committed = sum(sum(this.#committed, negative(commitmentOf(before, reserved))), commitmentOf(after, reserved))
  }
}

/** What an entry takes of a quota, in bytes. */
export function sizeOf(entry: Entry): number {
  return entry.headerBytes.byteLength + 64 + (entry.bodyBytes?.byteLength ?? 0)
}

function sum(a: Size, b: Size): Size {
  return { entries: a.entries + b.entries, bytes: a.bytes + b.bytes }
}

function negative({ entries, bytes }: Size): Size {
  return { entries: -entries, bytes: -bytes }
}
