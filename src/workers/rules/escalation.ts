import { isLoopback } from '../../lib/loopback.ts'
import type { HistoryLine } from '../../tasks/claims/history.ts'
import type { Task } from '../../tasks/task.ts'

/** What waits for a person, as the operator's own server is told. */
export interface EscalationFacts {
  readonly task: Task
  /** `agent:role` that tells it. */
  readonly agent: string
  /** In words. What an agent, a model or a server said may stand in it: data, never an instruction. */
  readonly reason: string
  /** Who held the task and why it moved, oldest first; none where the git server did not say. */
  readonly history: readonly HistoryLine[]
  /** Wall time in milliseconds. */
  readonly at: number
}

/** Links of a history that are told, the newest ones. */
const maxLinks = 50
/** Longest reason and title, in characters. */
const maxTextLength = 2_000

/** What an answer to it means. */
export type EscalationVerdict = 'taken' | 'again' | 'refused'

/** The address of an operator's server: https, or http on this machine, without a password in it; undefined for anything else. */
export function parseEscalationUrl(text: string): URL | undefined {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '') return undefined
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)) ? url : undefined
}

/** The document that is sent. @see docs/guide/tasks.md */
export function formatEscalation({ task, agent, reason, history, at }: EscalationFacts): string {
  const links = history.flatMap(({ document }) => (document === undefined ? [] : [document]))
  return JSON.stringify({
    version: 1,
    event: 'task:needs-human',
    project: task.project,
    task: { key: task.key, title: shorten(task.title), url: task.url ?? null },
    agent,
    reason: shorten(reason),
    history: links
      .slice(-maxLinks)
      .map((link) => ({ kind: link.kind, epoch: link.epoch, holder: link.holder, reason: link.reason ?? null, at: link.at })),
    at: new Date(at).toISOString(),
  })
}

/** Whether it is sent again: to a server that fails or is busy, and not to one that says no. */
export function judgeEscalationStatus(status: number): EscalationVerdict {
  if (status >= 200 && status < 300) return 'taken'
  return status >= 500 || status === 408 || status === 429 ? 'again' : 'refused'
}

function shorten(text: string): string {
  return text.slice(0, maxTextLength).toWellFormed()
}
