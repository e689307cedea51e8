import type { OwnerId, PeerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import type { Cid } from '../lib/cid.ts'
import type { Reader } from '../store/database.ts'
import type { Metadata, Version } from './context.ts'
import { addressOfVersion } from './resource.ts'
import { parseMetadata } from './version.ts'

/** A resource of which at least one version can be read. */
export interface Resource {
  readonly id: number
  readonly resource: string
  readonly first: number
  readonly last: number
  /** Content of the newest version; null for a deletion. */
  readonly cid: Cid | null
  /** Who wrote that. */
  readonly node: PeerId
  /** Whether times do not grow with numbers everywhere. */
  readonly isUnordered: boolean
}

export interface ResourceRow extends Omit<Resource, 'isUnordered'> {
  readonly is_unordered: number
}

export const resourceColumns = 'r.id, r.resource, r.first, r.last, r.cid, r.node, r.is_unordered'

/** A resource by its canonical name. */
export function getResource(reader: Reader, hive: HiveId, resource: string): Resource | undefined {
  const sql = `select ${resourceColumns} from context_resource r where r.hive = ? and r.resource = ? and r.last > 0`
  const row = reader.get<ResourceRow>(sql, hive, resource)
  return row === undefined ? undefined : toResource(row)
}

export function toResource({ is_unordered: isUnordered, ...row }: ResourceRow): Resource {
  return { ...row, isUnordered: isUnordered === 1 }
}

interface VersionRow {
  readonly resource: string
  readonly version: number
  readonly cid: Cid | null
  readonly media_type: string
  readonly size: number
  readonly metadata: string
  readonly entry: Cid
  readonly node: PeerId
  readonly owner: OwnerId
  readonly at: number
}

const versionColumns = 'version, entry, node, owner, at, cid, media_type, size, metadata'

/** Every version with one number: one, but for a number that two nodes gave to different things. */
export function readVersions(reader: Reader, { id, resource }: Resource, version: number): readonly Version[] {
  const sql = `select ${versionColumns} from context_version where resource = ? and version = ? and counts = 1 order by entry`
  return toVersions(resource, reader.all<Omit<VersionRow, 'resource'>>(sql, id, version))
}

/** Every version with the newest number that has content, past deletions, kept or not; none where there never was any. */
export function readNewestContent(reader: Reader, resource: Resource): readonly Version[] {
  const sql = 'select max(version) as version from context_version where resource = ? and version <= ? and counts = 1 and cid is not null'
  const { version } = reader.get<{ readonly version: number | null }>(sql, resource.id, resource.last) ?? { version: null }
  return version === null ? [] : readVersions(reader, resource, version)
}

/** Kept versions of a resource below a number, newest first; whole numbers, at most `limit` of them. */
export function listVersions(
  reader: Reader,
  { id, resource, first, last }: Resource,
  { below, limit }: { readonly below: number; readonly limit: number },
): readonly Version[] {
  const top = Math.min(last, below - 1)
  const bottom = Math.max(first, top - limit + 1)
  const sql = `select ${versionColumns} from context_version where resource = ? and version between ? and ? and counts = 1 order by version desc, entry`
  return toVersions(resource, reader.all<Omit<VersionRow, 'resource'>>(sql, id, bottom, top))
}

/**
 * The newest version created at or before a moment.
 *
 * Where times grow with numbers the last one in time is the newest; elsewhere every one is looked at.
 */
export function findVersionAt(reader: Reader, { id, last, isUnordered }: Resource, at: number): number | undefined {
  const moment = Math.trunc(at)
  const sql = isUnordered
    ? 'select max(version) as version from context_version where resource = ? and at <= ? and version <= ? and counts = 1'
    : 'select version from context_version where resource = ? and at <= ? and version <= ? and counts = 1 order by at desc limit 1'
  return reader.get<{ readonly version: number | null }>(sql, id, moment, last)?.version ?? undefined
}

/** The oldest version created at or after a moment. */
export function findVersionSince(reader: Reader, { id, last }: Resource, at: number): number | undefined {
  const sql = 'select min(version) as version from context_version where resource = ? and at >= ? and version <= ? and counts = 1'
  return reader.get<{ readonly version: number | null }>(sql, id, Math.trunc(at), last)?.version ?? undefined
}

/** The version that an entry says, if it can be read. */
export function findVersionOf(reader: Reader, hive: HiveId, entry: Cid): Version | undefined {
  const sql = `select ${resourceColumns}, v.version from context_version v join context_resource r on r.id = v.resource
    where v.entry = ? and r.hive = ? and v.version <= r.last and v.counts = 1`
  const row = reader.get<ResourceRow & { readonly version: number }>(sql, entry, hive)
  return row === undefined ? undefined : readVersions(reader, toResource(row), row.version).find((version) => version.entry === entry)
}

function toVersions(resource: string, rows: readonly Omit<VersionRow, 'resource'>[]): readonly Version[] {
  const [only] = rows
  if (only !== undefined && rows.length === 1) return [toVersion({ ...only, resource }, { isContested: false })]
  const said = Map.groupBy(rows, ({ version }) => version)
  return [...said.values()].flatMap((same) => {
    const kinds = new Set(same.map(({ cid, media_type: mediaType, metadata }) => JSON.stringify([cid, mediaType, metadata])))
    // who says the same twice contradicts nobody
    const shown = kinds.size === 1 ? same.slice(0, 1) : same
    return shown.map((row) => toVersion({ ...row, resource }, { isContested: kinds.size > 1 }))
  })
}

function toVersion(row: VersionRow, { isContested }: Pick<Version, 'isContested'>): Version {
  return {
    resource: row.resource,
    address: addressOfVersion(row.resource, row.version),
    version: row.version,
    cid: row.cid,
    mediaType: row.media_type,
    size: row.size,
    metadata: readMetadata(row),
    entry: row.entry,
    writer: row.node,
    owner: row.owner,
    at: row.at,
    isContested,
  }
}

function readMetadata({ metadata, entry }: VersionRow): Metadata {
  const parsed = parseMetadata(JSON.parse(metadata))
  if (parsed === undefined) throw new Error(`the metadata of ${entry} was damaged in the view`)
  return parsed
}
