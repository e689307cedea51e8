import type { Task } from '../task.ts'
import type { RefMeaning } from './judge-ref.ts'

/** The label of a task that a person decides, and the word for its state. */
export const personLabel = 'needs-human'

/** The one word for how a task stands: what its claim ref says, or that an open one waits for a person, whatever the ref says. */
export function stateOf({ state, labels }: Pick<Task, 'state' | 'labels'>, meaning: RefMeaning | undefined): string {
  const word = meaning?.meaning ?? 'free'
  return state === 'open' && (word === 'quarantined' || labels.includes(personLabel)) ? personLabel : word
}
