import type { Style } from '../screen.ts'
import type { Fields } from './read.ts'
import { readFields } from './read.ts'
import { formatBytes, formatPlural, formatTime } from './units.ts'

/** `context put|post|delete`: which version it is now, and who has it. */
export function renderStored(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('replicas')) return undefined
  const status = answer.text('status')
  const replicas = answer.record('replicas')
  const copies = Math.max(0, replicas.count('confirmed') - 1)
  const isAlone = copies === 0 && replicas.count('wanted') > 1
  const parts = [
    `${style.name(answer.text('address'))} ${status === 'unchanged' ? 'said this before' : style.good(status)}`,
    ...(status === 'deleted' ? [] : [formatBytes(answer.count('size'))]),
    ...(isAlone ? [style.bad('stored here, 0 copies')] : status === 'deleted' ? [] : [formatPlural(copies, 'copy', 'copies')]),
  ]
  return [parts.join(' · '), ...(answer.has('cid') ? [style.faint(answer.text('cid'))] : [])].join('\n')
}

/** `context versions`: one line for each, newest first. */
export function renderContextVersions(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('items')) return undefined
  const rows = answer.records('items')
  const lines = rows.map((row) => `  ${`*~${row.text('version')}`.padEnd(8)}${describeVersion(row, style)}`)
  return [style.name(rows[0]?.text('resource') ?? ''), ...lines, ...moreOf(answer)].join('\n')
}

/** `context discover|query`: one line for each resource. */
export function renderResources(output: unknown, style: Style): string | undefined {
  const answer = readFields(output)
  if (!answer.has('items')) return undefined
  const rows = answer.records('items')
  if (rows.length === 0) return 'nothing is known that this means'
  const lines = rows.map((row) => {
    const [newest, last] = [row.record('newest'), row.count('last')]
    return `${style.name(row.text('resource'))}\n  ${formatPlural(last - row.count('first') + 1, 'version')} · ${describeVersion(newest, style)}`
  })
  return [...lines, ...moreOf(answer)].join('\n')
}

/** Whether a command that ends its node leaves with the only copy of what it stored. */
export function isOnlyCopy(output: unknown): boolean {
  const answer = readFields(output)
  const replicas = answer.record('replicas')
  return answer.isTrue('leaving') && replicas.count('wanted') > 1 && replicas.count('confirmed') <= 1
}

function describeVersion(row: Fields, style: Style): string {
  const facts = [
    formatTime(Date.parse(row.text('at')) || 0),
    ...(row.has('cid') ? [formatBytes(row.count('size')), row.text('mediaType')] : [style.bad('deleted')]),
    ...(row.isTrue('isContested') ? [style.bad(`contested, by ${row.text('writer')}`)] : []),
  ]
  return facts.join(' · ')
}

function moreOf(answer: Fields): readonly string[] {
  return answer.has('cursor') ? [`→ more with --cursor '${answer.text('cursor')}'`] : []
}
