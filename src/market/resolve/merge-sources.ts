import { marketFaults } from '../faults.ts'
import type { MarketHive } from '../market.ts'
import type { PackageId } from '../rules/candidates.ts'
import { sourceOf } from '../sources.ts'
import type { IndexCandidate, SourceCandidate } from './index-candidate.ts'

/**
 * What several sources have, as one: versions of the same owner with the same bytes are one candidate, of the first source that has it.
 *
 * Where bytes differ each stays a candidate and names the others: which is right is for nobody here to say.
 */
export function mergeSources(found: readonly SourceCandidate[]): readonly IndexCandidate[] {
  const versions = Map.groupBy(found, ({ owner, version }) => `${owner} ${version}`)
  return [...versions.values()].flatMap((same) => {
    const byDigest = [...Map.groupBy(same, ({ digest }) => digest).values()]
    return byDigest.flatMap(([first, ...others]) => {
      if (first === undefined) return []
      const disputes = same.filter(({ digest }) => digest !== first.digest).map(({ source, digest }) => ({ source, digest }))
      return [{ ...first, yanked: yankOf([first, ...others]), alsoAt: others.map(({ hive }) => hive), disputes }]
    })
  })
}

/** Yanked is what any source knows to be: another may not have heard of it, or hide it. */
function yankOf(same: readonly SourceCandidate[]): string | null {
  return same.map(({ yanked }) => yanked).find((yanked) => yanked !== null) ?? null
}

/** Nothing, unless sources disagree about the bytes of a version. @throws Fault SOURCES_DISAGREE */
export function refuseDisputed(candidate: IndexCandidate, spell: (id: PackageId) => string): void {
  if (candidate.disputes.length === 0) return
  const all = [{ source: sourceOf(candidate.hive), digest: candidate.digest }, ...candidate.disputes]
  const offered = all.toSorted((a, b) => (a.source < b.source ? -1 : 1))
  const said = offered.map(({ source, digest }) => `${source} has ${digest}`).join(', ')
  throw marketFaults.create('SOURCES_DISAGREE', {
    message: `nothing was installed: of ${spell(candidate.id)} ${candidate.version} ${said}. A release never changes: its owner signed two, or a source is not what it was. Ask its owner; install another version, or ask one source alone (registry.mode).`,
    data: { package: spell(candidate.id), version: candidate.version, offered: offered.map((each) => ({ ...each })) },
  })
}

/** The sources of a candidate, where its bytes may come from. */
export function sourcesOf({ hive, alsoAt }: IndexCandidate): readonly MarketHive[] {
  return [hive, ...alsoAt]
}
