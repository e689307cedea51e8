import type { OwnerId } from '../../identity/keys.ts'
import type { Permissions } from '../manifest/manifest.ts'
import { describeGrowth, findGrowth } from './permissions.ts'
import type { KnownPackage } from './look-alike.ts'
import { findLookAlike } from './look-alike.ts'
import { compareNewest, compareReleases } from './versions.ts'

/** What can be said against installing a release. */
export const trustKinds = [
  'owner-changed',
  'republished',
  'foreign',
  'rollback',
  'yanked',
  'cool-down',
  'permissions-grown',
  'look-alike',
  'deprecated',
] as const
export type TrustKind = (typeof trustKinds)[number]

/**
 * One thing said against it. `refuse`: never installed like this. `ask`: only when a person accepts it, with a reason that is kept.
 * `warn`: said, and done.
 */
export interface TrustIssue {
  readonly kind: TrustKind
  readonly severity: 'refuse' | 'ask' | 'warn'
  /** What it is, with the values, and what to do next. */
  readonly message: string
  readonly data: Readonly<Record<string, string | number | readonly string[] | null>>
}

/** A release as it is judged: the one that is wanted, or the one that the lock pins. */
export interface TrustedRelease {
  readonly owner: OwnerId
  /** Exact semver. */
  readonly version: string
  /** `sha256:…` of its archive. */
  readonly digest: string
  /** Undefined when what the lock pins is in no index any more. */
  readonly permissions: Permissions | undefined
  /** The reason it was yanked for; null when it was not. */
  readonly yanked: string | null
  readonly deprecated: string | null
  /** When this node first saw it count, our wall time in milliseconds. */
  readonly firstSeenAt: number
  /** `hive:<id>` or `registry:<url>`. */
  readonly source: string
}

/** Something a person accepted for one version, and why; kept in the lock. */
export interface Override {
  readonly kind: TrustKind
  readonly version: string
}

/** The plain facts about one package that is about to be installed. */
export interface TrustQuestion {
  /** `@owner/name`, as people here write it. */
  readonly package: string
  readonly wanted: TrustedRelease
  /** What the lock pins now; undefined for a package that is new here. */
  readonly locked: TrustedRelease | undefined
  readonly policy: {
    /** How long ago a release must have been first seen; 0 in closed hives, in milliseconds. */
    readonly coolDownMs: number
    readonly isOpenHive: boolean
  }
  /** Our wall time in milliseconds. */
  readonly now: number
  /** The newest version that this node ever saw from the source, and the newest that it offers now, yanked ones too. */
  readonly newestSeen: string | undefined
  readonly newestOffered: string | undefined
  /** The package itself, and those of other owners whose name is near. */
  readonly self: KnownPackage
  readonly near: readonly KnownPackage[]
  readonly overrides: readonly Override[]
  /** Owners to whom the package of the locked owner was handed on, by records each signed by the one before, in order. */
  readonly transfers: readonly OwnerId[]
}

/** All that is said against installing a release: what refuses first, then what asks, then what warns. Pure. */
export function judgeTrust(question: TrustQuestion): readonly TrustIssue[] {
  const judges = [
    judgeOwner,
    judgeBytes,
    judgeSource,
    judgeRollback,
    judgeYank,
    judgeCoolDown,
    judgePermissions,
    judgeName,
    judgeDeprecation,
  ]
  const issues = judges.flatMap((judge) => judge(question) ?? [])
  return issues
    .filter((issue) => issue.severity !== 'ask' || !isAccepted(question, issue.kind))
    .toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
}

const severities: readonly TrustIssue['severity'][] = ['refuse', 'ask', 'warn']

function isAccepted({ overrides, wanted }: TrustQuestion, kind: TrustKind): boolean {
  return overrides.some((override) => override.kind === kind && override.version === wanted.version)
}

function isLocked({ wanted, locked }: TrustQuestion): boolean {
  return locked?.digest === wanted.digest && locked.owner === wanted.owner
}

/** Owner continuity: another owner is nobody, unless the one before signed that it is. */
function judgeOwner({ package: name, wanted, locked, transfers, policy }: TrustQuestion): TrustIssue | undefined {
  if (locked === undefined || locked.owner === wanted.owner) return undefined
  const data = { locked: locked.owner, offered: wanted.owner }
  if (!transfers.includes(wanted.owner)) {
    return {
      kind: 'owner-changed',
      severity: 'refuse',
      message: `althing.lock pins ${name} to the owner ${locked.owner}, this release is signed by ${wanted.owner}, and the first never handed it on. If that is right, remove its block from the lock and install again.`,
      data,
    }
  }
  return {
    kind: 'owner-changed',
    severity: policy.isOpenHive ? 'ask' : 'warn',
    message: `${name} was handed on by its owner ${locked.owner}, who signed for it, to ${wanted.owner}.`,
    data,
  }
}

