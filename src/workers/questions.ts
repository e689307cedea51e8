import type { Chance } from '../lib/chance.ts'
import { untilAborted } from '../lib/deadline.ts'
import type { CallContext } from '../operations/define-operation.ts'

/** Questions to the person who started a worker, until each is answered; one at a time. */
export class Questions {
  readonly #chance: Chance
  readonly #open = new Map<string, (isYes: boolean) => void>()
  /** Settles when the question asked last was answered, or is asked no more. */
  #last: Promise<void> = Promise.resolve()

  constructor({ chance }: { readonly chance: Chance }) {
    this.#chance = chance
  }

  /** Says some lines and asks. Whoever called answers by another call; what else is done goes on meanwhile. @throws the signal's reason */
  async ask(
    { report }: Pick<CallContext, 'report'>,
    { lines, question, signal }: { readonly lines: readonly string[]; readonly question: string; readonly signal: AbortSignal },
  ): Promise<boolean> {
    const [before, over] = [this.#last, Promise.withResolvers<void>()]
    this.#last = before.then(() => over.promise)
    const id = Buffer.from(this.#chance.bytes(12)).toString('hex')
    const answer = Promise.withResolvers<boolean>()
    try {
      await untilAborted(before, signal)
      this.#open.set(id, answer.resolve)
      for (const line of lines) report({ stage: line, done: 0, unit: 'items', isNotice: true })
      report({ stage: question, done: 0, unit: 'items', isNotice: true, question: id })
      return await untilAborted(answer.promise, signal)
    } finally {
      this.#open.delete(id)
      over.resolve()
    }
  }

  /** Answers a question; false when there is none of that name, or no more. */
  answer(id: string, isYes: boolean): boolean {
    const resolve = this.#open.get(id)
    resolve?.(isYes)
    return resolve !== undefined
  }
}
