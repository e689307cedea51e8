import type { ScriptedQuestion, ScriptedReply } from '../../src/models/testing/scripted-models.ts'

/** Of so many tasks, by their numbers, the model hangs on one when it is asked about it first. */
const hangsEvery = 25

/** An engineer that works for a while, writes one file, and says why. Now and then it never answers. */
export function createEngineer(): (question: ScriptedQuestion) => ScriptedReply {
  const hung = new Set<string>()
  return (question) => {
    const told = JSON.stringify(question.messages[1]?.content ?? '')
    const [, key = 'nothing', number = '1'] = /The task is (issue-(\d+))/.exec(told) ?? []
    const answers = question.messages.filter(({ role }) => role === 'tool').length
    if (Number(number) % hangsEvery === 0 && !hung.has(key)) {
      hung.add(key)
      return { fails: 'hang' }
    }
    if (answers === 0) return { calls: [{ name: 'run', input: { command: `sleep ${1 + (Number(number) % 4)}` } }] }
    if (answers === 1) return { calls: [{ name: 'write', input: { path: `${key}.md`, content: 'Done by a script.\n' } }] }
    const decision = { decision: 'One file for each task', why: 'So that branches never conflict', alternatives: ['one file for all'] }
    return { calls: [{ name: 'finish', input: { title: `Work on ${key}`, summary: 'A file says so.', ...decision } }] }
  }
}
