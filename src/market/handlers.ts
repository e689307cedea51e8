import type { HandlersOf, OutputOf } from '../operations/define-operation.ts'
import { createInstallHandlers } from './install/handlers.ts'
import type { MarketDeps, MarketOptions } from './market.ts'
import { isOnDisk } from './on-disk.ts'
import type { marketOperations } from './operations.ts'
import { findVersions } from './package-index.ts'
import { createPublishHandlers } from './publish/handlers.ts'
import { formatDigest } from './release.ts'
import { spellPackage } from './resolve.ts'
import { compareReleases } from './rules/versions.ts'
import { createSearchHandlers } from './search/handlers.ts'
import { resolveSigned } from './signed-release.ts'

type Operations = typeof marketOperations
type Shown = OutputOf<Extract<Operations[number], { readonly name: 'marketplace.info' }>>

/** What answers the operations of the market. */
export function createMarketHandlers(deps: MarketDeps, options: MarketOptions): HandlersOf<Operations> {
  const whole = { ...deps, options }
  return {
    ...createPublishHandlers(whole),
    ...createSearchHandlers(whole),
    ...createInstallHandlers(whole),
    'marketplace.info': async (input, context) => showPackage(whole, input.package, context.hive),
  }
}

async function showPackage(deps: MarketDeps, reference: string, hiveName: string | undefined): Promise<Shown> {
  const hive = deps.findHive(hiveName)
  const release = await resolveSigned(deps, hive, reference)
  const { manifest } = release
  const versions = findVersions(deps.database, hive.hive, release.name, release.owner).toSorted(compareReleases).toReversed()
  return {
    ...manifest,
    package: spellPackage(hive, release),
    owner: release.owner,
    handle: hive.membership.handleOf(release.owner) ?? null,
    versions: versions.map(({ version }) => version),
    authors: [...manifest.authors],
    keywords: [...manifest.keywords],
    dependencies: [...manifest.dependencies],
    foreign: [...manifest.foreign],
    permissions: {
      tools: [...manifest.permissions.tools],
      commands: [...manifest.permissions.commands],
      hosts: [...manifest.permissions.hosts],
      paths: [...manifest.permissions.paths],
    },
    digest: formatDigest(release.digest),
    cid: release.archive,
    size: release.size,
    files: release.fileCount,
    publishedAt: release.at,
    release: { entry: release.entry, node: release.node },
    conflicts: release.conflicts,
    isHere: isOnDisk(deps, release),
  }
}
