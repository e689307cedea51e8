import { describeBlock, findBlock } from '../refuse-package.ts'
import { spellBeside, spellOwner } from '../spell.ts'
import type { CallContext } from '../../operations/define-operation.ts'
import { findChanges } from '../install/changes.ts'
import type { Lock, LockedOverride, LockedPackage } from '../install/lock.ts'
import { readLock } from '../install/lock-file.ts'
import type { Place, PlaceInput } from '../install/place.ts'
import { findPinnedArchive } from '../install/pinned-archive.ts'
import { placeOf } from '../install/place.ts'
import { findSourceHive } from '../install/plan.ts'
import { everyExists, targetsOf, withKind } from '../install/targets.ts'
import type { MarketDeps, MarketHive, MarketOptions } from '../market.ts'
import type { IndexedRelease } from '../package-index.ts'
import { findVersions, getRelease } from '../package-index.ts'
import { formatDigest } from '../release.ts'
import { nameOf } from '../resolve/catalogue.ts'
import type { TrustKind } from '../rules/trust.ts'
import { parseTag } from '../rules/tags.ts'
import { parseVersion } from '../rules/versions.ts'
import { judgeRelease } from './judge-release.ts'
import { listTransfers } from './transfers.ts'

/** What an audit may find beside what is judged before an install. */
type FindingKind = TrustKind | 'unknown' | 'transferred' | 'changed' | 'missing'

/** Something about a package that is installed. */
export interface Finding {
  readonly package: string
  /** The same as people here call it; null when that is no other. */
  readonly alias: string | null
  readonly version: string
  readonly kind: FindingKind
  readonly message: string
}

/** Something that was accepted when a package was installed. */
export interface AcceptedFinding extends Omit<LockedOverride, 'by'> {
  readonly package: string
  /** An owner, as people write it. */
  readonly by: string | null
}

export interface AuditReport {
  /** The lock that was read. */
  readonly lock: string
  readonly audited: number
  readonly findings: Finding[]
  readonly accepted: AcceptedFinding[]
  readonly hasFindings: boolean
}

type AuditDeps = MarketDeps & { readonly options: MarketOptions }

/**
 * Looks at everything that is installed in one place, with what is known now. What was accepted is listed, and is no finding any more.
 *
 * @throws Fault LOCK_INVALID
 */
export async function auditPlace(deps: AuditDeps, input: PlaceInput, context: CallContext): Promise<AuditReport> {
  const hive = deps.findHive(context.hive)
  const place = await placeOf(deps, input)
  const lock = await readLock(place.lock)
  const findings: Finding[] = []
  for (const [index, locked] of [...lock.values()].entries()) {
    context.report({ stage: 'auditing', done: index, total: lock.size, unit: 'items' })
    findings.push(...(await auditOne(deps, hive, { place, lock, locked, signal: context.signal })))
  }
  const accepted = [...lock.values()].flatMap(({ package: name, overrides }) => overrides.map((each) => toAccepted(hive, name, each)))
  return { lock: place.lock, audited: lock.size, findings: findings.toSorted(compareFindings), accepted, hasFindings: findings.length > 0 }
}

function compareFindings(a: Finding, b: Finding): number {
  return a.package === b.package ? (a.kind < b.kind ? -1 : 1) : a.package < b.package ? -1 : 1
}

function toAccepted(hive: MarketHive, name: string, { by, ...override }: LockedOverride): AcceptedFinding {
  return { ...override, package: name, by: by === undefined ? null : spellOwner(hive, by) }
}

interface AuditRequest {
  readonly place: Place
  readonly lock: Lock
  readonly locked: LockedPackage
  readonly signal: AbortSignal
}

