import type { OwnerId, PeerId } from '../identity/keys.ts'
import type { ContentStore } from '../content/content.ts'
import type { HiveId } from '../journal/entry.ts'
import type { View, ViewedEntry } from '../journal/view.ts'
import type { Cid } from '../lib/cid.ts'
import { digestOfCid } from '../lib/cid.ts'
import type { Transaction } from '../store/database.ts'
import { parseManifestRecord } from './manifest/record.ts'
import type { Release } from './release.ts'
import { parseRelease, releaseKind } from './release.ts'
import { compareNewest } from './rules/versions.ts'

/** The name under which the journal keeps this view. */
export const indexViewName = 'package-index'

export interface IndexViewDeps {
  readonly content: Pick<ContentStore, 'reference' | 'dereference'>
  /** The owner a node is certified for, when that owner is a member of the hive. */
  readonly ownerOf: (node: PeerId) => OwnerId | undefined
}

/**
 * The package index of a hive, from `release` entries.
 *
 * A release counts when its author's node is certified for the owner it names; else it is inert. A version is what its owner first
 * said: of two nodes of one owner that say it differently, the one whose (node, incarnation, seq) is lower stands, so that the order of
 * arrival does not matter, and the other is kept and shown as a conflict.
 */
export function createIndexView(deps: IndexViewDeps): View {
  return {
    name: indexViewName,
    version: 2,
    kinds: [releaseKind],
    apply: (tx, entry) => {
      const release = parseRelease(entry.body)
      if (release === undefined || deps.ownerOf(entry.node) !== release.owner) return
      applyRelease({ tx, entry, release }, deps)
    },
    reset: (tx, hive) => resetIndex(tx, hive, deps),
  }
}

interface Applied {
  readonly tx: Transaction
  readonly entry: ViewedEntry
  readonly release: Release
}

interface Rival {
  readonly entry: string
  readonly node: string
  readonly incarnation: number
  readonly seq: number
  readonly digest: Uint8Array
  readonly stands: number
}

function applyRelease(applied: Applied, deps: IndexViewDeps): void {
  const { tx, entry, release } = applied
  const { name, version } = release.manifest
  const rivals = tx.all<Rival>(
    'select entry, node, incarnation, seq, digest, stands from release where hive = ? and owner = ? and name = ? and version = ?',
    entry.hive,
    release.owner,
    name,
    version,
  )
  // One author says a version once; the same again is nothing new, and other bytes are a contradiction that is only counted.
  const own = rivals.find((rival) => rival.node === entry.node)
  if (own !== undefined) {
    const isOther = Buffer.compare(own.digest, release.digest) !== 0
    if (isOther) tx.run('update release set contradictions = contradictions + 1 where entry = ?', own.entry)
    return
  }
  const standing = rivals.find((rival) => rival.stands === 1)
  const stands = standing === undefined || comparePositions(entry, standing) < 0
  if (stands && standing !== undefined) tx.run('update release set stands = 0 where entry = ?', standing.entry)
  insertRelease(applied, stands)
  for (const cid of [release.archive, release.files]) {
    deps.content.reference(tx, { hive: entry.hive, cid, reason: 'entry', source: entry.cid })
  }
  if (stands) refreshPackage(tx, entry, { release, displaced: standing })
}

function comparePositions(entry: ViewedEntry, rival: Rival): number {
  if (entry.node !== rival.node) return entry.node < rival.node ? -1 : 1
  return entry.incarnation - rival.incarnation || entry.seq - rival.seq
}

function insertRelease({ tx, entry, release }: Applied, stands: boolean): void {
  const { manifest } = release
  tx.run(
    `insert into release (hive, owner, name, version, entry, node, incarnation, seq, at, stands, contradictions, digest, size, file_count, archive, files, manifest)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?)`,
    entry.hive,
    release.owner,
    manifest.name,
    manifest.version,
    entry.cid,
    entry.node,
    entry.incarnation,
    entry.seq,
    entry.at,
    stands ? 1 : 0,
    release.digest,
    release.size,
    release.fileCount,
    release.archive,
    release.files,
    JSON.stringify(manifest),
  )
}

