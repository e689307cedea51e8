import type { ObjectId } from '../tasks/git/objects.ts'
import type { Task } from '../tasks/task.ts'
import type { PullFacts } from './rules/pull-text.ts'
import { formatPullBody, formatPullTitle } from './rules/pull-text.ts'
import type { Mirror } from './trees/mirror.ts'

/** What would be pushed and opened. What an agent wrote stands in it. */
export interface Proposal {
  readonly task: Task
  readonly branch: string
  readonly base: string
  readonly title: string
  readonly body: string
  /** In the words of `git diff --patch-with-stat`; empty when nothing is new. */
  readonly change: string
}

/** Asks a person whether it may be. */
export type Approve = (proposal: Proposal, options: { readonly signal: AbortSignal }) => Promise<boolean>

/** What a pull request would be, and the commits between which it changes something. */
export interface ProposedPull extends Pick<Proposal, 'branch' | 'base'> {
  readonly facts: PullFacts
  readonly from: ObjectId
  readonly to: ObjectId | undefined
}

/** Whether work may be pushed: where nobody is to be asked it may. @throws the signal's reason */
export async function isApproved(
  { approve, mirror }: { readonly approve?: Approve | undefined; readonly mirror: Pick<Mirror, 'describeChange'> },
  { facts, branch, base, from, to }: ProposedPull,
  waiting: { readonly signal: AbortSignal },
): Promise<boolean> {
  if (approve === undefined) return true
  const change = to === undefined ? '' : await mirror.describeChange(from, to, waiting)
  return approve({ task: facts.task, branch, base, title: formatPullTitle(facts), body: formatPullBody(facts), change }, waiting)
}

/** Longest text of a pull request, and longest change, that a person is shown before it is pushed, in lines; and how long each may be, in characters. */
const maxLines = 200
const maxChangeLines = 2_000
const maxLineLength = 1_000

/** A proposal as lines for a person at a terminal. */
export function formatProposal({ task, branch, base, title, body, change }: Proposal): readonly string[] {
  const lines = [`${task.key} would be pushed to ${branch}, and a pull request to ${base} opened:`, `  ${title}`, '']
  const text = showLines(body.trimEnd(), maxLines).map((line) => `  ${line}`)
  const changed = change === '' ? ['nothing new would be pushed'] : showLines(change, maxChangeLines)
  return [...lines, ...text, '', ...changed]
}

function showLines(text: string, max: number): readonly string[] {
  const lines = text.split('\n')
  const cut = lines.length > max ? [`(${lines.length - max} lines more)`] : []
  const shown = lines.slice(0, max).map((line) => (line.length > maxLineLength ? `${line.slice(0, maxLineLength)} (cut)` : line))
  return [...shown, ...cut]
}
