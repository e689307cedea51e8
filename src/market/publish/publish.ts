import type { CallContext } from '../../operations/define-operation.ts'
import { failpoint } from '../../lib/failpoint.ts'
import type { Fault } from '../../lib/fault.ts'
import type { Reader } from '../../store/database.ts'
import { encodeFileList } from '../file-list.ts'
import { marketFaults } from '../faults.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import type { IndexedRelease, IndexedVersion } from '../package-index.ts'
import { findVersions, getRelease } from '../package-index.ts'
import { formatDigest, formatRelease, releaseKind } from '../release.ts'
import type { Release } from '../release.ts'
import { assertMaySay, recordTag } from '../trust/say-word.ts'
import type { PublishPlan, PublishRequest } from './plan.ts'
import { planPublish, refuseOwner } from './plan.ts'
import type { PublishReport } from './report.ts'
import { reportPlan, reportRelease } from './report.ts'
import { spread } from './spread.ts'

/**
 * Publishes a folder: archive → content → `release` entry with the index, in one transaction → announced and copied.
 *
 * The same again changes nothing and says so; it may be repeated after any interruption. A dry run stores nothing.
 *
 * @throws Fault of `planPublish`, VERSION_EXISTS, DISK_FULL, QUOTA_EXCEEDED
 */
export async function publishPackage(
  deps: MarketDeps & { readonly options: MarketOptions },
  request: PublishRequest,
  context: CallContext,
): Promise<PublishReport> {
  // Here and not only where it is appended: nobody packs half a gigabyte to be told that it reaches nobody.
  deps.findHive(context.hive).needAdmitted()
  const plan = await planPublish(deps, request, context)
  const known = await findPublished(deps, plan, context)
  if (request.isDryRun) return reportPlan(deps, plan, { known, digested: known ?? (await digest(plan, context)) })
  if (known !== undefined) await restoreBytes(deps, { plan, release: known, context })
  const release = known ?? (await storeRelease(deps, plan, context))
  if (plan.tag !== undefined)
    await recordTag(deps, plan.hive, { owner: plan.owner, name: release.name, tag: plan.tag, version: release.version })
  const reached = await spread(deps, { hive: plan.hive, release, context })
  return reportRelease(deps, plan, { status: known === undefined ? 'published' : 'unchanged', release, reached })
}

async function storeRelease(deps: MarketDeps, plan: PublishPlan, context: CallContext): Promise<IndexedRelease> {
  const { hive, owner, source, draft, found } = plan
  const total = source.files.reduce((sum, file) => sum + file.size, 0)
  const archive = source.open((done) => context.report({ stage: 'packing', done, total, unit: 'bytes' }))
  // What is short lasts with the entry, which is written next and waited for.
  const stored = await deps.content.addSoon(archive.chunks, { signal: context.signal })
  failpoint('publish.archive')
  const measured = archive.result()
  const list = await deps.content.addSoon([encodeFileList(measured.files, found.details)], { signal: context.signal })
  failpoint('publish.files')
  const manifest: Manifest = { ...draft, version: draft.version ?? versionOf(measured.digest) }
  const appended = await appendRelease(hive, {
    owner,
    manifest,
    digest: measured.digest,
    size: measured.size,
    fileCount: measured.files.length,
    archive: stored.cid,
    files: list.cid,
    previous: newestOf(findVersions(deps.database, hive.hive, manifest.name, owner)),
  })
  failpoint('publish.appended')
  return appended
}

/** Of what says none: by the bytes, so that the same bytes are the same version. */
function versionOf(digested: Uint8Array): string {
  return `0.0.0+${Buffer.from(digested).toString('hex').slice(0, 12)}`
}

/** What packing gives, without storing it. */
async function digest({ source }: PublishPlan, context: CallContext): Promise<{ readonly digest: Uint8Array; readonly size: number }> {
  const archive = source.open((done) => context.report({ stage: 'looking', done, unit: 'bytes' }))
  for await (const _ of archive.chunks) context.signal.throwIfAborted()
  return archive.result()
}

/** The release this folder already is, if any. Packs once without storing, only when the version is known. @throws Fault VERSION_EXISTS */
async function findPublished(deps: MarketDeps, plan: PublishPlan, context: CallContext): Promise<IndexedRelease | undefined> {
  const { name, version } = plan.draft
  const versions = findVersions(deps.database, plan.hive.hive, name, plan.owner)
  const candidates = version === undefined ? versions : versions.filter((known) => known.version === version)
  if (candidates.length === 0) return undefined
  const measured = await digest(plan, context)
  const same = candidates.find((known) => Buffer.compare(known.digest, measured.digest) === 0)
  if (same !== undefined) return getRelease(deps.database, same.entry)
  const [other] = candidates
  if (version === undefined || other === undefined) return undefined
  throw refuseVersion(name, other, measured.digest)
}

/** What was published is stored again where blocks of it went bad: the folder was just found to be these bytes. */
async function restoreBytes(
  deps: MarketDeps,
  { plan, release, context }: { readonly plan: PublishPlan; readonly release: IndexedRelease; readonly context: CallContext },
): Promise<void> {
  const { signal } = context
  const isWhole = (): boolean => [release.archive, release.files].every((cid) => deps.content.stat(cid)?.isWhole === true)
  if (isWhole()) return
  const archive = plan.source.open((done) => context.report({ stage: 'packing', done, unit: 'bytes' }))
  await deps.content.add(archive.chunks, { signal })
  const { files } = archive.result()
  await deps.content.add([encodeFileList(files, plan.found.details)], { signal })
  // What was published before lists carried details has one without.
  if (!isWhole()) await deps.content.add([encodeFileList(files)], { signal })
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
      if (standing === undefined) throw refuseInert(tx, hive, release)
      if (standing.entry !== entry.cid) throw refuseVersion(name, standing, release.digest)
      const indexed = getRelease(tx, entry.cid)
      if (indexed !== undefined) box.indexed = indexed
      failpoint('publish.commit')
    },
  })
  if (box.indexed === undefined) throw new Error('the release was appended but is not in the index')
  return box.indexed
}

/** Why nobody would count a release that could be packed: its owner took us off meanwhile, or the hive did. */
function refuseInert(tx: Reader, hive: MarketHive, { owner, manifest: { name } }: Release): Fault {
  assertMaySay(tx, hive, { kind: 'tag', owner, name })
  return refuseOwner(hive)
}

function refuseVersion(name: string, published: IndexedVersion, offered: Uint8Array): Fault {
  const { version } = published
  return marketFaults.create('VERSION_EXISTS', {
    message: `${name} ${version} is published already, with other bytes; a release never changes. Raise the version in the manifest and publish again.`,
    data: { name, version, published: formatDigest(published.digest), offered: formatDigest(offered) },
  })
}
