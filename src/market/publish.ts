import { resolve } from 'node:path'
import type { CallContext } from '../operations/define-operation.ts'
import type { OwnerId } from '../identity/keys.ts'
import { encodeCanonical } from '../lib/canonical.ts'
import { failpoint } from '../lib/failpoint.ts'
import type { Fault } from '../lib/fault.ts'
import type { ArchiveFile } from './archive/entry.ts'
import { measureArchive } from './archive/measure.ts'
import type { MeasuredArchive } from './archive/measure.ts'
import { readFolder } from './archive/pack.ts'
import { walkPackage } from './archive/walk.ts'
import { marketFaults } from './faults.ts'
import type { Manifest } from './manifest/manifest.ts'
import { readManifest } from './manifest/read-manifest.ts'
import type { FoundManifest } from './manifest/read-manifest.ts'
import { refuseManifest } from './manifest/source.ts'
import type { MarketDeps, MarketHive, MarketOptions } from './market.ts'
import type { IndexedRelease, IndexedVersion } from './package-index.ts'
import { findVersions, getRelease } from './package-index.ts'
import { encodeFileList, formatDigest, formatRelease, releaseKind } from './release.ts'
import type { Release } from './release.ts'
import { spread } from './spread.ts'
import type { Reached } from './spread.ts'

/** What a publish did. */
export interface PublishReport {
  readonly status: 'published' | 'unchanged'
  readonly name: string
  readonly version: string
  readonly owner: OwnerId
  readonly handle: string | null
  readonly digest: string
  readonly cid: string
  readonly size: number
  readonly files: number
  /** Entries of `dependencies` that are none of ours. */
  readonly foreign: number
  /** Members connected when the release was gossiped. */
  readonly announcedTo: number
  readonly providerRecord: boolean
  /** Ourselves not counted. */
  readonly copies: { readonly wanted: number; readonly confirmed: number }
  /** Whether this node goes away now: then 0 copies mean that nobody can get it until it is back. */
  readonly leaving: boolean
  readonly hint: string | null
}

/** Longest normalised manifest, in bytes of canonical CBOR: leaves room in one entry for the rest of a release. */
const maxManifestRecordBytes = 60_000

/**
 * Publishes a folder: archive → content → `release` entry with the index, in one transaction → announced and copied.
 *
 * The same again changes nothing and says so; it may be repeated after any interruption.
 *
 * @throws Fault MANIFEST_MISSING, MANIFEST_INVALID, SOURCE_REFUSED, PACKAGE_TOO_LARGE, OWNER_UNKNOWN, VERSION_EXISTS
 */
export async function publishPackage(
  deps: MarketDeps & { readonly options: MarketOptions },
  input: { readonly path: string },
  context: CallContext,
): Promise<PublishReport> {
  const hive = deps.findHive(context.hive)
  const { owner } = hive
  if (owner === undefined) throw refuseOwner(hive)
  const folder = resolve(input.path)
  const found = await readManifest(folder, { maxManifestBytes: deps.options.maxManifestBytes, signal: context.signal })
  const source = await openSource(folder, { found, options: deps.options, signal: context.signal })
  const known = await findPublished(deps, { hive, owner, source, context })
  if (known !== undefined) {
    await restoreBytes(deps, { release: known, source, context })
    return report(known, { status: 'unchanged', hive, found, ...(await spread(deps, { hive, release: known, context })), deps })
  }
  const total = source.files.reduce((sum, file) => sum + file.size, 0)
  const archive = source.open((done) => context.report({ stage: 'packing', done, total, unit: 'bytes' }))
  const stored = await deps.content.add(archive.chunks, { signal: context.signal })
  failpoint('publish.archive')
  const measured = archive.result()
  const list = await deps.content.add([encodeFileList(measured.files)], { signal: context.signal })
  failpoint('publish.files')
  const manifest = completeManifest(folder, found, measured.digest)
  const release: Release = {
    owner,
    manifest,
    digest: measured.digest,
    size: measured.size,
    fileCount: measured.files.length,
    archive: stored.cid,
    files: list.cid,
    previous: newestOf(findVersions(deps.database, hive.hive, manifest.name, owner)),
  }
  const appended = await appendRelease(hive, release)
  failpoint('publish.appended')
  const reached = await spread(deps, { hive, release: appended, context })
  return report(appended, { status: 'published', hive, found, ...reached, deps })
}

/** A folder, looked at, that can be packed any number of times. */
interface Source {
  readonly files: readonly ArchiveFile[]
  readonly open: (onBytes: (done: number) => void) => MeasuredArchive
  readonly found: FoundManifest
}

interface SourceRequest {
  readonly found: FoundManifest
  readonly options: MarketOptions
  readonly signal: AbortSignal
}

async function openSource(folder: string, { found, options, signal }: SourceRequest): Promise<Source> {
  const files = await walkPackage(folder, { ...options, files: found.draft.files, manifestFile: found.file, signal })
  return {
    files,
    found,
    open: (onBytes) => {
      const archive = measureArchive(readFolder(folder, files, { signal }))
      return { chunks: counted(archive.chunks, onBytes), result: archive.result }
    },
  }
}

async function* counted(chunks: AsyncIterable<Uint8Array>, onBytes: (done: number) => void): AsyncGenerator<Uint8Array> {
  let done = 0
  for await (const chunk of chunks) {
    done += chunk.byteLength
    onBytes(done)
    yield chunk
  }
}

