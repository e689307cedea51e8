import type { CallContext, InputOf, OutputOf } from '../../operations/define-operation.ts'
import type { OwnerId } from '../../identity/keys.ts'
import type { MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import { isOnDisk } from '../on-disk.ts'
import type { IndexedRelease } from '../package-index.ts'
import { getRelease } from '../package-index.ts'
import { formatDigest } from '../release.ts'
import { refuseVersion } from '../refuse-package.ts'
import { findPackage, rangeOfRequest } from '../resolve.ts'
import { findHandle, spellOwner, spellPackage } from '../spell.ts'
import { refreshNamed } from '../refresh.ts'
import { findVersionsIn, homeOf, sourceOf } from '../sources.ts'
import { compareReleases, isInRange } from '../rules/versions.ts'
import { listUnmet } from '../manifest/dependencies.ts'
import { describeDetails } from '../mcp/describe-details.ts'
import { resolveSigned } from '../signed-release.ts'
import { judgeRelease } from './judge-release.ts'
import type { showOperations } from './show-operations.ts'
import { listTags } from './tags.ts'
import { listGivers, listTransfers } from './transfers.ts'
import { readMaintainers } from './word-table.ts'

type Shown<Name extends string> = OutputOf<Extract<(typeof showOperations)[number], { readonly name: Name }>>

type InfoInput = InputOf<Extract<(typeof showOperations)[number], { readonly name: 'marketplace.info' }>>

type ShowDeps = MarketDeps & { readonly options: MarketOptions }

/** All that is known of one release, and of its package. @throws Fault of `resolveSigned` */
export async function describePackage(deps: ShowDeps, input: InfoInput, context: CallContext): Promise<Shown<'marketplace.info'>> {
  const asked = deps.findHive(context.hive)
  await refreshNamed(deps, [input.package], context)
  const release = await resolveSigned(deps, asked, input.package)
  const hive = homeOf(asked, release.entry)
  const { details, mcp } = await describeDetails(deps, { hive, release, input, signal: context.signal })
  const { manifest } = release
  const versions = findVersionsIn(deps.database, asked, release.name, release.owner).toSorted(compareReleases).toReversed()
  const { tools, commands, hosts, paths } = manifest.permissions
  return {
    ...manifest,
    asked: input.mcp ? 'mcp' : 'all',
    source: sourceOf(hive),
    package: spellPackage(hive, release),
    owner: release.owner,
    handle: findHandle(hive, release.owner) ?? null,
    versions: versions.map(({ version }) => version),
    yankedVersions: versions.flatMap(({ version, yanked }) => (yanked === null ? [] : [version])),
    tags: listTags(deps.database, keyOf(hive, release)).map(([tag, version]) => ({ tag, version })),
    authors: [...manifest.authors],
    keywords: [...manifest.keywords],
    dependencies: [...manifest.dependencies],
    foreign: [...manifest.foreign],
    unmet: [...listUnmet(manifest.foreign)],
    permissions: { tools: [...tools], commands: [...commands], hosts: [...hosts], paths: [...paths] },
    digest: formatDigest(release.digest),
    cid: release.archive,
    size: release.size,
    files: release.fileCount,
    publishedAt: release.at,
    release: { entry: release.entry, node: release.node, maintainer: maintainerOf(hive, release) },
    conflicts: release.conflicts,
    isHere: isOnDisk(deps, release),
    trust: describeTrust(deps, hive, release),
    details,
    mcp,
  }
}

function describeTrust(deps: ShowDeps, hive: MarketHive, release: IndexedRelease): Shown<'marketplace.info'>['trust'] {
  const key = keyOf(hive, release)
  const maintainers = [...readMaintainers(deps.database, key)].flatMap(([owner, { standing }]) =>
    standing === 'maintainer' ? [owner] : [],
  )
  const issues = judgeRelease(deps, hive, {
    release,
    locked: undefined,
    overrides: [],
    isInstalled: () => false,
    now: deps.clock.now(),
  })
  return {
    firstSeenAt: release.firstSeenAt,
    yanked: release.yanked,
    deprecated: release.deprecated,
    maintainers: maintainers.map((owner) => spellOwner(hive, owner)).toSorted(),
    transferredTo: listTransfers(deps.database, key).map((owner) => spellOwner(hive, owner)),
    receivedFrom: listGivers(deps.database, key).map((owner) => spellOwner(hive, owner)),
    issues: issues.map(({ kind, severity, message }) => ({ kind, severity, message })),
  }
}

/** The versions of a package, newest first. @throws Fault of `findPackage`, VERSION_UNKNOWN */
export async function describeVersions(deps: ShowDeps, text: string, context: CallContext): Promise<Shown<'marketplace.versions'>> {
  const hive = deps.findHive(context.hive)
  await refreshNamed(deps, [text], context)
  const found = findPackage(deps.database, hive, text)
  const { reference, owner, versions } = found
  const key = { hive: hive.hive, owner, name: reference.name }
  const range = rangeOfRequest(deps.database, key, reference.range)
  const meant = versions.filter(({ version }) => range === undefined || isInRange(version, range))
  if (meant.length === 0) throw refuseVersion(deps.database, hive, found)
  const tags = Map.groupBy(listTags(deps.database, key), ([, version]) => version)
  const rows = meant.toSorted(compareReleases).toReversed()
  return {
    package: spellPackage(hive, key),
    versions: rows.flatMap(({ entry }) => {
      const release = getRelease(deps.database, entry)
      return release === undefined ? [] : [describeVersion(deps, hive, { release, tags: tags.get(release.version) ?? [] })]
    }),
  }
}

interface VersionRow {
  readonly release: IndexedRelease
  readonly tags: readonly (readonly [tag: string, version: string])[]
}

function describeVersion(
  deps: ShowDeps,
  hive: MarketHive,
  { release, tags }: VersionRow,
): Shown<'marketplace.versions'>['versions'][number] {
  const { version, size, yanked, deprecated, firstSeenAt } = release
  return {
    version,
    tags: tags.map(([tag]) => tag),
    publishedAt: release.at,
    firstSeenAt,
    size,
    yanked,
    deprecated,
    maintainer: maintainerOf(hive, release),
    isHere: isOnDisk(deps, release),
  }
}

function keyOf(hive: MarketHive, { owner, name }: IndexedRelease): { hive: MarketHive['hive']; owner: OwnerId; name: string } {
  return { hive: hive.hive, owner, name }
}

function maintainerOf(hive: MarketHive, { owner, author }: IndexedRelease): string | null {
  return author === owner ? null : spellOwner(hive, author)
}