async function auditOne(deps: AuditDeps, current: MarketHive, request: AuditRequest): Promise<readonly Finding[]> {
  const { locked } = request
  const alias = spellBeside(current, locked)
  const say = (kind: FindingKind, message: string): Finding => ({ package: locked.package, alias, version: locked.version, kind, message })
  const targets = targetsOf(request.place, withKind(deps, locked))
  const missing = (await everyExists(targets))
    ? []
    : [say('missing', `${locked.package} is in the lock and not in its place; \`althing install\` puts it there.`)]
  const hive = findSourceHive(deps, locked.source)
  const release = hive && findRelease(deps, hive, locked)
  const archive = release ?? (await findPinnedArchive(deps, locked, request))
  const isHere = missing.length === 0 && archive !== undefined
  // of what its source has no more nothing is placed
  const isMendable = release !== undefined || hive === undefined
  const changed = isHere ? await findChanges(deps, { release: archive, targets, signal: request.signal }) : null
  const changes =
    changed === null || changed.length === 0
      ? []
      : [
          say(
            'changed',
            `files of ${locked.package} are not what its owner signed: ${changed.join(', ')}${isMendable ? '; `althing install` puts them right' : ''}.`,
          ),
        ]
  if (hive === undefined) {
    return [
      ...missing,
      ...changes,
      say('unknown', `${locked.package} came from ${locked.source}, where this node is not: nothing more is known of it.`),
    ]
  }
  if (release === undefined) return [...missing, ...changes, say('unknown', judgeGone(deps, hive, locked))]
  return [...missing, ...changes, ...judgeNow(deps, hive, { ...request, release }).map(({ kind, message }) => say(kind, message))]
}

/** Its version may be there with other bytes, or was taken back with who signed it. */
function judgeGone(deps: AuditDeps, hive: MarketHive, locked: LockedPackage): string {
  const same = findVersions(deps.database, hive.hive, nameOf(locked), locked.owner).find(({ version }) => version === locked.version)
  const block = same === undefined ? findBlock(deps.database, hive, { owner: locked.owner, name: nameOf(locked) }) : undefined
  if (block !== undefined) return `${locked.package} is installed, and ${describeBlock(hive, block)}`
  if (same === undefined)
    return `${locked.package} ${locked.version} is in the index of "${hive.name}" no more: its node was revoked, its maintainer removed, or this node lacks journals.`
  return `${locked.package} ${locked.version} is ${formatDigest(same.digest)} in the index of "${hive.name}", and the lock pins ${locked.digest}.`
}

function findRelease({ database }: AuditDeps, hive: MarketHive, locked: LockedPackage): IndexedRelease | undefined {
  const known = findVersions(database, hive.hive, nameOf(locked), locked.owner).find(({ digest }) => formatDigest(digest) === locked.digest)
  return known && getRelease(database, known.entry)
}

/** What was asked for exactly no update moves, nor what was asked for by a tag: that is set by the owner before. */
function describeFollowing({ package: name, requested }: LockedPackage): string {
  const isFixed = requested !== undefined && (parseVersion(requested) !== undefined || parseTag(requested) !== undefined)
  return isFixed ? `it was asked for as ${requested}; \`althing install ${name}@latest\` follows` : `\`althing update ${name}\` follows`
}

/** Judged as if it were new here, so that names are compared again; that it was asked then is no finding now. */
function judgeNow(
  deps: AuditDeps,
  hive: MarketHive,
  { lock, locked, release }: AuditRequest & { readonly release: IndexedRelease },
): readonly Pick<Finding, 'kind' | 'message'>[] {
  const isInstalled = ({ owner, name }: { readonly owner: string; readonly name: string }): boolean =>
    [...lock.values()].some((other) => other.owner === owner && nameOf(other) === name)
  const issues = judgeRelease(deps, hive, { release, locked: undefined, overrides: locked.overrides, isInstalled, now: deps.clock.now() })
  const chain = listTransfers(deps.database, { hive: hive.hive, owner: locked.owner, name: release.name })
  const last = chain.at(-1)
  const transferred =
    last === undefined
      ? []
      : [
          {
            kind: 'transferred' as const,
            message: `${locked.package} was handed on to ${spellOwner(hive, last)}; ${describeFollowing(locked)}, when there is a release.`,
          },
        ]
  return [...issues.filter(({ kind }) => kind !== 'cool-down'), ...transferred]
}
