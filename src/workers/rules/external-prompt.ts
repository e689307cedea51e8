import type { Assignment } from '../driver.ts'
import { formatTaskPrompt, workerInstructions } from './prompt.ts'

/** What an agent that is no loop of ours is told: the same as a model, and where to write how it ended. */
export function formatExternalPrompt(assignment: Assignment, outcomeFile: string): string {
  const instructions = workerInstructions.slice(0, workerInstructions.lastIndexOf('\n'))
  return [
    instructions,
    `When you are done, write a JSON object to the file ${outcomeFile}:`,
    '{"outcome": "done", "title": "of the pull request", "summary": "what changed and how it was tried", "decision": "what was decided", "why": "why so", "alternatives": ["what else was considered"]}',
    'or {"outcome": "failed", "reason": "why it cannot be done"}, or {"outcome": "needs-human", "reason": "what only a person can decide"}.',
    '',
    formatTaskPrompt(assignment),
  ].join('\n')
}

/** Longest word that a program can be given, in bytes. @see execve(2), MAX_ARG_STRLEN */
export const maxWordBytes = 131_071

/** The words of a command, with the prompt in the place of `{prompt}`; undefined when it has no such place and the prompt goes to its standard input. */
export function placePrompt(words: readonly string[], prompt: string): readonly string[] | undefined {
  return words.some((word) => word.includes('{prompt}')) ? words.map((word) => word.replaceAll('{prompt}', () => prompt)) : undefined
}
