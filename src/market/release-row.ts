import type { ContentStore } from '../content/content.ts'
import type { OwnerId } from '../identity/keys.ts'
import type { ViewedEntry } from '../journal/view.ts'
import type { Transaction } from '../store/database.ts'
import type { Release } from './release.ts'
import { comparePositions } from './rules/words.ts'
import { rememberNewest, rememberSight, sourceOfHive } from './trust/sight.ts'
import type { PackageKey } from './trust/word-table.ts'
import { readWord, readWords } from './trust/word-table.ts'
import { chooseDeprecation } from './rules/deprecations.ts'

/** A release that counts, with whose node signed it. */
export interface CountingRelease {
  readonly entry: Pick<ViewedEntry, 'hive' | 'cid' | 'node' | 'incarnation' | 'seq' | 'at'>
  readonly release: Release
  readonly author: OwnerId
}

export interface ReleaseRowDeps {
  readonly content: Pick<ContentStore, 'reference' | 'dereference'>
  readonly now: () => number
}

/** What became of a release that was put: whether it stands for its version, and the entry that did before. */
export interface PutRelease {
  readonly stands: boolean
  readonly displaced: string | undefined
}

interface Rival {
  readonly entry: string
  readonly author: OwnerId
  readonly node: string
  readonly incarnation: number
  readonly seq: number
  readonly digest: Uint8Array
  readonly stands: number
}

/** Puts a release among those of its version. Undefined when its author said the version before: that stays, and other bytes are counted. */
export function putRelease(tx: Transaction, counting: CountingRelease, deps: ReleaseRowDeps): PutRelease | undefined {
  const { entry, release } = counting
  const rivals = readRivals(tx, keyOf(counting), release.manifest.version)
  const own = rivals.find((rival) => rival.node === entry.node)
  if (own !== undefined) {
    const isOther = Buffer.compare(own.digest, release.digest) !== 0
    if (isOther) tx.run('update release set contradictions = contradictions + 1 where entry = ?', own.entry)
    return undefined
  }
  const standing = rivals.find((rival) => rival.stands === 1)
  const stands = standing === undefined || compareRivals(release.owner, { ...entry, author: counting.author }, standing) < 0
  if (stands && standing !== undefined) tx.run('update release set stands = 0 where entry = ?', standing.entry)
  insertRelease(tx, counting, { stands, seenAt: rememberSight(tx, entry.cid, deps.now()) })
  for (const cid of [release.archive, release.files]) {
    deps.content.reference(tx, { hive: entry.hive, cid, reason: 'entry', source: entry.cid })
  }
  if (stands) {
    const seen = { source: sourceOfHive(entry.hive), owner: release.owner, name: release.manifest.name }
    rememberNewest(tx, seen, { version: release.manifest.version, now: deps.now() })
  }
  return { stands, displaced: stands ? standing?.entry : undefined }
}

/** Lets the right one stand for each version, after some were taken away. */
export function restand(tx: Transaction, key: PackageKey): void {
  const rows = tx.all<{ readonly version: string }>(
    'select distinct version from release where hive = ? and owner = ? and name = ?',
    ...keyValues(key),
  )
  for (const { version } of rows) {
    const [first] = readRivals(tx, key, version).toSorted((a, b) => compareRivals(key.owner, a, b))
    if (first === undefined || first.stands === 1) continue
    tx.run('update release set stands = 1 where entry = ?', first.entry)
  }
}

/** Writes beside the versions of a package what is said of them: of one version, or of all. */
export function markVersions(tx: Transaction, key: PackageKey, only?: string): void {
  const rows = tx.all<{ readonly version: string }>(
    'select distinct version from release where hive = ?1 and owner = ?2 and name = ?3 and (?4 is null or version = ?4)',
    ...keyValues(key),
    only ?? null,
  )
  const deprecations = [...readWords(tx, key, 'deprecate')]
  for (const { version } of rows) {
    const yanked = readWord(tx, key, { kind: 'yank', subject: version })?.value ?? null
    tx.run(
      'update release set yanked = ?, deprecated = ? where hive = ? and owner = ? and name = ? and version = ?',
      yanked,
      chooseDeprecation(version, deprecations) ?? null,
      ...keyValues(key),
      version,
    )
  }
}

export function keyOf({ entry, release }: Pick<CountingRelease, 'entry' | 'release'>): PackageKey {
  return { hive: entry.hive, owner: release.owner, name: release.manifest.name }
}

/** A key as the parameters of a statement. */
export function keyValues({ hive, owner, name }: PackageKey): readonly [hive: string, owner: string, name: string] {
  return [hive, owner, name]
}

function readRivals(tx: Transaction, key: PackageKey, version: string): readonly Rival[] {
  return tx.all<Rival>(
    `select entry, author, node, incarnation, seq, digest, stands from release
     where hive = ? and owner = ? and name = ? and version = ?`,
    ...keyValues(key),
    version,
  )
}

/** The owner's own nodes before those of maintainers, who may take no version away; then the lower (node, incarnation, seq). */
function compareRivals(
  owner: OwnerId,
  a: Pick<Rival, 'author' | 'node' | 'incarnation' | 'seq'>,
  b: Pick<Rival, 'author' | 'node' | 'incarnation' | 'seq'>,
): number {
  const byOwner = Number(b.author === owner) - Number(a.author === owner)
  if (byOwner !== 0) return byOwner
  return a.node === b.node ? comparePositions(a, b) : a.node < b.node ? -1 : 1
}

function insertRelease(
  tx: Transaction,
  { entry, release, author }: CountingRelease,
  { stands, seenAt }: { readonly stands: boolean; readonly seenAt: number },
): void {
  const { manifest } = release
  tx.run(
    `insert into release (hive, owner, name, version, entry, node, incarnation, seq, at, stands, contradictions, digest, size, file_count, archive, files, manifest, author, seen_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
    author,
    seenAt,
  )
}
