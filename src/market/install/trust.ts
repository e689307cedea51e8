import type { OwnerId } from '../../identity/keys.ts'
import { marketFaults } from '../faults.ts'
import type { MarketDeps, MarketOptions } from '../market.ts'
import { spellPackage } from '../spell.ts'
import { nameOf } from '../resolve/catalogue.ts'
import type { TrustIssue } from '../rules/trust.ts'
import { judgeRelease } from '../trust/judge-release.ts'
import type { Lock, LockedOverride } from './lock.ts'
import type { Acceptance, PlannedPackage, TrustNote } from './set-plan.ts'

export interface JudgeRequest {
  readonly packages: readonly PlannedPackage[]
  readonly lock: Lock
  readonly accept: Acceptance
  /** Ours. */
  readonly owner: OwnerId | undefined
}

/**
 * Judges every package that comes or changes; what was accepted is kept with it, what stays is only spoken of.
 *
 * @throws Fault OWNER_CHANGED, TRUST_REFUSED, CONFIRMATION_NEEDED
 */
export function judgeChanges(
  deps: MarketDeps & { readonly options: MarketOptions },
  request: JudgeRequest,
): { readonly judged: readonly PlannedPackage[]; readonly notes: readonly TrustNote[] } {
  const now = deps.clock.now()
  const notes: TrustNote[] = []
  const asked: TrustNote[] = []
  const refused: (TrustNote & Pick<TrustIssue, 'data'>)[] = []
  const judged = request.packages.map((planned) => {
    const overrides: LockedOverride[] = []
    for (const issue of judgeOne(deps, request, { planned, now })) {
      const note = { package: spell(planned), version: planned.locked.version, kind: issue.kind, message: issue.message }
      if (issue.severity === 'warn' || planned.change === 'kept') notes.push(note)
      else if (issue.severity === 'refuse') refused.push({ ...note, data: issue.data })
      else if (!request.accept.kinds.includes(issue.kind)) asked.push(note)
      else
        overrides.push({
          kind: issue.kind,
          version: planned.locked.version,
          reason: request.accept.reason,
          by: request.owner,
          at: new Date(now).toISOString(),
        })
    }
    return overrides.length === 0 ? planned : { ...planned, locked: { ...planned.locked, overrides } }
  })
  refuse(refused)
  if (asked.length > 0) throw confirmationNeeded(asked)
  return { judged, notes }
}

function judgeOne(
  deps: MarketDeps & { readonly options: MarketOptions },
  { lock }: JudgeRequest,
  { planned, now }: { readonly planned: PlannedPackage; readonly now: number },
): readonly TrustIssue[] {
  const { release, previous, hive, locked } = planned
  if (release === undefined) return []
  // Of another owner under the same name: what the lock pins is what people here know by it.
  const pinned = previous ?? lock.get(locked.package)
  const isInstalled = (other: { readonly owner: OwnerId; readonly name: string }): boolean =>
    [...lock.values()].some((entry) => entry.owner === other.owner && nameOf(entry) === other.name)
  return judgeRelease(deps, hive, { release, locked: pinned, overrides: previous?.overrides ?? [], isInstalled, now })
}

function spell({ hive, release, locked }: PlannedPackage): string {
  return release === undefined ? locked.package : spellPackage(hive, release)
}

function refuse(refused: readonly (TrustNote & Pick<TrustIssue, 'data'>)[]): void {
  const [first] = refused
  if (first === undefined) return
  if (first.kind === 'owner-changed') {
    throw marketFaults.create('OWNER_CHANGED', { message: first.message, data: { ...first.data, package: first.package } })
  }
  const message = `nothing was installed: ${refused.map((note) => note.message).join(' ')}`
  throw marketFaults.create('TRUST_REFUSED', { message, data: { issues: refused.map(toData) } })
}

function confirmationNeeded(asked: readonly TrustNote[]): Error {
  const kinds = [...new Set(asked.map(({ kind }) => kind))]
  const options = kinds.map((kind) => `--accept ${kind}`).join(' ')
  return marketFaults.create('CONFIRMATION_NEEDED', {
    message: `nothing was installed: ${asked.map((note) => note.message).join(' ')} If that is right, say so: ${options} --reason "why"`,
    data: { issues: asked.map(toData) },
  })
}

function toData({ package: name, version, kind, message }: TrustNote): { package: string; version: string; kind: string; message: string } {
  return { package: name, version, kind, message }
}
