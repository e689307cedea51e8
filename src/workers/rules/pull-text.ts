import type { ClaimCost } from '../../tasks/claims/claim-document.ts'
import type { Task } from '../../tasks/task.ts'
import type { WorkerOutcome } from '../driver.ts'
import { calmMessage, calmWords, quoteWords } from './calm-words.ts'

/** Under what work was done. */
export interface HoldingFacts {
  readonly task: Task
  /** Commit that began the holding. */
  readonly holding: string
  readonly epoch: number
  /** Name of the agent that worked. */
  readonly agent: string
}

/** What a pull request says beside what the agent says. */
export interface PullFacts extends HoldingFacts {
  readonly outcome: Extract<WorkerOutcome, { readonly outcome: 'done' }>
  readonly cost: ClaimCost
  /** `ucxl://…` of the decision; undefined when none was said. */
  readonly decision: string | undefined
}

/** The title of a pull request, in the words of the agent. */
export function formatPullTitle({ outcome }: Pick<PullFacts, 'outcome'>): string {
  return calmWords(outcome.title)
}

/** The text of a pull request. What the agent wrote stands first, as a quotation; what the node knows stands below it. */
export function formatPullBody({ task, outcome, holding, epoch, agent, cost, decision }: PullFacts): string {
  const closes = task.number === undefined ? `Task ${task.key}` : `Closes #${task.number}`
  const reasons =
    outcome.decision === undefined
      ? []
      : [
          `**Decided**: ${outcome.decision.what}`,
          `**Because**: ${outcome.decision.why}`,
          ...(outcome.decision.alternatives.length === 0 ? [] : [`**Considered**: ${outcome.decision.alternatives.join('; ')}`]),
          '',
        ]
  const rows = [
    ['task', closes],
    ['agent', agent],
    ['holding', `\`${holding}\`, epoch ${epoch}`],
    ['cost', `${cost.tokens} tokens, $${(cost.microUsd / 1_000_000).toFixed(4)}`],
    ...(decision === undefined ? [] : [['decision', `\`${decision}\``]]),
  ]
  return [
    quoteWords([outcome.summary, '', ...reasons].join('\n')),
    '',
    '---',
    ...rows.map(([name, value]) => `- ${name}: ${value}`),
    '',
  ].join('\n')
}

const holdingRow = /^- holding: `([0-9a-f]{40})`, epoch \d{1,10}\r?$/gm

/** Holdings that the text of a pull request names, each by the commit that began it. */
export function listHoldings(body: string): readonly string[] {
  return [...body.matchAll(holdingRow)].flatMap(([, holding]) => holding ?? [])
}

/** The message of the commit that an agent's work becomes. */
export function formatCommitMessage({ outcome, ...holding }: PullFacts): string {
  return `${calmWords(outcome.title)}\n\n${calmMessage(outcome.summary)}\n\n${formatTrailers(holding)}`
}

/** The same of work that broke off: it may be all that there is in the end, and what is merged names its task. */
export function formatUnfinishedMessage(holding: HoldingFacts): string {
  return `Work on ${holding.task.key}, not finished\n\n${formatTrailers(holding)}`
}

function formatTrailers({ task, holding, epoch, agent }: HoldingFacts): string {
  const reference = task.number === undefined ? task.key : `#${task.number}`
  return `Task: ${reference}\nAgent: ${agent}\nHolding: ${holding}\nEpoch: ${epoch}\n`
}

/** What is kept of a decision under its address. */
export function formatDecision({ task, outcome, holding, epoch, cost }: PullFacts): string {
  const { decision } = outcome
  const lines = [
    `# ${outcome.title}`,
    '',
    `Task ${task.key} of ${task.project}: ${task.title}`,
    `Holding ${holding}, epoch ${epoch}; ${cost.tokens} tokens, $${(cost.microUsd / 1_000_000).toFixed(4)}`,
    '',
    ...(decision === undefined ? [] : ['## What', '', decision.what, '', '## Why', '', decision.why, '']),
    ...(decision === undefined || decision.alternatives.length === 0
      ? []
      : ['## What else was considered', '', ...decision.alternatives.map((one) => `- ${one}`), '']),
    '## Summary',
    '',
    outcome.summary,
    '',
  ]
  return lines.join('\n')
}
