import type { KnownGenesis } from '../../hive/genesis.ts'
import { parseGenesis } from '../../hive/genesis.ts'
import type { SignedCertificate } from '../../identity/certificate.ts'
import { parseCertificate } from '../../identity/certificate.ts'
import type { OwnerId, PeerId } from '../../identity/keys.ts'
import { formatEntry, parseEntry } from '../../journal/codec.ts'
import type { Entry, HiveId } from '../../journal/entry.ts'
import { encodeText } from '../../lib/bytes.ts'
import type { Cid } from '../../lib/cid.ts'
import { createCid, rawCodec } from '../../lib/cid.ts'
import type { Reader, Transaction } from '../../store/database.ts'
import { parseRelease, releaseKind } from '../release.ts'
import { parseBody } from '../../journal/codec.ts'
import type { PackageName } from '../rules/names.ts'
import type { Source } from '../trust/sight.ts'

/** A registry that this node knows. */
export interface RegistryRow {
  readonly id: number
  /** As people here call it. */
  readonly name: string
  readonly url: string
  /** Whether it was in a private network when it was added: there alone it may be asked in one. */
  readonly isPrivate: boolean
  /** Under which the index keeps what it says. */
  readonly hive: HiveId
  /** Undefined for one of unsigned entries. */
  readonly genesis: KnownGenesis | undefined
  /** Our wall time in milliseconds. */
  readonly addedAt: number
  /** When it last answered, our wall time; undefined when it never did. */
  readonly answeredAt: number | undefined
  /** Why it did not answer when it was asked last. */
  readonly problem: string | undefined
  readonly viewVersion: number
}

interface StoredRegistry {
  readonly id: number
  readonly name: string
  readonly url: string
  readonly hive: HiveId
  readonly is_private: number
  readonly genesis: Uint8Array | null
  readonly added_at: number
  readonly answered_at: number | null
  readonly problem: string | null
  readonly view_version: number
}

/** How locks and sights name a registry. */
export function sourceOfRegistry(url: string): Source {
  return `registry:${url}`
}

/** The URL of what was imported and is asked nothing. */
export function urlOfImport(name: string): string {
  return `import:${name}`
}

/** Whether a registry is asked over the network. */
export function isAsked({ url, genesis }: Pick<RegistryRow, 'url' | 'genesis'>): boolean {
  return genesis !== undefined && !url.startsWith('import:')
}

/** The name under which the index keeps what a registry says: no hive has it, for those are named by dag-cbor. */
export function hiveOfRegistry(url: string): HiveId {
  return createCid(rawCodec, encodeText(sourceOfRegistry(url))) as HiveId
}

/** Every registry, by name. */
export function listRegistries(reader: Reader): readonly RegistryRow[] {
  return reader.all<StoredRegistry>(`${selectRegistry} order by name`).map(toRow)
}

/** That a registry is in a private network, by its number. */
const privateSetting = 'registry.private '

const selectRegistry = `select registry.*, exists(select 1 from setting where name = '${privateSetting}' || registry.id) as is_private from registry`

function toRow({
  is_private: isPrivate,
  genesis,
  added_at: addedAt,
  answered_at: answeredAt,
  view_version: viewVersion,
  problem,
  ...row
}: StoredRegistry): RegistryRow {
  return {
    ...row,
    isPrivate: isPrivate === 1,
    genesis: genesis === null ? undefined : parseGenesis(new Uint8Array(genesis)),
    addedAt,
    answeredAt: answeredAt ?? undefined,
    problem: problem ?? undefined,
    viewVersion,
  }
}

/** What is to be known of a registry to keep it. */
export interface NewRegistry {
  readonly name: string
  readonly url: string
  readonly isPrivate: boolean
  readonly genesis: KnownGenesis | undefined
  readonly now: number
  readonly viewVersion: number
}

