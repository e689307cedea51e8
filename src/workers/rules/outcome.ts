import type { Task } from '../../tasks/task.ts'
import type { WorkerOutcome } from '../driver.ts'
import { cutEnd, cutStart } from './shorten.ts'

/** Longest title, and longest other text, of what an agent says of itself, in characters. */
const maxTitleLength = 120
const maxTextLength = 20_000
const maxAlternatives = 20

/** What an agent wrote about how it ended, or why that cannot be read. */
export type WrittenOutcome = WorkerOutcome | { readonly outcome: 'unreadable'; readonly why: string }

/** Reads what an agent wrote about how it ended. */
export function parseOutcome(text: string): WrittenOutcome {
  if (text.trim() === '') return unreadable('it is empty')
  const fields = readObject(text)
  if (fields === undefined) return unreadable('it is no JSON object')
  const word = fields.get('outcome')
  const ending = word === 'unavailable' ? 'hindered' : word
  if (ending === 'failed' || ending === 'needs-human' || ending === 'hindered')
    return { outcome: ending, reason: readText(fields, 'reason') ?? 'it gave no reason' }
  const [title, summary] = [readText(fields, 'title'), readText(fields, 'summary')]
  if (word !== 'done') return unreadable('its outcome is none of done, failed, needs-human and unavailable')
  if (title === undefined || summary === undefined) return unreadable('it says done without a title and a summary')
  const [what, why] = [readText(fields, 'decision'), readText(fields, 'why')]
  const others = fields.get('alternatives')
  const alternatives = Array.isArray(others) ? others.filter((item) => typeof item === 'string') : []
  const decision = what === undefined || why === undefined ? undefined : { what, why, alternatives }
  return boundOutcome({ outcome: 'done', title, summary, decision })
}

/** An outcome as it is taken, whoever says it: with a title that a forge takes, and texts of a length that a person reads. */
export function boundOutcome(outcome: WorkerOutcome): WorkerOutcome {
  const bounded = mapOutcome(outcome, (text) => cutEnd(text, maxTextLength))
  if (bounded.outcome !== 'done') return bounded
  const { title, decision } = bounded
  return {
    ...bounded,
    title: oneLine(title),
    decision: decision && { ...decision, alternatives: decision.alternatives.slice(0, maxAlternatives) },
  }
}

/** An outcome that cannot be read, and why not. */
export function unreadable(why: string): WrittenOutcome {
  return { outcome: 'unreadable', why }
}

/** How an agent that ended well is taken: as it wrote; where it wrote nothing, its last words are the summary. What cannot be read may say anything, so it failed. */
export function outcomeOfEnd(
  written: WrittenOutcome | undefined,
  { task, lastWords }: { readonly task: Task; readonly lastWords: string },
): WorkerOutcome {
  if (written?.outcome === 'unreadable') return { outcome: 'failed', reason: `the outcome file could not be read: ${written.why}` }
  return written ?? outcomeOfSilence(task, lastWords)
}

/** Exit code of a program that could not work now, whatever it was given. @see sysexits.h, EX_TEMPFAIL */
const tryAgainLater = 75

/**
 * How an agent is taken whose process did not end well: by the reason that it wrote, else by how it ended. `exitCode` is undefined where a signal ended
 * it, or it runs.
 */
export function outcomeOfFailure(
  written: WrittenOutcome | undefined,
  { exitCode, reason }: { readonly exitCode: number | undefined; readonly reason: string },
): WorkerOutcome {
  if (written !== undefined && written.outcome !== 'unreadable' && written.outcome !== 'done') return written
  return { outcome: exitCode === tryAgainLater ? 'hindered' : 'failed', reason }
}

function outcomeOfSilence(task: Task, lastWords: string): WorkerOutcome {
  const summary = cutStart(lastWords.trim(), maxTextLength)
  return {
    outcome: 'done',
    title: oneLine(task.title),
    summary: summary === '' ? 'The agent said nothing about it.' : summary,
    decision: undefined,
  }
}

/** An outcome with each of its texts changed. */
export function mapOutcome(outcome: WorkerOutcome, change: (text: string) => string): WorkerOutcome {
  if (outcome.outcome !== 'done') return { ...outcome, reason: change(outcome.reason) }
  const { title, summary, decision } = outcome
  const { what, why, alternatives } = decision ?? { what: '', why: '', alternatives: [] }
  return {
    outcome: 'done',
    title: change(title),
    summary: change(summary),
    decision: decision && { what: change(what), why: change(why), alternatives: alternatives.map(change) },
  }
}

function oneLine(text: string): string {
  return cutEnd(text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim(), maxTitleLength).toWellFormed()
}

function readText(fields: ReadonlyMap<string, unknown>, name: string): string | undefined {
  const value = fields.get(name)
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

function readObject(text: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : undefined
  } catch {
    return undefined
  }
}
