import type { ClaimDocument, ClaimKind } from '../claims/claim-document.ts'
import type { RefMeaning } from './judge-ref.ts'
import { isFailedWork } from './reasons.ts'

/** What can happen with a task, as it is told. */
export const taskEvents = [
  'added',
  'claimed',
  'taken-over',
  'in-review',
  'released',
  'broken',
  'paused',
  'quarantined',
  'needs-human',
  'done',
  'closed',
] as const
export type TaskEvent = (typeof taskEvents)[number]

/** A task as it was seen at one moment. */
export interface SeenTask {
  readonly title: string
  /** Whether it was among those that are open. */
  readonly isOpen: boolean
  readonly needsHuman: boolean
  /** When its text or labels last changed, as its forge or record says, in milliseconds; undefined where nobody says. */
  readonly changedAt: number | undefined
  /** What its claim ref said; undefined before it was ever claimed. */
  readonly meaning: RefMeaning | undefined
}

/** Something that happened with a task. */
export interface TaskChange {
  readonly event: TaskEvent
  readonly epoch: number
  /** Who did it to the claim; null where nobody did, or nobody knows who. */
  readonly holder: string | null
  readonly reason: string | null
  /** Wall time by the clock of whoever did it, or of the forge, in milliseconds; undefined where nobody said. */
  readonly at: number | undefined
}

/** What a link of a chain says of what happened. */
export type EventLink = Pick<ClaimDocument, 'kind' | 'epoch' | 'holder' | 'reason' | 'at'>

/** What happened between two looks at a task, in the order in which it can have; `links` came to its chain in between. */
export function compareTasks(before: SeenTask | undefined, now: SeenTask, links: readonly EventLink[]): readonly TaskChange[] {
  const { meaning } = now
  const nobody = { epoch: 0, holder: null, reason: null, at: undefined }
  const seen = { epoch: epochOf(meaning), holder: holderOf(meaning), reason: reasonOf(meaning), at: undefined }
  const changes: TaskChange[] = []
  // one that was never seen was open once, also when it is closed by now
  if ((now.isOpen && before?.isOpen !== true) || before === undefined) changes.push({ ...nobody, event: 'added', at: now.changedAt })
  changes.push(...links.flatMap(changeOf))
  // what no link says
  if (meaning?.meaning === 'unknown' && before?.meaning?.meaning !== 'unknown') changes.push({ ...seen, event: 'claimed' })
  if (meaning?.meaning === 'quarantined' && before?.meaning?.meaning !== 'quarantined')
    changes.push({ ...seen, epoch: links.at(-1)?.epoch ?? 0, event: 'quarantined', at: timeOf(links.at(-1)) })
  if (now.needsHuman && before?.needsHuman !== true) changes.push({ ...seen, at: now.changedAt, ...askedBy(links), event: 'needs-human' })
  if (!now.isOpen && before?.isOpen !== false)
    changes.push({ ...seen, event: 'closed', at: timeOf(links.findLast(({ kind }) => kind === 'done')) ?? now.changedAt })
  return changes
}

/**
 * What happened to several tasks, by time; what happened to one keeps its order. A clock that is ahead, or a forge that tells of the last change alone,
 * says a time that is too late: each counts as no later than what came after it.
 */
export function orderChanges<Change extends { readonly at: number }>(tasks: readonly (readonly Change[])[]): readonly Change[] {
  const placed = tasks.flatMap((changes) =>
    changes.map((change, index) => ({ change, place: Math.min(...changes.slice(index).map(({ at }) => at)) })),
  )
  return placed.toSorted((a, b) => a.place - b.place).map(({ change }) => change)
}

/** The release that a person was asked by; nothing where the label came without one. */
function askedBy(links: readonly EventLink[]): Partial<TaskChange> {
  const link = links.findLast(({ kind, reason }) => kind === 'release' && isFailedWork(reason))
  return link === undefined ? {} : { epoch: link.epoch, holder: link.holder, reason: link.reason ?? null, at: timeOf(link) }
}

const eventOfKind: Readonly<Record<ClaimKind, TaskEvent | undefined>> = {
  claim: 'claimed',
  takeover: 'taken-over',
  renew: undefined,
  review: 'in-review',
  release: 'released',
  break: 'broken',
  pause: 'paused',
  done: 'done',
}

function changeOf({ kind, epoch, holder, reason, at }: EventLink): readonly TaskChange[] {
  const event = eventOfKind[kind]
  return event === undefined ? [] : [{ event, epoch, holder, reason: reason ?? null, at: timeOf({ at }) }]
}

/** Milliseconds of the time that a link says; undefined where it says none. */
function timeOf(link: Pick<EventLink, 'at'> | undefined): number | undefined {
  const time = Date.parse(link?.at ?? '')
  return Number.isNaN(time) ? undefined : time
}

/** The epoch that a meaning is about; 0 where it is about none. */
export function epochOf(meaning: RefMeaning | undefined): number {
  if (meaning === undefined) return 0
  if ('holding' in meaning) return meaning.holding.epoch
  // a task that is free names the epoch of its next holding
  return meaning.meaning === 'free' || meaning.meaning === 'unknown' ? meaning.epoch - 1 : 0
}

/** Whose it is; null where nobody has it. */
function holderOf(meaning: RefMeaning | undefined): string | null {
  return meaning !== undefined && 'holding' in meaning ? meaning.holding.holder : null
}

/** Why it stands as it does, as the chain says; null where it says nothing. */
function reasonOf(meaning: RefMeaning | undefined): string | null {
  return meaning !== undefined && 'holding' in meaning ? (meaning.holding.reason ?? null) : null
}
