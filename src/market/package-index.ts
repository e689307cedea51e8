import type { OwnerId, PeerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Cid } from '../lib/cid.ts'
import type { Reader } from '../store/database.ts'
import type { Manifest } from './manifest/manifest.ts'
import { parseStoredManifest } from './package-row.ts'

/** A release as the index has it. */
export interface IndexedRelease {
  readonly owner: OwnerId
  readonly name: string
  readonly version: string
  /** The entry that says it, and who signed that. */
  readonly entry: Cid
  readonly node: PeerId
  /** The author's wall time in milliseconds. */
  readonly at: number
  readonly digest: Uint8Array
  readonly size: number
  readonly fileCount: number
  readonly archive: Cid
  readonly files: Cid
  readonly manifest: Manifest
  /** Times the same version was published with other bytes; those do not count. */
  readonly conflicts: number
  readonly yanked: string | null
  readonly deprecated: string | null
  /** When this node first saw it count, our wall time in milliseconds. */
  readonly firstSeenAt: number
  /** The owner of the node that signed it: another than `owner` for a maintainer. */
  readonly author: OwnerId
}

interface ReleaseRow {
  readonly owner: OwnerId
  readonly name: string
  readonly version: string
  readonly entry: Cid
  readonly node: PeerId
  readonly at: number
  readonly digest: Uint8Array
  readonly size: number
  readonly file_count: number
  readonly archive: Cid
  readonly files: Cid
  readonly manifest: string
  readonly conflicts: number
  readonly yanked: string | null
  readonly deprecated: string | null
  readonly seen_at: number
  readonly author: OwnerId
}

const releaseColumns = `
  r.owner, r.name, r.version, r.entry, r.node, r.at, r.digest, r.size, r.file_count, r.archive, r.files, r.manifest,
  r.yanked, r.deprecated, r.seen_at, r.author,
  (select coalesce(sum(o.contradictions + (o.digest <> r.digest)), 0) from release o
    where o.hive = r.hive and o.owner = r.owner and o.name = r.name and o.version = r.version) as conflicts`

/** A version of a package, without what it says of itself. */
export interface IndexedVersion {
  readonly owner: OwnerId
  readonly version: string
  readonly entry: Cid
  readonly at: number
  readonly digest: Uint8Array
  /** The reason it was yanked for, empty when none was given; null when it was not. */
  readonly yanked: string | null
  /** What is said of it since; null when nothing. */
  readonly deprecated: string | null
  /** When this node first saw it count, our wall time in milliseconds. */
  readonly firstSeenAt: number
  /** Whether a maintainer released it, and not its owner. */
  readonly isMaintained: boolean
}

/** Every version of a name that stands, of one owner or of all; yanked ones too. */
export function findVersions(reader: Reader, hive: Cid, name: string, owner?: OwnerId): readonly IndexedVersion[] {
  const rows = reader.all<VersionRow>(
    `select owner, version, entry, at, digest, yanked, deprecated, seen_at, author from release
     where hive = ?1 and name = ?2 and (?3 is null or owner = ?3) and stands = 1 order by owner, version`,
    hive,
    name,
    owner ?? null,
  )
  return rows.map(({ author, seen_at: firstSeenAt, ...row }) => ({ ...row, firstSeenAt, isMaintained: author !== row.owner }))
}

interface VersionRow extends Omit<IndexedVersion, 'firstSeenAt' | 'isMaintained'> {
  readonly seen_at: number
  readonly author: OwnerId
}

/** The release that an entry says; undefined when there is none, or its row cannot be read. */
export function getRelease(reader: Reader, entry: Cid): IndexedRelease | undefined {
  const row = reader.get<ReleaseRow>(`select ${releaseColumns} from release r where r.entry = ?`, entry)
  return row === undefined ? undefined : toRelease(row)
}

/** The newest releases of the packages an owner has in a hive, by name. */
export function listPackages(reader: Reader, hive: HiveId, owner: OwnerId): readonly IndexedRelease[] {
  const rows = reader.all<ReleaseRow>(
    `select ${releaseColumns} from package p join release r on r.entry = p.newest where p.hive = ? and p.owner = ? order by p.name`,
    hive,
    owner,
  )
  return rows.flatMap((row) => toRelease(row) ?? [])
}

/** Names of packages in a hive, for suggestions; bounded. */
export function listNames(reader: Reader, hive: HiveId, limit: number): readonly string[] {
  return reader
    .all<{ name: string }>('select distinct name from package where hive = ? order by name limit ?', hive, limit)
    .map(({ name }) => name)
}

function toRelease({
  file_count: fileCount,
  manifest: json,
  seen_at: firstSeenAt,
  digest,
  ...row
}: ReleaseRow): IndexedRelease | undefined {
  const manifest = parseStoredManifest(json)
  return manifest === undefined ? undefined : { ...row, digest: new Uint8Array(digest), fileCount, firstSeenAt, manifest }
}
