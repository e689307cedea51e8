import type { Cid } from '../lib/cid.ts'
import { digestOfCid } from '../lib/cid.ts'
import type { Transaction } from '../store/database.ts'
import type { Manifest } from './manifest/manifest.ts'
import { parseManifestRecord } from './manifest/record.ts'
import { keyValues } from './release-row.ts'
import { compareNewest } from './rules/versions.ts'
import { putText, removeText } from './search/text-index.ts'
import { putPieces, removePieces } from './trust/name-pieces.ts'
import type { PackageKey } from './trust/word-table.ts'

/** A version that stands, as the newest is chosen among them. */
export interface NewestCandidate {
  readonly entry: string
  readonly version: string
  readonly at: number
  readonly yanked: string | null
}

/** Takes one more standing release into the row of its package: only compared with the newest, so that many versions cost no more. */
export function addToPackage(tx: Transaction, key: PackageKey, own: NewestCandidate): void {
  const known = tx.get<NewestCandidate>(
    `select p.newest as entry, r.version, r.at, r.yanked from package p join release r on r.entry = p.newest
     where p.hive = ? and p.owner = ? and p.name = ?`,
    ...keyValues(key),
  )
  if (known === undefined || compareShown(own, known) > 0) putPackage(tx, key, own.entry)
  tx.run('update package set versions = versions + 1 where hive = ? and owner = ? and name = ?', ...keyValues(key))
}

/** Brings the row of a package to what its releases are now, looking at all of them; without any it goes. */
export function refreshPackage(tx: Transaction, key: PackageKey): void {
  const standing = tx.all<NewestCandidate>(
    'select entry, version, at, yanked from release where hive = ? and owner = ? and name = ? and stands = 1',
    ...keyValues(key),
  )
  const newest = standing.toSorted(compareShown).at(-1)
  if (newest === undefined) return removePackage(tx, key)
  putPackage(tx, key, newest.entry)
  tx.run('update package set versions = ? where hive = ? and owner = ? and name = ?', standing.length, ...keyValues(key))
}

/** Below zero when `b` is the one to show of a package: what is not yanked first, then as `compareNewest`. */
function compareShown(a: NewestCandidate, b: NewestCandidate): number {
  return Number(a.yanked === null) - Number(b.yanked === null) || compareNewest(a, b)
}

interface StoredRelease {
  readonly archive: Cid
  readonly manifest: string
  readonly at: number
  readonly yanked: string | null
  readonly deprecated: string | null
}

/** Writes what a search reads of a package. */
function putPackage(tx: Transaction, key: PackageKey, entry: string): void {
  const stored = tx.get<StoredRelease>('select archive, manifest, at, yanked, deprecated from release where entry = ?', entry)
  if (stored === undefined) throw new Error(`the release ${entry} is not in the index`)
  const manifest = parseStoredManifest(stored.manifest)
  if (manifest === undefined) throw new Error(`the manifest of ${entry} was damaged in the index`)
  const row = tx.get<{ readonly id: number; readonly versions: number }>(
    `insert into package (hive, owner, name, newest, at, kind, archive, yanked, deprecated) values (?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict do update set newest = excluded.newest, at = excluded.at, kind = excluded.kind, archive = excluded.archive,
       yanked = excluded.yanked, deprecated = excluded.deprecated returning id, versions`,
    ...keyValues(key),
    entry,
    stored.at,
    manifest.kind,
    digestOfCid(stored.archive),
    stored.yanked === null ? 0 : 1,
    stored.deprecated,
  )
  if (row === undefined) throw new Error('a row that was put has no number')
  if (row.versions === 0) putPieces(tx, row.id, key.name)
  putText(tx, row.id, { hive: key.hive, owner: key.owner, manifest, at: stored.at, isYanked: stored.yanked !== null })
}

function removePackage(tx: Transaction, key: PackageKey): void {
  const row = tx.get<{ readonly id: number }>('select id from package where hive = ? and owner = ? and name = ?', ...keyValues(key))
  if (row === undefined) return
  removeText(tx, row.id)
  removePieces(tx, row.id, key.name)
  tx.run('delete from package where id = ?', row.id)
}

/** What was stored of a release; undefined when the disk changed it. */
export function parseStoredManifest(json: string): Manifest | undefined {
  try {
    return parseManifestRecord(JSON.parse(json))
  } catch {
    return undefined
  }
}