/** The release this folder already is, if any. Packs once without storing, only when the version is known. @throws Fault VERSION_EXISTS */
async function findPublished(
  deps: MarketDeps,
  {
    hive,
    owner,
    source,
    context,
  }: { readonly hive: MarketHive; readonly owner: OwnerId; readonly source: Source; readonly context: CallContext },
): Promise<IndexedRelease | undefined> {
  const { name, version } = source.found.draft
  const versions = findVersions(deps.database, hive.hive, name, owner)
  const candidates = version === undefined ? versions : versions.filter((known) => known.version === version)
  if (candidates.length === 0) return undefined
  const archive = source.open((done) => context.report({ stage: 'comparing', done, unit: 'bytes' }))
  for await (const _ of archive.chunks) context.signal.throwIfAborted()
  const { digest } = archive.result()
  const same = candidates.find((known) => Buffer.compare(known.digest, digest) === 0)
  if (same !== undefined) return getRelease(deps.database, same.entry)
  const [other] = candidates
  if (version === undefined || other === undefined) return undefined
  throw refuseVersion(name, other, digest)
}

/** What was published is stored again where blocks of it went bad: the folder was just found to be these bytes. */
async function restoreBytes(
  deps: MarketDeps,
  { release, source, context }: { readonly release: IndexedRelease; readonly source: Source; readonly context: CallContext },
): Promise<void> {
  const isWhole = [release.archive, release.files].every((cid) => deps.content.stat(cid)?.isWhole === true)
  if (isWhole) return
  const archive = source.open((done) => context.report({ stage: 'packing', done, unit: 'bytes' }))
  await deps.content.add(archive.chunks, { signal: context.signal })
  await deps.content.add([encodeFileList(archive.result().files)], { signal: context.signal })
}

function completeManifest(folder: string, { file, draft }: FoundManifest, digest: Uint8Array): Manifest {
  const version = draft.version ?? `0.0.0+${Buffer.from(digest).toString('hex').slice(0, 12)}`
  const manifest: Manifest = { ...draft, version }
  if (encodeCanonical(manifest).byteLength > maxManifestRecordBytes) {
    const source = { file, folder, text: '', hasFile: () => false }
    const complaint = {
      problem: `the manifest says more than ${maxManifestRecordBytes} bytes`,
      write: 'shorter texts and lists',
      at: { line: 1, column: 1 },
    }
    throw refuseManifest(source, complaint)
  }
  return manifest
}

function newestOf(releases: readonly IndexedVersion[]): Release['previous'] {
  return releases.toSorted((a, b) => a.at - b.at).at(-1)?.entry ?? null
}

/** Appends the entry; the index is updated in the same transaction, which fails whole when another version got there first. */
async function appendRelease(hive: MarketHive, release: Release): Promise<IndexedRelease> {
  const { name, version } = release.manifest
  const box: { indexed?: IndexedRelease } = {}
  await hive.journal.append(releaseKind, formatRelease(release), {
    within: (tx, entry) => {
      const standing = findVersions(tx, hive.hive, name, release.owner).find((known) => known.version === version)
      if (standing === undefined) throw refuseOwner(hive)
      if (standing.entry !== entry.cid) throw refuseVersion(name, standing, release.digest)
      const indexed = getRelease(tx, entry.cid)
      if (indexed !== undefined) box.indexed = indexed
      failpoint('publish.commit')
    },
  })
  if (box.indexed === undefined) throw new Error('the release was appended but is not in the index')
  return box.indexed
}

interface ReportParts extends Reached {
  readonly status: PublishReport['status']
  readonly hive: MarketHive
  readonly found: FoundManifest
  readonly deps: MarketDeps & { readonly options: MarketOptions }
}

function report(release: IndexedRelease, { status, hive, found, deps, ...reached }: ReportParts): PublishReport {
  const confirmed = reached.holders.length
  return {
    status,
    name: release.name,
    version: release.version,
    owner: release.owner,
    handle: hive.membership.handleOf(release.owner) ?? null,
    digest: formatDigest(release.digest),
    cid: release.archive,
    size: release.size,
    files: release.fileCount,
    foreign: found.draft.foreign.length,
    announcedTo: reached.announcedTo,
    providerRecord: reached.providerRecord,
    copies: { wanted: Math.max(0, deps.options.copies - 1), confirmed },
    leaving: deps.isTransient,
    hint: confirmed > 0 ? null : hintFor(reached.announcedTo, deps.isTransient),
  }
}

function hintFor(peers: number, isTransient: boolean): string {
  const next = isTransient ? 'Run `althing p2p start` so that others can get it.' : 'Members will get it from this node when they connect.'
  return peers === 0
    ? `stored here, 0 copies: nobody is connected. ${next}`
    : `stored here, 0 copies: no member signed for the bytes in time. ${next}`
}

function refuseOwner(hive: MarketHive): Fault {
  return marketFaults.create('OWNER_UNKNOWN', {
    message: `the owner of this node is no member of the hive "${hive.name}", so it cannot publish there. Join with \`althing hive join CODE\`, or name another hive with --hive.`,
    data: { hive: hive.hive },
  })
}

function refuseVersion(name: string, published: IndexedVersion, offered: Uint8Array): Fault {
  const { version } = published
  return marketFaults.create('VERSION_EXISTS', {
    message: `${name} ${version} is published already, with other bytes; a release never changes. Raise the version in the manifest and publish again.`,
    data: { name, version, published: formatDigest(published.digest), offered: formatDigest(offered) },
  })
}
