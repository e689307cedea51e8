import type { Member } from '../../hive/membership.ts'
import type { OwnerId, PeerId } from '../../identity/keys.ts'
import { isName } from '../../identity/certificate.ts'
import type { RecipientMark } from './seal-marks.ts'
import { markOf } from './seal-marks.ts'

/** For whom something is sealed. */
export type SealTarget = { readonly role: string } | { readonly owner: OwnerId }

/** The newest key of a node, as its own journal says it. */
export interface SealRecipient {
  readonly node: PeerId
  readonly epoch: number
  readonly recipient: string
}

export interface RecipientsRequest {
  /** With the nodes that are admitted now. */
  readonly members: readonly Pick<Member, 'owner' | 'roles' | 'nodes' | 'revoked'>[]
  readonly targets: readonly SealTarget[]
  /** The node that seals: it can open what it wrote, or could never seal it again. */
  readonly writer: PeerId
  /** The key of a node; undefined for one that has none. */
  readonly keyOf: (node: PeerId) => SealRecipient | undefined
}

export interface ChosenRecipients {
  readonly recipients: readonly SealRecipient[]
  /** Nodes meant that have no key: they cannot open it. */
  readonly unreachable: readonly PeerId[]
}

/** Reads `role:NAME`, `@HANDLE` or an owner id; undefined for anything else, and for an owner that is not known. */
export function parseSealTarget(text: string, findOwner: (handle: string) => OwnerId | undefined): SealTarget | undefined {
  if (text.startsWith('role:')) {
    const role = text.slice('role:'.length)
    return isName(role) ? { role } : undefined
  }
  const owner = findOwner(text.startsWith('@') ? text.slice(1) : text)
  return owner === undefined ? undefined : { owner }
}

/** Whether somebody is meant by a target. */
export function isAnybody({ members }: Pick<RecipientsRequest, 'members'>, target: SealTarget): boolean {
  return members.some((member) => isMeant(member, target))
}

/** The nodes that may open something sealed for targets: those of owners who hold a role now, or are named. */
export function chooseRecipients({ members, targets, writer, keyOf }: RecipientsRequest): ChosenRecipients {
  const meant = members.filter((member) => targets.some((target) => isMeant(member, target)))
  const nodes = new Set([writer, ...meant.flatMap((member) => member.nodes.map(({ node }) => node))])
  const recipients: SealRecipient[] = []
  const unreachable: PeerId[] = []
  for (const node of [...nodes].toSorted()) {
    const key = keyOf(node)
    if (key === undefined) unreachable.push(node)
    else recipients.push(key)
  }
  return { recipients, unreachable }
}

/** Recipients as a version names them. */
export function markRecipients(recipients: readonly SealRecipient[]): readonly RecipientMark[] {
  return recipients.map(({ node, epoch }) => ({ node: markOf(node), epoch }))
}

/** Whether a version is sealed to exactly these keys. */
export function isSealedTo(marks: readonly RecipientMark[], recipients: readonly SealRecipient[]): boolean {
  const wanted = new Set(markRecipients(recipients).map(({ node, epoch }) => `${node}:${epoch}`))
  return wanted.size === marks.length && marks.every(({ node, epoch }) => wanted.has(`${node}:${epoch}`))
}

function isMeant({ owner, roles, revoked }: RecipientsRequest['members'][number], target: SealTarget): boolean {
  if (revoked) return false
  return 'role' in target ? roles.includes(target.role) : owner === target.owner
}
