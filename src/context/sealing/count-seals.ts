import type { PeerId } from '../../identity/keys.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Reader } from '../../store/database.ts'
import type { ContextHive } from '../context.ts'
import type { SealStatus } from '../context-status.ts'
import type { SealRecipient } from '../rules/choose-recipients.ts'
import { chooseRecipients, isSealedTo, parseSealTarget } from '../rules/choose-recipients.ts'
import { readSealMarks } from '../rules/seal-marks.ts'
import { readVersions } from '../version-table.ts'
import { findSealed } from './sealed-rows.ts'
import { readSealKeys } from './seal-view.ts'

/** Resources looked at in one answer; of more the rest is not counted as outdated. */
const maxCounted = 10_000

/** What is known of keys and of sealed versions in a hive. */
export function countSeals(reader: Reader, hive: ContextHive, { clock }: { readonly clock: Clock }): SealStatus {
  const known = readSealKeys(reader, hive.hive)
  const members = hive.membership.members()
  const nodes = members.flatMap((member) => (member.revoked ? [] : member.nodes.map(({ node }) => node)))
  const keys = nodes.flatMap((node) => known.get(node) ?? [])
  const oldest = keys.reduce<number | null>((before, { at }) => (before === null ? at : Math.min(before, at)), null)
  const sealed = findSealed(reader, hive.hive, { after: 0, limit: maxCounted })
  const chosen = new Map<string, readonly SealRecipient[]>()
  const recipientsFor = (targets: readonly string[], writer: PeerId): readonly SealRecipient[] => {
    const name = [writer, ...targets].join(' ')
    const before = chosen.get(name)
    if (before !== undefined) return before
    const meant = targets.flatMap((text) => parseSealTarget(text, hive.membership.findOwner) ?? [])
    const { recipients } = chooseRecipients({ members, targets: meant, writer, keyOf: (node) => known.get(node) })
    chosen.set(name, recipients)
    return recipients
  }
  const outdated = sealed.filter((resource) => {
    const [newest] = readVersions(reader, resource, resource.last)
    const marks = newest === undefined ? undefined : readSealMarks(newest)
    return newest !== undefined && marks !== undefined && !isSealedTo(marks.recipients, recipientsFor(marks.targets, newest.writer))
  })
  return {
    epoch: known.get(hive.node)?.epoch ?? null,
    keys: keys.length,
    oldestMs: oldest === null ? null : Math.max(0, clock.now() - oldest),
    unreachable: nodes.length - keys.length,
    sealed: sealed.length,
    outdated: outdated.length,
  }
}
