import { fingerprintOf } from '../../hive/rules/handles.ts'
import type { MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import type { IndexedRelease } from '../package-index.ts'
import { getRelease } from '../package-index.ts'
import { describeBlock, findBlock } from '../refuse-package.ts'
import { formatDigest } from '../release.ts'
import type { Reader } from '../../store/database.ts'
import { findHandle, spellPackage } from '../spell.ts'
import type { IndexCatalogue } from '../resolve/catalogue.ts'
import type { IndexCandidate } from '../resolve/index-candidate.ts'
import { createCatalogue, isPinned, nameOf } from '../resolve/catalogue.ts'
import { refuseDisputed, sourcesOf } from '../resolve/merge-sources.ts'
import type { PackageId } from '../rules/candidates.ts'
import { findConflict } from '../rules/conflict.ts'
import { isOwnerSegment, parsePackageReference } from '../rules/names.ts'
import type { ResolveOptions, Root } from '../rules/resolve.ts'
import { resolveSet } from '../rules/resolve.ts'
import { compareReleases } from '../rules/versions.ts'
import { requireSigned } from '../signed-release.ts'
import { askedWith, sourceOf } from '../sources.ts'
import { formatLock } from './lock.ts'
import type { Lock, LockedDependency, LockedPackage } from './lock.ts'
import { refuseConflict, refusePassedOver, refuseSize } from './refuse-needs.ts'
import { changeLock } from './swap.ts'
import { judgeChanges } from './trust.ts'
import type { Acceptance, PlannedPackage, SetPlan } from './set-plan.ts'
import type { Wanted, Wish } from './wish.ts'
import { rangeOfRoot, readWish } from './wish.ts'

export interface PlanRequest {
  readonly hive: MarketHive
  readonly lock: Lock
  /** The lock's file, for messages. */
  readonly file: string
  readonly wish: Wish
  readonly accept: Acceptance
}

/** Steps of one resolution: about a second on a small machine. */
const maxSteps = 1_000_000

/**
 * Resolves what is asked of a place, and judges all of it.
 *
 * @throws Fault of `readWish`, DEPENDENCY_CONFLICT, DEPENDENCY_UNKNOWN, DEPENDENCIES_TOO_MANY, STORE_CORRUPT, and of `judgeChanges`
 */
export async function planSet(deps: MarketDeps & { readonly options: MarketOptions }, request: PlanRequest): Promise<SetPlan> {
  const { hive, lock, file, wish, accept } = request
  const findSource = (source: string): MarketHive | undefined => findSourceHive(deps, source)
  const catalogue = createCatalogue({ database: deps.database, hive, findSource, lock })
  const { wanted, chosen } = resolveWish(deps, { hive, catalogue, lock, file, wish })
  const names = nameChosen(hive, chosen, lock)
  const packages: PlannedPackage[] = []
  for (const [id, candidate] of chosen) {
    const release = await readRelease(deps, candidate)
    packages.push(planPackage({ id, candidate, hive: withOthers(deps, candidate), release, names, catalogue, wanted }))
  }
  packages.sort((a, b) => (a.locked.package < b.locked.package ? -1 : 1))
  const { judged, notes } = judgeChanges(deps, { packages, lock, accept, owner: hive.owner })
  const kept = new Set(judged.map(({ locked }) => locked.package))
  const removed = [...lock.values()].filter((entry) => !kept.has(entry.package))
  const change = { put: judged.map(({ locked }) => locked), drop: removed.map((entry) => entry.package) }
  return { packages: judged, removed, change, isLockChanged: formatLock(changeLock(lock, change)) !== formatLock(lock), notes }
}

/** The hive that a source is, when this node is in it. */
export function findSourceHive(deps: Pick<MarketDeps, 'findHive' | 'registries'>, source: string): MarketHive | undefined {
  if (!source.startsWith('hive:')) return deps.registries?.findSource(source)
  try {
    const found = deps.findHive(source.slice('hive:'.length))
    // where registries alone are asked, no hive is
    return askedWith(found).find((each) => sourceOf(each) === source)
  } catch {
    // Not a member: what the lock pins may stay, and nothing newer is known.
    return undefined
  }
}

export interface WishRequest extends Omit<PlanRequest, 'accept'> {
  readonly catalogue: IndexCatalogue
}

/** What is asked of a place, and the versions that meet it. */
export interface ResolvedWish {
  readonly wanted: Wanted
  readonly chosen: ReadonlyMap<PackageId, IndexCandidate>
}

/** Resolves a wish, and judges nothing. @throws Fault of `readWish`, DEPENDENCY_CONFLICT, DEPENDENCY_UNKNOWN, DEPENDENCIES_TOO_MANY */
export function resolveWish({ database }: Pick<MarketDeps, 'database'>, { hive, catalogue, lock, file, wish }: WishRequest): ResolvedWish {
  const wanted = readWish({ database, hive, catalogue, lock, file }, wish)
  const roots = [...wanted.roots].map(([id, request]): Root => ({
    id,
    range: rangeOfRoot({ database, hive, catalogue }, wanted, [id, request]),
  }))
  const kept = new Map<PackageId, LockedPackage>()
  for (const entry of lock.values()) kept.set(catalogue.idOf(entry.owner, nameOf(entry)), entry)
  const { isolated, released } = wanted
  const options: ResolveOptions = { kept, released, isolated, maxSteps }
  const spell = (id: PackageId): string => spellId(hive, id)
  const telling = { spell, hintOf: (name: string): string => hintOfBlock(database, hive, name) }
  const result = resolveSet(roots, catalogue, options)
  if (result.verdict === 'too-large') throw refuseSize(maxSteps)
  if (result.verdict === 'conflict') throw refuseConflict(findConflict({ roots, catalogue, options, needs: result.needs }), telling)
  const [passedOver] = result.passedOver
  if (passedOver !== undefined) throw refusePassedOver(passedOver, telling)
  for (const candidate of result.chosen.values()) if (!wasJudged(kept, candidate)) refuseDisputed(candidate, spell)
  return { wanted, chosen: result.chosen }
}

function hintOfBlock(reader: Reader, hive: MarketHive, name: string): string {
  const reference = parsePackageReference(name)
  const block = reference && findBlock(reader, hive, reference)
  return block === undefined ? '' : ` ${describeBlock(hive, block)}`
}

function spellId(hive: MarketHive, id: PackageId): string {
  const [owner = '', name = ''] = id.split('/')
  return spellPackage(hive, { owner: owner as IndexedRelease['owner'], name })
}

/** What the lock pins was judged when it came, whatever another source says of it since. */
function wasJudged(kept: ReadonlyMap<PackageId, LockedPackage>, candidate: IndexCandidate): boolean {
  const locked = kept.get(candidate.id)
  return locked !== undefined && isPinned(candidate, locked)
}

/**
 * How the lock calls each: as it did before, else by its owner's handle as far as that is theirs alone and can be part of a path, else by
 * the owner id. Where the lock has that name of another owner, `judgeChanges` refuses it.
 */
function nameChosen(hive: MarketHive, chosen: ReadonlyMap<PackageId, IndexCandidate>, lock: Lock): ReadonlyMap<PackageId, string> {
  const known = new Map([...lock.values()].map((entry) => [`${entry.owner}/${nameOf(entry)}`, entry.package]))
  return new Map(
    [...chosen].map(([id, { owner, name }]) => {
      // a lock is shared: what only this person calls somebody has no place in it
      const handle = hive.membership.policy === 'open' ? fingerprintOf(owner) : findHandle(hive, owner)
      const segment = handle !== undefined && isOwnerSegment(handle) ? handle : owner
      return [id, known.get(`${owner}/${name}`) ?? `@${segment}/${name}`]
    }),
  )
}

async function readRelease(deps: MarketDeps, candidate: IndexCandidate): Promise<IndexedRelease | undefined> {
  if (candidate.entry === undefined) return undefined
  const release = getRelease(deps.database, candidate.entry)
  return requireSigned(deps, candidate.hive, { release, reference: `${candidate.name}@${candidate.version}` })
}

/** The source of a candidate, with the bytes of every source that has them. */
function withOthers({ registries }: Pick<MarketDeps, 'registries'>, candidate: IndexCandidate): MarketHive {
  if (registries === undefined || candidate.alsoAt.length === 0) return candidate.hive
  const exchanges = sourcesOf(candidate).flatMap(({ exchange }) => exchange ?? [])
  return { ...candidate.hive, exchange: registries.hedge(exchanges) }
}

interface Choice {
  readonly id: PackageId
  readonly hive: MarketHive
  readonly candidate: IndexCandidate
  readonly release: IndexedRelease | undefined
  readonly names: ReadonlyMap<PackageId, string>
  readonly catalogue: IndexCatalogue
  readonly wanted: Wanted
}

function planPackage({ id, candidate, hive, release, names, catalogue, wanted }: Choice): PlannedPackage {
  const previous = catalogue.lockedOf(id)
  const isKept = previous !== undefined && isPinned(candidate, previous)
  const isIsolated = wanted.isolated.has(id)
  const requested = wanted.roots.get(id)
  const needs: readonly LockedDependency[] = isIsolated
    ? []
    : catalogue.dependenciesOf(candidate).flatMap(({ target, range }) => {
        const name = target === undefined ? undefined : names.get(target)
        return name === undefined ? [] : { package: name, range: range ?? '*' }
      })
  const asked = { requested, isIsolated, dependencies: needs }
  const isNamed = wanted.named.has(id)
  if (isKept) return { change: 'kept', locked: { ...previous, ...asked }, previous, release, hive, isNamed }
  if (release === undefined)
    throw new Error(`${candidate.name} ${candidate.version} was chosen, and is neither in the lock nor in an index`)
  const pinned = {
    package: names.get(id) ?? '',
    owner: candidate.owner,
    version: release.version,
    digest: formatDigest(release.digest),
    cid: release.archive,
    source: sourceOf(candidate.hive),
    kind: release.manifest.kind,
  }
  return {
    change: changeOf(previous, candidate),
    locked: { ...pinned, ...asked, overrides: [] },
    previous,
    release,
    hive,
    isNamed,
  }
}

function changeOf(previous: LockedPackage | undefined, { version, at }: IndexCandidate): 'added' | 'updated' | 'downgraded' {
  if (previous === undefined) return 'added'
  return compareReleases({ version, at }, { version: previous.version, at: 0 }) < 0 ? 'downgraded' : 'updated'
}
