import type { ContentStore } from '../../content/content.ts'
import type { ChangeOutcome, PlacedPackage } from './install.ts'
import type { LockedPackage } from './lock.ts'
import type { Place } from './place.ts'
import type { TrustNote } from './set-plan.ts'
import type { Giver } from '../market.ts'
import { listUnmet } from '../manifest/dependencies.ts'
import { spellBeside } from '../spell.ts'
import { maxNamed } from './changes.ts'
import { targetsOf } from './targets.ts'

/** One package of an answer: what became of it, or would. */
export interface ReportedPackage {
  readonly change: 'added' | 'updated' | 'downgraded' | 'restored' | 'present'
  /** `@owner/name`, also its path under the folder of packages. */
  readonly package: string
  /** The same as people here call it; null when that is no other. */
  readonly alias: string | null
  readonly name: string
  readonly owner: string
  readonly version: string
  readonly previousVersion: string | null
  readonly digest: string
  readonly cid: string
  readonly kind: string | null
  /** Of the archive, in bytes; null for what no index here has. */
  readonly size: number | null
  readonly files: number | null
  readonly path: string
  /** Where else it appears: a skill in `.agents/skills`. */
  readonly alsoAt: readonly string[]
  /** What was asked for; null for what only others need. */
  readonly requested: string | null
  /** Whether it was named, or is there for what was. */
  readonly isNamed: boolean
  /** Who gave how many bytes; empty when all was on this disk. */
  readonly providers: readonly Giver[]
  /** Files of what is present that are not what its owner signed, or gone; null when that was not looked at, or cannot be. */
  readonly changed: readonly string[] | null
  /** Files that are none of the package and stayed in its folder when it was placed, by path there; a few of many. */
  readonly beside: readonly string[]
  /** What it needs and was installed without. */
  readonly leftOut: readonly { readonly name: string; readonly range: string }[]
  /** What it asks for that no package here was when it was published. */
  readonly unmet: readonly { readonly name: string; readonly range: string }[]
}

/** What a change of a place did, or would do. */
export interface ChangeReport {
  readonly status: 'done' | 'present' | 'planned'
  readonly place: Place['kind']
  readonly lock: string
  readonly isLockChanged: boolean
  readonly packages: readonly ReportedPackage[]
  readonly removed: readonly { readonly package: string; readonly version: string; readonly path: string }[]
  /** Bytes that came from peers, or would have to. */
  readonly fetchedBytes: number
  readonly notes: readonly TrustNote[]
}

/** A change as an answer. */
export function reportChange(deps: { readonly content: Pick<ContentStore, 'stat'> }, outcome: ChangeOutcome): ChangeReport {
  const { place, plan, packages, isDryRun } = outcome
  const isNothing = packages.every(({ isPlaced }) => !isPlaced) && !plan.isLockChanged && plan.removed.length === 0
  return {
    status: isDryRun ? 'planned' : isNothing ? 'present' : 'done',
    place: place.kind,
    lock: place.lock,
    isLockChanged: plan.isLockChanged,
    packages: packages.map((placed) => reportPackage(outcome, placed)),
    removed: plan.removed.map(({ package: name, version, ...entry }) => ({
      package: name,
      version,
      path: targetsOf(place, { package: name, kind: entry.kind })[0],
    })),
    fetchedBytes: isDryRun ? bytesToFetch(deps, packages) : bytesFetched(outcome),
    notes: plan.notes,
  }
}

function bytesToFetch({ content }: { readonly content: Pick<ContentStore, 'stat'> }, packages: readonly PlacedPackage[]): number {
  const wanted = packages.flatMap(({ isPlaced, planned: { release } }) => (isPlaced && release !== undefined ? [release] : []))
  return wanted.reduce((sum, { archive, size }) => sum + Math.max(0, size - (content.stat(archive)?.presentBytes ?? 0)), 0)
}

function bytesFetched({ applied }: ChangeOutcome): number {
  return [...applied.givers.values()].flat().reduce((sum, { bytes }) => sum + bytes, 0)
}

function reportPackage(
  { hive, place, applied: { givers, beside } }: ChangeOutcome,
  { planned, isPlaced, changed }: PlacedPackage,
): ReportedPackage {
  const { locked, previous, release } = planned
  const [path, ...alsoAt] = targetsOf(place, locked)
  return {
    change: planned.change === 'kept' ? (isPlaced ? 'restored' : 'present') : planned.change,
    ...describeLocked(locked),
    alias: spellBeside(hive, locked),
    previousVersion: previous !== undefined && previous.version !== locked.version ? previous.version : null,
    kind: locked.kind ?? release?.manifest.kind ?? null,
    size: release?.size ?? null,
    files: release?.fileCount ?? null,
    path,
    alsoAt,
    requested: locked.requested ?? null,
    isNamed: planned.isNamed,
    providers: givers.get(locked.package) ?? [],
    changed: isPlaced ? [] : changed,
    beside: [...(beside.get(locked.package) ?? [])].slice(0, maxNamed),
    leftOut: locked.isIsolated ? (release?.manifest.dependencies ?? []) : [],
    unmet: listUnmet(release?.manifest.foreign ?? []).slice(0, maxNamed),
  }
}

function describeLocked({
  package: name,
  owner,
  version,
  digest,
  cid,
}: LockedPackage): Pick<ReportedPackage, 'package' | 'name' | 'owner' | 'version' | 'digest' | 'cid'> {
  return { package: name, name: name.slice(name.indexOf('/') + 1), owner, version, digest, cid }
}
