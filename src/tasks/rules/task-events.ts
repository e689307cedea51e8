import type { RefMeaning } from './judge-ref.ts'

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
  /** What its claim ref said; undefined before it was ever claimed. */
  readonly meaning: RefMeaning | undefined
}

/** Meanings of a claim ref that somebody is at work under. */
const atWork: readonly RefMeaning['meaning'][] = ['ours', 'ours-elsewhere', 'held', 'unknown']

/** What happened between two looks at a task, in the order in which it can have. A claim that moved twice is told as it stands now. */
export function compareTasks(before: SeenTask | undefined, now: SeenTask): readonly TaskEvent[] {
  const events: TaskEvent[] = []
  if (now.isOpen && before?.isOpen !== true) events.push('added')
  if (keyOf(before?.meaning) !== keyOf(now.meaning)) events.push(...eventOf(now.meaning))
  if (now.needsHuman && before?.needsHuman !== true) events.push('needs-human')
  if (!now.isOpen && before?.isOpen === true) events.push('closed')
  return events
}

/** Two looks at one holding in one state are the same, whatever was renewed between them. */
function keyOf(meaning: RefMeaning | undefined): string {
  if (meaning === undefined || (meaning.meaning === 'free' && meaning.why === 'new')) return ''
  const word = atWork.includes(meaning.meaning) ? 'at-work' : meaning.meaning
  return `${word} ${epochOf(meaning)}`
}

/** The epoch that a meaning is about; 0 where it is about none. */
export function epochOf(meaning: RefMeaning | undefined): number {
  if (meaning === undefined) return 0
  if ('holding' in meaning) return meaning.holding.epoch
  // a task that is free names the epoch of its next holding
  return meaning.meaning === 'free' || meaning.meaning === 'unknown' ? meaning.epoch - 1 : 0
}

/** Whose it is; null where nobody has it. */
export function holderOf(meaning: RefMeaning | undefined): string | null {
  return meaning !== undefined && 'holding' in meaning ? meaning.holding.holder : null
}

/** Why it stands as it does, as the chain says; null where it says nothing. */
export function reasonOf(meaning: RefMeaning | undefined): string | null {
  return meaning !== undefined && 'holding' in meaning ? (meaning.holding.reason ?? null) : null
}

function eventOf(meaning: RefMeaning | undefined): readonly TaskEvent[] {
  switch (meaning?.meaning) {
    case undefined:
    // a forge that forgot is given back what it lost: nothing happened to the task
    case 'regressed':
      return []
    case 'free':
      return meaning.why === 'broken' ? ['broken'] : meaning.why === 'released' ? ['released'] : []
    case 'ours':
    case 'ours-elsewhere':
    case 'held':
    case 'unknown':
      return epochOf(meaning) > 1 ? ['taken-over'] : ['claimed']
    case 'in-review':
    case 'paused':
    case 'quarantined':
    case 'done':
      return [meaning.meaning]
  }
}
