import type { PeerId } from '../identity/keys.ts'
import { describeError } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { Database, Transaction } from '../store/database.ts'
import { parseBody } from './codec.ts'
import type { EntryTable, ShelvedEntry } from './entry-table.ts'
import type { Entry, HiveId, Position } from './entry.ts'
import type { LooseTable } from './loose-table.ts'
import type { View, ViewedEntry } from './view.ts'

export interface ViewRunnerDeps {
  readonly hive: HiveId
  readonly database: Database
  readonly entries: EntryTable
  readonly loose: LooseTable
  readonly log: Log
  /** Whether an entry counts, as things stand in this transaction. */
  readonly isEffective: (node: PeerId, position: Position) => boolean
}

/** Keeps the views of one hive in step with its entries. */
export class ViewRunner {
  readonly #deps: ViewRunnerDeps
  readonly #views: readonly View[]
  readonly #faults = new Map<string, string>()

  constructor(deps: ViewRunnerDeps, views: readonly View[]) {
    this.#deps = deps
    this.#views = views
  }

  /** Views that threw, and what. They hold what they had before. */
  quarantined(): readonly { readonly name: string; readonly fault: string }[] {
    return [...this.#faults].map(([name, fault]) => ({ name, fault }))
  }

  /** Builds every view that is new, of another version, or was quarantined: what stopped it may be mended. */
  async open(): Promise<void> {
    await this.#deps.database.write((tx) => {
      for (const view of this.#views) {
        const row = tx.get<{ readonly version: number; readonly fault: string | null }>(
          'select version, fault from view where hive = ? and name = ?',
          this.#deps.hive,
          view.name,
        )
        if (row?.version === view.version && row.fault === null) continue
        this.#rebuildOne(tx, view)
      }
    })
  }

  /** Hands one newly stored entry that counts to the views of its kind. */
  apply(tx: Transaction, entry: Entry): void {
    const { bodyBytes } = entry
    if (bodyBytes === undefined) return
    for (const view of this.#views) {
      if (!view.kinds.includes(entry.header.kind) || this.#faults.has(view.name)) continue
      const { hive } = this.#deps
      const fault = this.#attempt(tx, () => applyOne(tx, { view, hive }, { ...entry.header, cid: entry.cid, bodyBytes }))
      if (fault !== undefined) this.#quarantine(tx, view, fault)
    }
  }

  /** Whether some view takes entries of a kind without those before them. */
  takesLoose(kind: string): boolean {
    return this.#views.some((view) => view.withdraw !== undefined && view.looseKinds?.includes(kind) === true)
  }

  /** Hands an entry without those before it to the views that take such. */
  applyLoose(tx: Transaction, entry: Entry): void {
    this.#eachLoose(tx, entry, (view, viewed) => view.apply(tx, viewed))
  }

  /** Takes it back. */
  withdrawLoose(tx: Transaction, entry: Entry): void {
    this.#eachLoose(tx, entry, (view, viewed) => view.withdraw?.(tx, viewed))
  }

  #eachLoose(tx: Transaction, entry: Entry, work: (view: View, viewed: ViewedEntry) => void): void {
    const viewed = viewedOf(this.#deps.hive, entry)
    for (const view of this.#views) {
      if (viewed === undefined || this.#faults.has(view.name) || view.looseKinds?.includes(entry.header.kind) !== true) continue
      const fault = this.#attempt(tx, () => work(view, viewed))
      if (fault !== undefined) this.#quarantine(tx, view, fault)
    }
  }

  /** Empties and fills again the views that know one of the kinds. */
  rebuild(tx: Transaction, kinds: readonly string[]): void {
    for (const view of this.#views) if (view.kinds.some((kind) => kinds.includes(kind))) this.#rebuildOne(tx, view)
  }

  #rebuildOne(tx: Transaction, view: View): void {
    const { hive, entries, loose, isEffective } = this.#deps
    this.#faults.delete(view.name)
    tx.run(
      `insert into view (hive, name, version) values (?, ?, ?)
       on conflict (hive, name) do update set version = excluded.version, fault = null`,
      hive,
      view.name,
      view.version,
    )
    const fault = this.#attempt(tx, () => {
      view.reset(tx, hive)
      for (const entry of entries.ofKinds(view.kinds)) {
        if (isEffective(entry.node, entry)) applyOne(tx, { view, hive }, entry)
      }
      if (view.looseKinds === undefined) return
      for (const entry of loose.all()) {
        const viewed = isEffective(entry.header.node, entry.header) ? viewedOf(hive, entry) : undefined
        if (viewed !== undefined && view.looseKinds.includes(viewed.kind)) view.apply(tx, viewed)
      }
    })
    if (fault !== undefined) this.#quarantine(tx, view, fault)
  }

  /** Runs a view's work in a savepoint; gives what it threw. A full disk takes the savepoint with it, and then all fails. */
  #attempt(tx: Transaction, work: () => void): string | undefined {
    tx.run('savepoint view_work')
    try {
      work()
      return undefined
    } catch (error) {
      tx.run('rollback to view_work')
      return describeError(error)
    } finally {
      tx.run('release view_work')
    }
  }

  #quarantine(tx: Transaction, view: View, fault: string): void {
    this.#faults.set(view.name, fault)
    tx.run('update view set fault = ? where hive = ? and name = ?', fault, this.#deps.hive, view.name)
    this.#deps.log.error('a view threw and is left as it was until it is rebuilt at the next start', { view: view.name, fault })
  }
}

function applyOne(tx: Transaction, to: { readonly view: View; readonly hive: HiveId }, entry: ShelvedEntry): void {
  const body = parseBody(entry)
  if (body === undefined) return
  const { node, incarnation, seq, kind, at, cid } = entry
  to.view.apply(tx, { hive: to.hive, node, incarnation, seq, kind, at, cid, body: body.value })
}

function viewedOf(hive: HiveId, { header, cid, bodyBytes }: Entry): ViewedEntry | undefined {
  const body = parseBody({ bodyBytes })
  const { node, incarnation, seq, kind, at } = header
  return body && { hive, node, incarnation, seq, kind, at, cid, body: body.value }
}
