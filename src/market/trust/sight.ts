import { hash } from 'node:crypto'
import type { OwnerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { Cid } from '../../lib/cid.ts'
import { digestOfCid } from '../../lib/cid.ts'
import type { Reader, Transaction } from '../../store/database.ts'
import { compareNewest } from '../rules/versions.ts'

/** Where something is offered: `hive:<id>`, or `registry:<url>`. */
export type Source = `hive:${string}` | `registry:${string}`

/** The source that a hive is. */
export function sourceOfHive(hive: HiveId): Source {
  return `hive:${hive}`
}

/** Remembers that a release counts here since now, unless that is known. Gives when it was first seen. Outlives the index. */
export function rememberSight(tx: Transaction, entry: Cid, now: number): number {
  const digest = digestOfCid(entry)
  const known = tx.get<{ readonly at: number }>('select at from release_sight where entry = ?', digest)
  if (known !== undefined) return known.at
  tx.run('insert into release_sight (entry, at) values (?, ?)', digest, now)
  return now
}

/** A package at one source. */
export interface SightedPackage {
  readonly source: Source
  readonly owner: OwnerId
  readonly name: string
}

/** Remembers the newest version that a source ever offered of a package; an older one changes nothing. */
export function rememberNewest(
  tx: Transaction,
  seen: SightedPackage,
  { version, now }: { readonly version: string; readonly now: number },
): void {
  const known = newestSeen(tx, seen)
  if (known !== undefined && compareNewest({ version, at: 0 }, { version: known, at: 0 }) <= 0) return
  tx.run(
    'insert into package_sight (key, version, at) values (?, ?, ?) on conflict do update set version = excluded.version, at = excluded.at',
    keyOf(seen),
    version,
    now,
  )
}

/** The newest version this node ever saw of a package from a source. */
export function newestSeen(reader: Reader, seen: SightedPackage): string | undefined {
  return reader.get<{ readonly version: string }>('select version from package_sight where key = ?', keyOf(seen))?.version
}

/** Half of a hash: there is a row for each package of every hive, and a forged one gains nothing but a question. */
function keyOf({ source, owner, name }: SightedPackage): Uint8Array {
  return hash('sha256', `${source}\n${owner}\n${name}`, 'buffer').subarray(0, 16)
}