/** Keeps a registry. */
export function insertRegistry(tx: Transaction, { name, url, isPrivate, genesis, now, viewVersion }: NewRegistry): RegistryRow {
  const row = tx.get<{ readonly id: number }>(
    `insert into registry (name, url, hive, origin, genesis, added_at, answered_at, problem, view_version)
     values (?, ?, ?, ?, ?, ?, ?, null, ?) returning id`,
    name,
    url,
    hiveOfRegistry(url),
    genesis?.id ?? null,
    genesis?.bytes ?? null,
    now,
    now,
    viewVersion,
  )
  const id = row?.id ?? 0
  if (isPrivate) tx.run(`insert into setting (name, value) values (?, '1')`, `${privateSetting}${id}`)
  const kept = tx.get<StoredRegistry>(`${selectRegistry} where id = ?`, id)
  if (kept === undefined) throw new Error('a registry that was kept has no row')
  return toRow(kept)
}

/** Forgets a registry and all it said; what the index has of it is to be taken away before. */
export function deleteRegistry(tx: Transaction, id: number): void {
  for (const table of ['registry_file', 'registry_entry', 'registry_certificate', 'registry_foreign'])
    tx.run(`delete from ${table} where registry = ?`, id)
  tx.run('delete from setting where name = ?', `${privateSetting}${id}`)
  tx.run('delete from registry where id = ?', id)
}

/** Notes how a registry answered: now, or why not. */
export function noteAnswer(tx: Transaction, id: number, answer: { readonly now: number } | { readonly problem: string }): void {
  if ('now' in answer) tx.run('update registry set answered_at = ?, problem = null where id = ?', answer.now, id)
  else tx.run('update registry set problem = ? where id = ?', answer.problem.slice(0, 512).toWellFormed(), id)
}

/** What is known of a file of a registry. */
export interface FileRow {
  readonly etag: string | undefined
  readonly modified: string | undefined
  /** Of its bytes, in hex; undefined for one that was not there. */
  readonly digest: string | undefined
  readonly fetchedAt: number
}

export function getFile(reader: Reader, registry: number, path: string): FileRow | undefined {
  const row = reader.get<{
    readonly etag: string | null
    readonly modified: string | null
    readonly digest: Uint8Array | null
    readonly fetched_at: number
  }>('select etag, modified, digest, fetched_at from registry_file where registry = ? and path = ?', registry, path)
  if (row === undefined) return undefined
  const digest = row.digest === null ? undefined : Buffer.from(row.digest).toString('hex')
  return { etag: row.etag ?? undefined, modified: row.modified ?? undefined, digest, fetchedAt: row.fetched_at }
}

export function putFile(tx: Transaction, registry: number, { path, ...file }: FileRow & { readonly path: string }): void {
  tx.run(
    'insert or replace into registry_file (registry, path, etag, modified, digest, fetched_at) values (?, ?, ?, ?, ?, ?)',
    registry,
    path,
    file.etag ?? null,
    file.modified ?? null,
    file.digest === undefined ? null : Buffer.from(file.digest, 'hex'),
    file.fetchedAt,
  )
}

/** Keeps a signed entry for good, and that it is offered now. Whether it was new. */
export function putEntry(tx: Transaction, { id: registry, hive }: Pick<RegistryRow, 'id' | 'hive'>, { name, entry }: NamedEntry): boolean {
  const { node, incarnation, seq, kind } = entry.header
  const known = tx.run('update registry_entry set offered = 1 where registry = ? and cid = ?', registry, entry.cid)
  if (known > 0) return false
  tx.run(
    'insert into registry_entry (registry, cid, id, name, kind, node, incarnation, seq, wire, offered) values (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)',
    registry,
    entry.cid,
    idOfEntry(hive, entry.cid),
    name,
    kind,
    node,
    incarnation,
    seq,
    formatEntry(entry),
  )
  return true
}

/** The index names entries, and one entry may come from a hive and from registries. */
function idOfEntry(hive: HiveId, cid: Cid): Cid {
  return createCid(rawCodec, encodeText(`${hive}\n${cid}`))
}

/** An entry with the package it is about; '' for what is said of members. */
export interface NamedEntry {
  readonly name: string
  readonly entry: Entry
}

/** An entry as it is kept. */
export interface KeptEntry {
  /** As the index names it. */
  readonly id: Cid
  readonly entry: Entry
  readonly isOffered: boolean
}

