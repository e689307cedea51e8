import type { OwnerId, PeerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Cid } from '../lib/cid.ts'
import type { Reader } from '../store/database.ts'
import type { Manifest, PackageKind } from './manifest/manifest.ts'
import { parseStoredManifest } from './index-view.ts'
import type { TextQuery } from './rules/query.ts'

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
}

const releaseColumns = `
  r.owner, r.name, r.version, r.entry, r.node, r.at, r.digest, r.size, r.file_count, r.archive, r.files, r.manifest,
  (select coalesce(sum(o.contradictions + (o.digest <> r.digest)), 0) from release o
    where o.hive = r.hive and o.owner = r.owner and o.name = r.name and o.version = r.version) as conflicts`

/** A version of a package, without what it says of itself. */
export interface IndexedVersion {
  readonly owner: OwnerId
  readonly version: string
  readonly entry: Cid
  readonly at: number
  readonly digest: Uint8Array
}

/** Every version of a name that stands, of one owner or of all. */
export function findVersions(reader: Reader, hive: Cid, name: string, owner?: OwnerId): readonly IndexedVersion[] {
  return reader.all<IndexedVersion>(
    `select owner, version, entry, at, digest from release
     where hive = ?1 and name = ?2 and (?3 is null or owner = ?3) and stands = 1 order by owner, version`,
    hive,
    name,
    owner ?? null,
  )
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

export interface SearchFilter {
  readonly kind: PackageKind | undefined
  readonly limit: number
}

/** A hit of a search, best first. */
export interface SearchHit {
  readonly release: IndexedRelease
  /** Whether every word of the query was found, or only some. */
  readonly isFull: boolean
}

/**
 * Plain search over the newest releases: exact name first, then name contains, then bm25 with names before keywords before descriptions.
 *
 * Packages with every word come before those with some.
 */
export function searchPackages(reader: Reader, hive: HiveId, query: TextQuery | undefined, filter: SearchFilter): readonly SearchHit[] {
  if (query === undefined) return listNewest(reader, hive, filter).map((release) => ({ release, isFull: true }))
  const full = matchText(reader, { hive, match: query.all, name: query.words.join('-'), filter })
  if (full.length >= filter.limit || query.words.length === 1) return full.map((release) => ({ release, isFull: true }))
  const known = new Set(full.map(({ entry }) => entry))
  const some = matchText(reader, { hive, match: query.any, name: query.words.join('-'), filter }).filter(({ entry }) => !known.has(entry))
  return [...full.map((release) => ({ release, isFull: true })), ...some.map((release) => ({ release, isFull: false }))].slice(
    0,
    filter.limit,
  )
}

interface TextMatch {
  readonly hive: HiveId
  readonly match: string
  readonly name: string
  readonly filter: SearchFilter
}

/** Only what is shown is taken from the releases: of a common word in a large index that is a few rows of many. */
function matchText(reader: Reader, { hive, match, name, filter }: TextMatch): readonly IndexedRelease[] {
  const rows = reader.all<{ newest: Cid }>(
    `select p.newest from package_text t join package p on p.id = t.rowid
     where package_text match ?1 and p.hive = ?2 and (?3 is null or p.kind = ?3)
     order by p.name = ?4 desc, instr(p.name, ?4) > 0 desc, bm25(package_text, 10.0, 4.0, 1.0), p.at desc, p.name, p.owner limit ?5`,
    match,
    hive,
    filter.kind ?? null,
    name,
    filter.limit,
  )
  return rows.flatMap(({ newest }) => getRelease(reader, newest) ?? [])
}

function listNewest(reader: Reader, hive: HiveId, filter: SearchFilter): readonly IndexedRelease[] {
  const rows = reader.all<{ newest: Cid }>(
    `select newest from package where hive = ?1 and (?2 is null or kind = ?2) order by at desc, name, owner limit ?3`,
    hive,
    filter.kind ?? null,
    filter.limit,
  )
  return rows.flatMap(({ newest }) => getRelease(reader, newest) ?? [])
}

/** How many packages the index of a hive has. */
export function countIndexed(reader: Reader, hive: HiveId): number {
  return reader.get<{ total: number }>('select count(*) as total from package where hive = ?', hive)?.total ?? 0
}

/** Names of packages in a hive, for suggestions; bounded. */
export function listNames(reader: Reader, hive: HiveId, limit: number): readonly string[] {
  return reader
    .all<{ name: string }>('select distinct name from package where hive = ? order by name limit ?', hive, limit)
    .map(({ name }) => name)
}

function toRelease({ file_count: fileCount, manifest: json, digest, ...row }: ReleaseRow): IndexedRelease | undefined {
  const manifest = parseStoredManifest(json)
  return manifest === undefined ? undefined : { ...row, digest: new Uint8Array(digest), fileCount, manifest }
}
