import type { ScriptedModels, ScriptedQuestion, ScriptedReply } from '../../src/models/testing/scripted-models.ts'
import { openScriptedModels } from '../../src/models/testing/scripted-models.ts'

/** Title of the task that the model thinks about for ever, until somebody takes it over. */
export const contested = 'Make the search fast'

/** A server of models that plays an engineer: writes one file, and says why. */
export function openDemoModel(): Promise<ScriptedModels> {
  return openScriptedModels({ reply: playEngineer })
}

/** Whether a question is about a task of that title. */
export function isAbout(question: ScriptedQuestion, title: string): boolean {
  return promptOf(question).includes(title)
}

function playEngineer(question: ScriptedQuestion): ScriptedReply {
  const told = promptOf(question)
  if (isAbout(question, contested) && !told.includes('is gone')) return { fails: 'hang' }
  const key = /The task is (t-[0-9a-f]{12})/.exec(told)?.[1] ?? 'unknown'
  const isBegun = question.messages.some(({ role }) => role === 'tool')
  if (!isBegun) return { calls: [{ name: 'write', input: { path: `${key}.md`, content: 'Done by a script.\n' } }] }
  const decision = { decision: 'One file for each task', why: 'So that branches never conflict', alternatives: ['one file for all'] }
  return { calls: [{ name: 'finish', input: { title: `Work on ${key}`, summary: 'A file says so.', ...decision } }] }
}

/** What the agent was told of its task. */
function promptOf({ messages }: ScriptedQuestion): string {
  const content = messages[1]?.content
  return typeof content === 'string' ? content : JSON.stringify(content ?? '')
}
