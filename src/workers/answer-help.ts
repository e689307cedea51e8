import { Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import { maskSecrets } from '../market/rules/secrets.ts'
import type { Model } from '../models/models.ts'
import type { AnswerHelp } from '../tasks/talk/help-line.ts'
import { formatHelpPrompt, helperInstructions } from './rules/prompt.ts'

export interface AnswerHelpDeps {
  readonly model: Pick<Model, 'complete'>
  readonly log: Log
  /** Values that must not leave this node. */
  readonly readSecrets: () => Promise<readonly string[]>
}

/** Tokens of an answer to another node at most. */
const maxOutputTokens = 1_024

/** Answers questions of other nodes with one call of our model, within this node's budgets and without any tool. */
export function createHelpAnswerer({ model, log, readSecrets }: AnswerHelpDeps): AnswerHelp {
  return async ({ project, task, text, asker }, { signal }) => {
    const messages = [
      { role: 'system', text: helperInstructions },
      { role: 'user', text: formatHelpPrompt({ project, text }) },
    ] as const
    try {
      // all questions of one task share one budget here, whoever asks them how often
      const answer = await model.complete({ messages, tools: [], maxOutputTokens }, { task: `help ${project}#${task}`, signal })
      const said = answer.text.trim()
      if (said === '' || answer.finish === 'refused' || /^UNKNOWN\b/.test(said)) return undefined
      return maskSecrets(said, await readSecrets())
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      log.info('a question of another node was not answered', { asker, reason: error.message })
      return undefined
    }
  }
}
