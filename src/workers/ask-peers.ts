import type { Task } from '../tasks/task.ts'
import type { HelpLine } from '../tasks/talk/help-line.ts'
import type { DriverTools } from './driver.ts'

/** Questions of one task that may go unanswered before a person is asked. */
const maxUnanswered = 3

/** Lets the agent of one task ask those of other nodes; without a network nobody answers. */
export function createPeerQuestions(help: Pick<HelpLine, 'ask'> | undefined, { project, key }: Task): DriverTools['askForHelp'] {
  let unanswered = 0
  return async (text, waiting) => {
    const answer = await help?.ask({ project, task: key, text }, waiting)
    if (answer !== undefined) return { help: 'answered', ...answer }
    unanswered += 1
    if (unanswered < maxUnanswered) return { help: 'unanswered' }
    return { help: 'person', reason: `no agent of another node answered any of ${unanswered} questions; the last: ${text}` }
  }
}
