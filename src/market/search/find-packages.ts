import type { CallContext } from '../../operations/define-operation.ts'
import type { MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import { isOnDisk } from '../on-disk.ts'
import type { IndexedRelease } from '../package-index.ts'
import { getRelease } from '../package-index.ts'
import { findHandle, spellPackage } from '../spell.ts'
import type { SearchInput, SearchReport } from './operations.ts'
import type { ProviderCount, ProviderCounter } from './providers.ts'
import { createFilter } from './rules/filter.ts'
import { parseTextQuery } from './rules/query.ts'
import { searchText } from './search-text.ts'
import type { Statistics, TextHit } from './search-text.ts'
import { findForeign } from '../registry/foreign.ts'
import { askedWith, sourceOf } from '../sources.ts'
import { mergeHits } from './rules/merge-hits.ts'
import { countTexts } from './text-index.ts'
import { explainNothing } from './nothing.ts'

type FoundPackage = SearchReport['packages'][number]

/** Answers from the index on this disk; only the counts of providers ask anybody. No hit is an answer, with what to try. */
export async function findPackages(
  deps: MarketDeps & { readonly options: MarketOptions; readonly providers: ProviderCounter; readonly statistics?: Statistics | undefined },
  input: SearchInput,
  context: CallContext,
): Promise<Omit<SearchReport, 'remote'>> {
  const { database } = deps
  const hive = deps.findHive(context.hive)
  const typed = input.query.join(' ').trim()
  const query = parseTextQuery(typed)
  const owner = input.author === undefined ? undefined : hive.membership.findOwner(input.author.replace(/^@/, ''))
  const question = {
    hive: hive.hive,
    query,
    filter: createFilter({ ...input, owner }),
    isFuzzy: input.fuzzy,
    limit: input.limit ?? deps.options.searchLimit,
    usefulnessOf: undefined,
    statistics: deps.statistics,
  }
  // a query of signs alone has no word to look for: it is not the query that lists everything
  const isNothing = typed !== '' && query === undefined
  await deps.registries?.refresh('everything', { signal: context.signal })
  const answers = isNothing
    ? []
    : askedWith(hive).map((source) => ({ from: source, ...searchText(database, { ...question, hive: source.hive }) }))
  const placed = answers.flatMap(({ from, hits }, source) => hits.map((hit, rank) => ({ ...hit, from, rank, source })))
  const found = mergeHits(placed, question.limit).flatMap((hit) => {
    const release = getRelease(database, hit.entry)
    return release === undefined ? [] : [{ hit, release, hive: hit.from }]
  })
  const meant = answers.map((answer) => answer.meant).find((each) => each !== undefined)
  const foreign = findForeign(database, deps, { query, isFiltered: isFiltered(input), limit: question.limit - found.length })
  const cids = found.map(({ release }) => release.archive)
  const counts = await deps.providers.count({ hive: hive.hive, exchange: hive.exchange, cids, signal: context.signal })
  const parts = { deps, isDetailed: input.detailed }
  const packages = found.map(({ hit, release, hive: from }) =>
    toRow(hit, release, { ...parts, hive: from, count: counts.get(release.archive) }),
  )
  const indexed = askedWith(hive).reduce((sum, source) => sum + countTexts(database, source.hive), 0)
  const nothing =
    packages.length + foreign.length > 0 ? { hint: null, suggestions: [] } : explainNothing(deps, { typed, input, hive, question })
  return { query: typed, packages, foreign, indexed, meant: meant ?? null, ...nothing }
}

/** What nobody signed has no owner, kind or licence that could be asked for. */
function isFiltered({ category, keyword, author, kind, license }: SearchInput): boolean {
  return keyword.length > 0 || [category, author, kind, license].some((value) => value !== undefined)
}

interface RowParts {
  readonly hive: MarketHive
  readonly deps: MarketDeps
  readonly isDetailed: boolean
  readonly count: ProviderCount | undefined
}

function toRow(hit: TextHit, release: IndexedRelease, { hive, deps, isDetailed, count }: RowParts): FoundPackage {
  const { manifest } = release
  const isHere = isOnDisk(deps, release)
  return {
    package: spellPackage(hive, release),
    source: sourceOf(hive),
    name: release.name,
    owner: release.owner,
    handle: findHandle(hive, release.owner) ?? null,
    version: release.version,
    kind: manifest.kind,
    description: manifest.description,
    keywords: [...manifest.keywords],
    licence: manifest.licence,
    size: release.size,
    files: release.fileCount,
    publishedAt: release.at,
    isFullMatch: hit.isFull,
    deprecated: hit.deprecated,
    isYanked: hit.isYanked,
    providers: count === undefined ? null : count.providers + (isHere ? 1 : 0),
    providersAsOf: count?.asOf ?? null,
    providersAgeMs: count === undefined ? null : Math.max(0, deps.clock.now() - count.asOf),
    isHere,
    conflicts: release.conflicts,
    details: isDetailed
      ? {
          category: manifest.category,
          authors: [...manifest.authors],
          homepage: manifest.homepage,
          repository: manifest.repository,
          dependencies: [...manifest.dependencies],
        }
      : null,
  }
}
