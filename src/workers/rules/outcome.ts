import type { Task } from '../../tasks/task.ts'
import type { WorkerOutcome } from '../driver.ts'

/** Longest title, and longest other text, of what an agent says of itself, in characters. */
const maxTitleLength = 120
const maxTextLength = 20_000
const maxAlternatives = 20

/** Reads what an agent wrote about how it ended; undefined when it is nothing of the kind. */
export function parseOutcome(text: string): WorkerOutcome | undefined {
  const fields = readObject(text)
  const word = fields?.get('outcome')
  if (fields === undefined) return undefined
  if (word === 'failed' || word === 'needs-human') return { outcome: word, reason: readText(fields, 'reason') ?? 'it gave no reason' }
  const [title, summary] = [readText(fields, 'title'), readText(fields, 'summary')]
  if (word !== 'done' || title === undefined || summary === undefined) return undefined
  const [what, why] = [readText(fields, 'decision'), readText(fields, 'why')]
  const others = fields.get('alternatives')
  const alternatives = Array.isArray(others) ? others.filter((item) => typeof item === 'string').slice(0, maxAlternatives) : []
  return {
    outcome: 'done',
    title: oneLine(title),
    summary,
    decision:
      what === undefined || why === undefined
        ? undefined
        : { what, why, alternatives: alternatives.map((item) => item.slice(0, maxTextLength)) },
  }
}

/** How an agent that ended well and wrote nothing about it is taken: its last words are the summary. */
export function outcomeOfSilence(task: Task, lastWords: string): WorkerOutcome {
  const summary = lastWords.trim().slice(-maxTextLength)
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
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, maxTitleLength)
}

function readText(fields: ReadonlyMap<string, unknown>, name: string): string | undefined {
  const value = fields.get(name)
  return typeof value === 'string' && value.trim() !== '' ? value.slice(0, maxTextLength) : undefined
}

function readObject(text: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : undefined
  } catch {
    return undefined
  }
}
