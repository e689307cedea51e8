/** Why a link was written, as its first word says; what follows `: ` is for people. */
export type ClaimReason =
  /** The work failed: counts towards quarantine. */
  | 'failed'
  /** The issue is closed, changed, gone, or another pull request is there. */
  | 'not-eligible'
  /** The node ends in order, or hands over. */
  | 'shutdown'
  /** A policy of the forge refuses our pushes. */
  | 'refused-by-forge'
  /** The model cannot be had, or its budget of the day or month is spent; no fault of the work. */
  | 'model-down'
  /** An agent that is a program of others cannot work now, or asks for a login; no fault of the work. Was said as `model-down` before. */
  | 'agent-down'
  /** The node could not work on it: no git, a full disk, a bug of ours; no fault of the work. */
  | 'node-failed'
  /** The forge, or its git server, does not answer; no fault of the work. */
  | 'forge-down'
  /** The pull request needs more work. */
  | 'ci-failed'
  | 'changes-requested'
  | 'conflict'
  /** A lease ran out. */
  | 'expired'
  /** What was under the ref was no claim of this hive. */
  | 'unknown-holder'
  /** The holding before had ended. */
  | 'free'
  | 'merged'
  | 'closed'
  /** A person says so. */
  | 'by-person'

/** A reason with words for people, cut to what a claim takes. */
export function formatReason(reason: ClaimReason, words?: string): string {
  const said =
    words
      ?.replaceAll(/\p{Cc}+/gu, ' ')
      .toWellFormed()
      .trim() ?? ''
  return said === '' ? reason : `${reason}: ${said}`.slice(0, 480).toWellFormed()
}

/** What comes before the words of a release after which a person decides. */
const needStart = 'needs a person: '

/** The reason of a release after which a person decides; `words` say what. */
export function formatNeed(words: string): string {
  return formatReason('failed', `${needStart}${words}`)
}

/** What a person was asked by whoever gave a task back; undefined where nobody was asked. */
export function wordsOfNeed(reason: string | undefined): string | undefined {
  const start = formatNeed('')
  return reason?.startsWith(`${start} `) === true ? reason.slice(start.length + 1) : undefined
}

/** What a failed work says of itself; what a person was asked stands alone. Undefined where the work did not fail, or nothing is said. */
export function wordsOfFailure(reason: string | undefined): string | undefined {
  if (!isFailedWork(reason)) return undefined
  const words = reason?.slice('failed: '.length) ?? ''
  return (words.startsWith(needStart) ? words.slice(needStart.length) : words) || undefined
}

/** What a person said in a reason; undefined where no person gave it, or said nothing. */
export function wordsOfPerson(reason: string | undefined): string | undefined {
  const start = `${'by-person' satisfies ClaimReason}: `
  return reason?.startsWith(start) === true && reason.length > start.length ? reason.slice(start.length) : undefined
}

/** Whether a release says that the work itself failed; closed lids and lost nodes do not count. */
export function isFailedWork(reason: string | undefined): boolean {
  return firstWord(reason) === 'failed'
}

/** Whether a release says that it is no task any more. */
export function isNotEligible(reason: string | undefined): boolean {
  return firstWord(reason) === 'not-eligible'
}

/** Whether a task was taken up because its branch conflicts with the base. */
export function isConflict(reason: string | undefined): boolean {
  return firstWord(reason) === 'conflict'
}

/** Whether a task is over because its work was merged. */
export function isMerged(reason: string | undefined): boolean {
  return firstWord(reason) === 'merged'
}

/** Whether a task is over because it, or its pull request, was closed. */
export function isClosed(reason: string | undefined): boolean {
  return firstWord(reason) === 'closed'
}

const refusals: readonly string[] = ['ci-failed', 'changes-requested'] satisfies readonly ClaimReason[]

/** Whether a task was taken up because its pull request was not good enough; a base that moved says nothing of it. */
export function isSentBack(reason: string | undefined): boolean {
  return refusals.includes(firstWord(reason))
}

const reworks: readonly string[] = ['ci-failed', 'changes-requested', 'conflict', 'by-person'] satisfies readonly ClaimReason[]

/** Whether a task was taken up because what is in its pull request is not enough; else one that is open waits for people. */
export function isRework(reason: string | undefined): boolean {
  return reworks.includes(firstWord(reason))
}

function firstWord(reason: string | undefined): string {
  return reason?.split(':')[0] ?? ''
}
