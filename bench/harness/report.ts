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

/** The whole page of results. */
export function formatResults(
  answered: readonly Answered[],
  run: { readonly command: string; readonly at: Date; readonly machine: Machine },
): string {
  const { cores, processor, memoryGiB, system, node, load } = run.machine
  const head = [
    '# Results',
    '',
    'Made by the command below; every ratio is ours divided by the peer named beside it, measured in the same run, in turns.',
    'The median of the rounds is shown, with the lowest and highest ratio of a round.',
    '',
    `- command: \`${run.command}\``,
    `- date: ${run.at.toISOString().slice(0, 10)}`,
    `- machine: ${cores} cores (${processor}), ${formatNumber(memoryGiB)} GiB of memory, ${system}`,
    `- node: ${node}`,
    `- load of the machine before the run: ${load.toFixed(2)}`,
  ]
  return `${[head.join('\n'), ...answered.map(formatAnswer)].join('\n\n')}\n`
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
