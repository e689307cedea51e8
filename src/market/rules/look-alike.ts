import type { OwnerId } from '../../identity/keys.ts'
import { editDistance } from '../../lib/nearest.ts'

/** A package with what makes it known here. */
export interface KnownPackage {
  /** `@owner/name`, as people here write it. */
  readonly package: string
  readonly owner: OwnerId
  readonly handle: string
  readonly name: string
  /** Whether a project of ours, or the home, has it. */
  readonly isInstalled: boolean
  /** Versions that stand. */
  readonly versions: number
  /** When this node first saw any of it, our wall time in milliseconds. */
  readonly firstSeenAt: number
}

/** Names that short are compared by one edit, longer ones by two. */
const shortName = 4

/**
 * The better known package of another owner that a name may be mistaken for; the nearest, and of those the best known.
 *
 * Names lie within two edits (one for short ones; a swap of neighbours is one), or are the same under owners whose handles are one edit
 * apart. Names are ASCII, so that no letter looks like another.
 */
export function findLookAlike(self: KnownPackage, others: readonly KnownPackage[]): KnownPackage | undefined {
  const near = others.flatMap((other) => {
    const distance = other.owner === self.owner ? undefined : nearness(self, other)
    return distance === undefined || renown(other, self) <= 0 ? [] : [{ other, distance }]
  })
  const [best] = near.toSorted(
    (a, b) => a.distance - b.distance || renown(b.other, a.other) || (a.other.package < b.other.package ? -1 : 1),
  )
  return best?.other
}

/** How many edits apart two are that may be mistaken for each other. */
function nearness(a: KnownPackage, b: KnownPackage): number | undefined {
  if (a.name === b.name) return editDistance(a.handle, b.handle) === 1 ? 1 : undefined
  return nearnessOfNames(a.name, b.name)
}

/** How many edits apart two names are that may be mistaken for each other; undefined for names that may not. */
export function nearnessOfNames(a: string, b: string): number | undefined {
  const allowed = Math.min(a.length, b.length) <= shortName ? 1 : 2
  if (Math.abs(a.length - b.length) > allowed) return undefined
  const distance = editDistance(a, b)
  return distance <= allowed ? distance : undefined
}

/**
 * Above zero when `a` is better known than `b`: what is installed here, else who wins more of: seen here earlier, more versions.
 *
 * Each can be forged but the first: so this warns and decides nothing.
 */
function renown(a: KnownPackage, b: KnownPackage): number {
  if (a.isInstalled !== b.isInstalled) return a.isInstalled ? 1 : -1
  return Math.sign(b.firstSeenAt - a.firstSeenAt) + Math.sign(a.versions - b.versions)
}
