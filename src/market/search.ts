import type { CallContext } from '../operations/define-operation.ts'
import type { MarketDeps, MarketHive, MarketOptions } from './market.ts'
import type { PackageKind } from './manifest/manifest.ts'
import type { IndexedRelease, SearchHit } from './package-index.ts'
import { countIndexed, searchPackages } from './package-index.ts'
import type { ProviderCount, ProviderCounter } from './providers.ts'
import { spellPackage } from './resolve.ts'
import { parseTextQuery } from './rules/query.ts'

export interface SearchInput {
  readonly query: readonly string[]
  readonly kind?: PackageKind | undefined
  readonly limit?: number | undefined
}

/** One row of a search. */
export interface FoundPackage {
  readonly package: string
  readonly name: string
  readonly owner: string
  readonly handle: string | null
  readonly version: string
  readonly kind: string
  readonly description: string
  readonly keywords: string[]
  readonly licence: string | null
  readonly size: number
  readonly files: number
  readonly publishedAt: number
  readonly isFullMatch: boolean
  readonly providers: number | null
  readonly providersAsOf: number | null
  readonly isHere: boolean
  readonly conflicts: number
}

export interface SearchReport {
  readonly query: string
  readonly packages: FoundPackage[]
  readonly indexed: number
  readonly hint: string | null
}

/** Answers from the index on this disk; only the counts of providers ask anybody. No hit is an answer, with what to try. */
export async function findPackages(
  deps: MarketDeps & { readonly options: MarketOptions; readonly providers: ProviderCounter },
  input: SearchInput,
  context: CallContext,
): Promise<SearchReport> {
  const hive = deps.findHive(context.hive)
  const query = input.query.join(' ').trim()
  const parsed = parseTextQuery(query)
  const indexed = countIndexed(deps.database, hive.hive)
  const isNothing = query !== '' && parsed === undefined
  const filter = { kind: input.kind, limit: input.limit ?? deps.options.searchLimit }
  const hits = isNothing ? [] : searchPackages(deps.database, hive.hive, parsed, filter)
  const cids = hits.map(({ release }) => release.archive)
  const counts = await deps.providers.count({ hive: hive.hive, exchange: hive.exchange, cids, signal: context.signal })
  const packages = hits.map((hit) => toRow(hit, { hive, deps, count: counts.get(hit.release.archive) }))
  return { query, packages, indexed, hint: packages.length > 0 ? null : hintFor(query, indexed, hive) }
}

interface RowParts {
  readonly hive: MarketHive
  readonly deps: MarketDeps
  readonly count: ProviderCount | undefined
}

function toRow({ release, isFull }: SearchHit, { hive, deps, count }: RowParts): FoundPackage {
  const isHere = isOnDisk(deps, release)
  return {
    package: spellPackage(hive, release),
    name: release.name,
    owner: release.owner,
    handle: hive.membership.handleOf(release.owner) ?? null,
    version: release.version,
    kind: release.manifest.kind,
    description: release.manifest.description,
    keywords: [...release.manifest.keywords],
    licence: release.manifest.licence,
    size: release.size,
    files: release.fileCount,
    publishedAt: release.at,
    isFullMatch: isFull,
    providers: count === undefined ? null : count.providers + (isHere ? 1 : 0),
    providersAsOf: count?.asOf ?? null,
    isHere,
    conflicts: release.conflicts,
  }
}

/** Whether the archive of a release is whole on this disk. */
export function isOnDisk(deps: Pick<MarketDeps, 'content'>, release: IndexedRelease): boolean {
  return deps.content.stat(release.archive)?.isWhole === true
}

function hintFor(query: string, indexed: number, hive: MarketHive): string {
  if (indexed > 0)
    return `nothing for ${JSON.stringify(query)} among ${indexed} ${indexed === 1 ? 'package' : 'packages'} of "${hive.name}". Try fewer words, the beginning of a word, or \`althing search\` for what is newest.`
  const isAlone = hive.connectedPeers().length === 0
  const alone = isAlone ? ' Nobody is connected: `althing hive invite` brings others in.' : ''
  return `the hive "${hive.name}" has no packages yet. Publish one: \`althing publish DIR\`, a folder with a package.toml (name, version, description) or a SKILL.md.${alone}`
}
