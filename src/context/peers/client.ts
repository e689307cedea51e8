import type { Permits } from '../../content/permits.ts'
import { createPermits } from '../../content/permits.ts'
import { within } from '../../content/within.ts'
import type { PeerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import type { Clock } from '../../lib/clock.ts'
import { describeError } from '../../lib/fault.ts'
import type { Log } from '../../lib/log.ts'
import type { Channel, Host } from '../../network/host.ts'
import type { Answer, Question } from './protocol.ts'
import { contextProtocol, formatQuestion, maxAnswerBytes, parseAnswer } from './protocol.ts'

export interface ContextClientDeps {
  readonly hive: HiveId
  readonly host: Host
  readonly clock: Clock
  readonly log: Log
}

/** A question without its number. */
export type Asked = Question extends infer Each ? (Each extends Question ? Omit<Each, 'id'> : never) : never

/** What answers each kind of question. */
export interface AnswerTypes {
  readonly resolve: 'version'
  readonly hold: 'held'
  readonly give: 'given'
  readonly keep: 'kept'
}

export type AnswerTo<Type extends Question['type']> = Extract<Answer, { readonly type: AnswerTypes[Type] }>

/** Questions to one member at once: below the channels that it takes from one. Versions to keep wait on a disk, and do not hold up the rest. */
const parallelKeeps = 12
const parallelOthers = 4

const answerTypes: AnswerTypes = { resolve: 'version', hold: 'held', give: 'given', keep: 'kept' }

/** Asks members of one hive about context. */
export class ContextClient {
  readonly #deps: ContextClientDeps
  readonly #permits = new Map<string, Permits>()
  #lastId = 0

  constructor(deps: ContextClientDeps) {
    this.#deps = deps
  }

  /** The answer, if it came in time and fits; undefined for a refusal, for nonsense and for silence. @throws the signal's reason */
  async ask<const Q extends Asked>(
    peer: PeerId,
    question: Q,
    { ms, signal }: { readonly ms: number; readonly signal: AbortSignal },
  ): Promise<AnswerTo<Q['type']> | undefined> {
    const { clock, log } = this.#deps
    this.#lastId += 1
    // spreading forgets that each type of question keeps its own fields
    const whole = { ...question, id: this.#lastId } as unknown as Question
    try {
      const answer = await within(clock, { ms, signal }, (asking) => this.#exchange(peer, whole, asking))
      return isAnswerTo(whole, answer) ? (answer as AnswerTo<Q['type']>) : undefined
    } catch (error) {
      signal.throwIfAborted()
      log.debug('a member did not answer about context', { peer, question: whole.type, reason: describeError(error) })
      return undefined
    }
  }

  async #exchange(peer: PeerId, question: Question, signal: AbortSignal): Promise<Answer> {
    const { hive, host } = this.#deps
    const release = await this.#permitsOf(peer, question).acquire({ signal })
    let channel: Channel | undefined
    try {
      channel = await host.open(peer, contextProtocol(hive), { signal, maxMessageBytes: maxAnswerBytes })
      await channel.send(formatQuestion(question))
      const bytes = await channel.receive({ signal })
      const answer = bytes === undefined ? undefined : parseAnswer(bytes)
      if (answer === undefined) throw new Error('the peer answered what is no answer')
      channel.close().catch(() => {})
      return answer
    } catch (error) {
      channel?.abort(error instanceof Error ? error : new Error(String(error)))
      throw error
    } finally {
      release()
    }
  }

  #permitsOf(peer: PeerId, { type }: Question): Permits {
    const name = type === 'keep' ? `keep ${peer}` : peer
    const known = this.#permits.get(name) ?? createPermits(type === 'keep' ? parallelKeeps : parallelOthers)
    for (const [other, permits] of this.#permits) if (permits.inUse() === 0) this.#permits.delete(other)
    this.#permits.set(name, known)
    return known
  }
}

/** Whether an answer is of the kind and the length that was asked for. */
function isAnswerTo(question: Question, answer: Answer): boolean {
  if (answer.id !== question.id || answer.type !== answerTypes[question.type]) return false
  if (answer.type === 'held' && question.type === 'hold') return answer.signatures.length === question.cids.length
  if (answer.type === 'given' && question.type === 'give') return answer.contents.length <= question.cids.length
  return true
}
