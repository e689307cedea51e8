import { formatNumber, isMet } from './compare.ts'
import type { Aim, Figure } from './compare.ts'
import type { Machine } from './machine.ts'
import type { Answer, Question } from './question.ts'

/** A question with what came out of it. */
export interface Answered {
  readonly question: Question
  readonly answer: Answer
}

const columns = ['what', 'ours', 'against', 'figure', 'ratio (lowest–highest)', 'aim'] as const

/** The figures of one question as a Markdown table, aligned so that it can be read as it is, with what they hold for below. */
export function formatAnswer({ question, answer }: Answered): string {
  const rows = answer.figures.map(cellsOf)
  const widths = columns.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const table = [line(columns), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)]
  const conditions = answer.conditions.map((condition) => `- ${condition}`)
  return [`## ${question.name}`, '', question.asks, '', ...table, '', ...conditions].join('\n').trimEnd()
}

/** By what command, when and where something was measured. */
export interface Run {
  readonly command: string
  readonly at: Date
  readonly machine: Machine
}

const head = `# Results

Every ratio is ours divided by the peer named beside it, measured in one run, in turns. The median of the rounds is shown, with the
lowest and highest ratio of a round. Each question says by what command, when and on what machine it was answered.`

/** The page of results: `page` with the answers in it taken in place of older ones, in the order of `names`. */
export function formatResults(
  page: string,
  answered: readonly Answered[],
  { names, run }: { readonly names: readonly string[]; readonly run: Run },
): string {
  const fresh = answered.map((one) => [one.question.name, `${formatAnswer(one)}\n${formatRun(run)}`] as const)
  const sections = new Map([...readSections(page), ...fresh])
  const kept = names.map((name) => sections.get(name)).filter((section) => section !== undefined)
  return `${[head, ...kept].join('\n\n')}\n`
}

function formatRun({ command, at, machine }: Run): string {
  const { cores, processor, memoryGiB, system, node, load } = machine
  return [
    `- measured by \`${command}\` on ${at.toISOString().slice(0, 10)}`,
    `- machine: ${cores} cores (${processor}), ${formatNumber(memoryGiB)} GiB of memory, ${system}, node ${node}; load before the run ${load.toFixed(2)}`,
  ].join('\n')
}

function readSections(page: string): readonly (readonly [name: string, section: string])[] {
  const [, ...sections] = `\n${page}`.split('\n## ')
  return sections.map((section) => [section.split('\n', 1)[0] ?? '', `## ${section.trimEnd()}`])
}

function cellsOf({ what, unit, ours, peer, ratio, aim }: Figure): readonly string[] {
  return [
    what,
    `${ours.name}: ${formatNumber(ours.value)} ${unit}`,
    peer?.name ?? '–',
    peer === undefined ? '–' : `${formatNumber(peer.value)} ${unit}`,
    ratio === undefined ? '–' : `${ratio.median.toFixed(2)} (${ratio.lowest.toFixed(2)}–${ratio.highest.toFixed(2)})`,
    aim === undefined || ratio === undefined ? '–' : `${formatAim(aim)} ${isMet(aim, ratio) ? 'met' : 'missed'}`,
  ]
}

function formatAim(aim: Aim): string {
  return 'atMost' in aim ? `≤ ${aim.atMost}` : `≥ ${aim.atLeast}`
}