/** A version is what its owner first said. */
function judgeBytes({ package: name, wanted, locked }: TrustQuestion): TrustIssue | undefined {
  const isSame = locked?.owner !== wanted.owner || locked.version !== wanted.version || locked.digest === wanted.digest
  if (isSame) return undefined
  return {
    kind: 'republished',
    severity: 'refuse',
    message: `${name} ${wanted.version} is not the bytes that althing.lock pins: ${locked.digest}, offered ${wanted.digest}. A release never changes; ask its owner what happened, and install another version.`,
    data: { version: wanted.version, locked: locked.digest, offered: wanted.digest },
  }
}

function judgeSource({ package: name, wanted, locked }: TrustQuestion): TrustIssue | undefined {
  if (locked === undefined || locked.source === wanted.source) return undefined
  return {
    kind: 'foreign',
    severity: 'ask',
    message: `althing.lock pins ${name} to ${locked.source}; this release comes from ${wanted.source}.`,
    data: { locked: locked.source, offered: wanted.source },
  }
}

/** A source that once offered more is behind, was set back, or hides something. */
function judgeRollback({ package: name, wanted, locked, newestSeen, newestOffered }: TrustQuestion): TrustIssue | undefined {
  if (newestSeen !== undefined && (newestOffered === undefined || compareNewest(versionOf(newestOffered), versionOf(newestSeen)) < 0)) {
    return {
      kind: 'rollback',
      severity: 'ask',
      message: `${name} ${newestSeen} was seen here, and ${wanted.source} offers no more than ${newestOffered ?? 'nothing'} now: it was taken back, or the source is behind or hides it.`,
      data: { seen: newestSeen, offered: newestOffered ?? null },
    }
  }
  if (locked === undefined || compareReleases(versionOf(wanted.version), versionOf(locked.version)) >= 0) return undefined
  return {
    kind: 'rollback',
    severity: 'warn',
    message: `${name} goes back from ${locked.version} to ${wanted.version}.`,
    data: { locked: locked.version, offered: wanted.version },
  }
}

function versionOf(version: string): { readonly version: string; readonly at: number } {
  return { version, at: 0 }
}

/** What is installed may stay; what is not is not begun with. */
function judgeYank(question: TrustQuestion): TrustIssue | undefined {
  const { package: name, wanted } = question
  if (wanted.yanked === null) return undefined
  const reason = wanted.yanked === '' ? 'no reason given' : wanted.yanked
  const next = isLocked(question) ? 'It stays as it is; look for another with `althing outdated`.' : 'Take another version.'
  return {
    kind: 'yanked',
    severity: isLocked(question) ? 'warn' : 'ask',
    message: `${name} ${wanted.version} was yanked (${reason}). ${next}`,
    data: { version: wanted.version, reason: wanted.yanked },
  }
}

/** What is new is left alone for a while, so that somebody else finds out first. Our own clock, our own first sight. */
function judgeCoolDown(question: TrustQuestion): TrustIssue | undefined {
  const { package: name, wanted, policy, now } = question
  // a clock that was set back makes nothing older than it is
  const leftMs = policy.coolDownMs - Math.max(0, now - wanted.firstSeenAt)
  if (policy.coolDownMs === 0 || leftMs <= 0 || isLocked(question)) return undefined
  return {
    kind: 'cool-down',
    severity: 'ask',
    message: `${name} ${wanted.version} was first seen here ${formatTime(now - wanted.firstSeenAt)} ago; releases of an open hive are left alone for ${formatTime(policy.coolDownMs)}. Wait ${formatTime(leftMs)}, or take an older version.`,
    data: { firstSeenAt: wanted.firstSeenAt, leftMs, coolDownMs: policy.coolDownMs },
  }
}

function formatTime(ms: number): string {
  const minutes = Math.max(0, Math.ceil(ms / 60_000))
  return minutes < 60 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`
}

function judgePermissions({ package: name, wanted, locked }: TrustQuestion): TrustIssue | undefined {
  if (locked === undefined || locked.digest === wanted.digest || wanted.permissions === undefined) return undefined
  const growth = findGrowth(locked.permissions, wanted.permissions)
  const added = describeGrowth(growth)
  if (added.length === 0) return undefined
  return {
    kind: 'permissions-grown',
    severity: 'ask',
    message: `${name} ${wanted.version} asks for more than ${locked.version} did: ${added.join('; ')}.`,
    data: { from: locked.version, to: wanted.version, added },
  }
}

/** Only who is new here is compared: what the lock pins was looked at before. */
function judgeName({ package: name, locked, self, near }: TrustQuestion): TrustIssue | undefined {
  const meant = locked === undefined ? findLookAlike(self, near) : undefined
  if (meant === undefined) return undefined
  return {
    kind: 'look-alike',
    severity: 'warn',
    message: `${name} is nearly called like ${meant.package}, which is better known here. If you meant that one, remove this and install ${meant.package}.`,
    data: { meant: meant.package },
  }
}

function judgeDeprecation({ package: name, wanted }: TrustQuestion): TrustIssue | undefined {
  if (wanted.deprecated === null) return undefined
  return {
    kind: 'deprecated',
    severity: 'warn',
    message: `${name} ${wanted.version} is deprecated: ${wanted.deprecated}`,
    data: { version: wanted.version, message: wanted.deprecated },
  }
}