interface StoredEntry {
  readonly id: Cid
  readonly wire: Uint8Array
  readonly offered: number
}

/** The entries of a name, each author's in order. */
export function listKept(reader: Reader, registry: number, name: string): readonly KeptEntry[] {
  return reader
    .all<StoredEntry>(
      'select id, wire, offered from registry_entry where registry = ? and name = ? order by node, incarnation, seq',
      registry,
      name,
    )
    .flatMap(toKept)
}

/** The entry that the index names so. */
export function findKept(reader: Reader, id: Cid): KeptEntry | undefined {
  return reader.all<StoredEntry>('select id, wire, offered from registry_entry where id = ? limit 1', id).flatMap(toKept)[0]
}

function toKept({ id, wire, offered }: StoredEntry): readonly KeptEntry[] {
  const entry = parseEntry(new Uint8Array(wire))
  return entry === undefined ? [] : [{ id, entry, isOffered: offered === 1 }]
}

/** Versions of a package that a registry says now, by whoever; undefined owner for all. */
export function listOffered(
  reader: Reader,
  registry: number,
  { owner, name }: { readonly owner: OwnerId; readonly name: string },
): readonly string[] {
  return listKept(reader, registry, name).flatMap(({ entry, isOffered }) => {
    const release = isOffered && entry.header.kind === releaseKind ? parseRelease(parseBody(entry)?.value) : undefined
    return release?.owner === owner ? [release.manifest.version] : []
  })
}

/** Takes back that the entries of a name are offered; how many are kept. */
export function withdrawOffers(tx: Transaction, registry: number, name: string): void {
  tx.run('update registry_entry set offered = 0 where registry = ? and name = ?', registry, name)
}

/** How many entries a registry once said and says no more; of one name, or of all. */
export function countWithheld(reader: Reader, registry: number, name?: string): number {
  return (
    reader.get<{ readonly total: number }>(
      'select count(*) as total from registry_entry where registry = ?1 and offered = 0 and (?2 is null or name = ?2)',
      registry,
      name ?? null,
    )?.total ?? 0
  )
}

/** Names of which a registry said something: signed ones, and foreign ones. */
export function countNames(reader: Reader, registry: number): number {
  return (
    reader.get<{ readonly total: number }>(
      `select (select count(distinct name) from registry_entry where registry = ?1 and name <> '')
        + (select count(distinct name) from registry_foreign where registry = ?1) as total`,
      registry,
    )?.total ?? 0
  )
}

/** Every name a registry ever said something of. */
export function listKeptNames(reader: Reader, registry: number): readonly string[] {
  return reader
    .all<{ readonly name: string }>(`select distinct name from registry_entry where registry = ? and name <> '' order by name`, registry)
    .map(({ name }) => name)
}

/** Remembers a certificate; of each owner of a node the newest. Whether that is news. */
export function putCertificate(tx: Transaction, registry: number, { certificate, bytes }: SignedCertificate): boolean {
  const { node, owner, serial } = certificate
  const sql = `insert into registry_certificate (registry, node, owner, serial, bytes) values (?, ?, ?, ?, ?)
    on conflict do update set serial = excluded.serial, bytes = excluded.bytes where excluded.serial > serial`
  return tx.run(sql, registry, node, owner, serial, bytes) > 0
}

export function listCertificates(reader: Reader, registry: number): ReadonlyMap<PeerId, readonly SignedCertificate[]> {
  const rows = reader.all<{ readonly bytes: Uint8Array }>('select bytes from registry_certificate where registry = ?', registry)
  return Map.groupBy(
    rows.flatMap(({ bytes }) => parseCertificate(new Uint8Array(bytes)) ?? []),
    ({ certificate }) => certificate.node,
  )
}

/** A release that counts, with where its bytes are. */
export interface KeptRelease {
  readonly name: PackageName
  readonly digest: Uint8Array
  readonly archive: Cid
  readonly size: number
}

/** Every release of a registry that stands. */
export function listReleases(reader: Reader, hive: HiveId): readonly KeptRelease[] {
  return reader.all<KeptRelease>(
    'select name, digest, archive, size from release where hive = ? and stands = 1 order by name, version',
    hive,
  )
}