interface Candidate {
  readonly entry: string
  readonly version: string
  readonly at: number
}

type PackageKey = readonly [hive: string, owner: string, name: string]

/**
 * Brings the row of a package, and its text, to its newest release.
 *
 * The new release is compared with the newest known, so that a package with many versions costs no more; only when the newest itself
 * was displaced are all of them looked at.
 */
function refreshPackage(
  tx: Transaction,
  entry: ViewedEntry,
  { release, displaced }: { release: Release; displaced: Rival | undefined },
): void {
  const key = [entry.hive, release.owner, release.manifest.name] as const
  const known = tx.get<Candidate>(
    `select p.newest as entry, r.version, r.at from package p join release r on r.entry = p.newest
     where p.hive = ? and p.owner = ? and p.name = ?`,
    ...key,
  )
  const own: Candidate = { entry: entry.cid, version: release.manifest.version, at: entry.at }
  if (known === undefined) return putPackage(tx, key, own)
  const newest = displaced?.entry === known.entry ? findNewest(tx, key) : compareNewest(own, known) > 0 ? own : undefined
  if (newest !== undefined) putPackage(tx, key, newest)
}

function findNewest(tx: Transaction, key: PackageKey): Candidate | undefined {
  const sql = 'select entry, version, at from release where hive = ? and owner = ? and name = ? and stands = 1'
  return tx
    .all<Candidate>(sql, ...key)
    .toSorted(compareNewest)
    .at(-1)
}

/** Writes what a search reads of a package. */
function putPackage(tx: Transaction, key: PackageKey, { entry, at }: Candidate): void {
  const stored = tx.get<{ archive: Cid; manifest: string }>('select archive, manifest from release where entry = ?', entry)
  if (stored === undefined) throw new Error(`the release ${entry} is not in the index`)
  const manifest = parseStoredManifest(stored.manifest)
  if (manifest === undefined) throw new Error(`the manifest of ${entry} was damaged in the index`)
  const row = tx.get<{ id: number }>(
    `insert into package (hive, owner, name, newest, at, kind, archive) values (?, ?, ?, ?, ?, ?, ?)
     on conflict do update set newest = excluded.newest, at = excluded.at, kind = excluded.kind, archive = excluded.archive returning id`,
    ...key,
    entry,
    at,
    manifest.kind,
    digestOfCid(stored.archive),
  )
  if (row === undefined) throw new Error('a row that was put has no number')
  tx.run('delete from package_text where rowid = ?', row.id)
  insertText(tx, row.id, manifest)
}

function insertText(tx: Transaction, id: number, manifest: Release['manifest']): void {
  const keywords = [...manifest.keywords, manifest.category ?? '', manifest.kind].join(' ')
  const values = [id, manifest.name, keywords, manifest.description] as const
  tx.run('insert into package_text (rowid, name, keywords, description) values (?, ?, ?, ?)', ...values)
}

/** What `insertRelease` stored; undefined when the disk changed it. */
export function parseStoredManifest(json: string): Release['manifest'] | undefined {
  try {
    return parseManifestRecord(JSON.parse(json))
  } catch {
    return undefined
  }
}

function resetIndex(tx: Transaction, hive: HiveId, { content }: IndexViewDeps): void {
  for (const row of tx.all<{ entry: string; archive: Cid; files: Cid }>('select entry, archive, files from release where hive = ?', hive)) {
    for (const cid of [row.archive, row.files]) content.dereference(tx, { hive, cid, reason: 'entry', source: row.entry })
  }
  tx.run('delete from package_text where rowid in (select id from package where hive = ?)', hive)
  tx.run('delete from package where hive = ?', hive)
  tx.run('delete from release where hive = ?', hive)
}
