import type { ScriptedQuestion, ScriptedReply } from '../../src/models/testing/scripted-models.ts'

/** Share of tasks, by their numbers, on which the model hangs as long as nobody else took them over. */
const hangsEvery = 25

/** Plays an engineer: works for a while, writes one file, and says why. Now and then it never answers. */
export function playEngineer(question: ScriptedQuestion): ScriptedReply {
  const told = JSON.stringify(question.messages[1]?.content ?? '')
  const key = /The task is (issue-(\d+))/.exec(told)
  const number = Number(key?.[2] ?? 0)
  const answers = question.messages.filter(({ role }) => role === 'tool').length
  if (number % hangsEvery === 0 && !told.includes('is gone')) return { fails: 'hang' }
  if (answers === 0) return { calls: [{ name: 'run', input: { command: `sleep ${1 + (number % 4)}` } }] }
  if (answers === 1) return { calls: [{ name: 'write', input: { path: `${key?.[1] ?? 'nothing'}.md`, content: 'Done by a script.\n' } }] }
  const decision = { decision: 'One file for each task', why: 'So that branches never conflict', alternatives: ['one file for all'] }
  return { calls: [{ name: 'finish', input: { title: `Work on ${key?.[1]}`, summary: 'A file says so.', ...decision } }] }
}
