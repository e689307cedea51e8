import type { Fault } from '../../lib/fault.ts'
import { marketFaults } from '../faults.ts'
import type { Candidate, PackageId } from '../rules/candidates.ts'
import type { Conflict, ConflictNeed } from '../rules/conflict.ts'
import { formatConflict } from '../rules/conflict.ts'
import type { PassedOver } from '../rules/resolve.ts'

/** How a person is told of packages. */
export interface Telling {
  readonly spell: (id: PackageId) => string
  /** What is known of a name that nobody has, beside that: a sentence, or nothing. */
  readonly hintOf: (name: string) => string
}

/** Versions named in the data of a fault. */
const maxNamed = 50

/** The fault for needs that no set of versions meets: of a package that nobody has, or of versions at odds. */
export function refuseConflict(conflict: Conflict, telling: Telling): Fault {
  const { spell } = telling
  const unknown = findUnknown(conflict)
  if (unknown !== undefined) return refuseUnknown(formatConflict(conflict, spell), { ...unknown, telling })
  const isYanked = conflict.available.some((version) => version.isYanked)
  const hint = isYanked ? ' A yanked version is installed when it is named exactly, with --accept yanked --reason TEXT.' : ''
  return marketFaults.create('DEPENDENCY_CONFLICT', {
    message: `no set of versions meets all needs: ${formatConflict(conflict, spell)}${hint}`,
    data: {
      needs: conflict.needs.map(({ from, versions, target, name, ranges }) => ({
        from: from === undefined ? null : spell(from),
        versions: versions.slice(0, maxNamed),
        target: target === undefined ? name : spell(target),
        ranges: ranges.slice(0, maxNamed),
      })),
      available: conflict.available.slice(0, maxNamed).map(({ version }) => version),
    },
  })
}

interface Unknown {
  readonly from: PackageId
  readonly need: ConflictNeed
}

/** The one package that nobody, or that several, have, when nothing else is at odds. */
function findUnknown({ needs }: Conflict): Unknown | undefined {
  const [need, ...others] = needs.filter(({ target }) => target === undefined)
  const isAlone = others.length === 0 && new Set(needs.map(({ target }) => target)).size === needs.length
  return need?.from === undefined || !isAlone ? undefined : { from: need.from, need }
}

function refuseUnknown(what: string, { from, need, telling: { spell, hintOf } }: Unknown & { readonly telling: Telling }): Fault {
  const { name, versions, ranges, rivals } = need
  return marketFaults.create('DEPENDENCY_UNKNOWN', {
    message: `${what}${hintOf(name)} Go without what it needs: --no-dependencies`,
    data: {
      package: spell(from),
      version: versions[0] ?? '*',
      dependency: name,
      range: ranges[0] ?? '*',
      candidates: rivals.map(spell).toSorted(),
    },
  })
}

/** The fault for a newest version that needs what nobody, or what several, have, where an older one would do. */
export function refusePassedOver({ candidate, requirement }: PassedOver<Candidate>, { spell, hintOf }: Telling): Fault {
  const { name, range, rivals } = requirement
  const spelled = spell(candidate.id)
  const candidates = rivals.map(spell).toSorted()
  const why =
    rivals.length === 0
      ? 'which nobody has published here'
      : `which ${rivals.length} owners have published: ${candidates.slice(0, 10).join(', ')}`
  return marketFaults.create('DEPENDENCY_UNKNOWN', {
    message: `${spelled} ${candidate.version} needs ${name} ${range ?? '*'}, ${why}.${hintOf(name)} Install an older version by name, or go without what it needs: --no-dependencies`,
    data: { package: spelled, version: candidate.version, dependency: name, range: range ?? '*', candidates },
  })
}

/** The fault for a search that was given up. */
export function refuseSize(maxSteps: number): Fault {
  return marketFaults.create('DEPENDENCIES_TOO_MANY', {
    message: `the search for versions that go together was given up after ${maxSteps} steps: too many packages need each other in too many ways. Ask for narrower ranges, or for fewer packages at once.`,
    data: { maxSteps },
  })
}
