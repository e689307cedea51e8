import { createHash } from 'node:crypto'
import type { Chance } from '../lib/chance.ts'
import { encodeText } from '../lib/bytes.ts'
import type { Clock } from '../lib/clock.ts'
import { withDeadline } from '../lib/deadline.ts'
import { describeError, Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import { listHistory } from '../tasks/claims/history.ts'
import type { ProjectDesk } from '../tasks/desk.ts'
import { signHook } from '../tasks/rules/sign-hook.ts'
import type { Task } from '../tasks/task.ts'
import { workersFaults } from './faults.ts'
import type { EscalationVerdict } from './rules/escalation.ts'
import { formatEscalation, judgeEscalationStatus, parseEscalationUrl } from './rules/escalation.ts'

/** A task that waits for a person, and why. */
export interface Escalation {
  readonly desk: Pick<ProjectDesk, 'sight'>
  readonly task: Task
  /** In words. */
  readonly reason: string
}

export interface EscalationsDeps {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  readonly fetch: typeof globalThis.fetch
  /** The secret that what is sent is signed with. */
  readonly readSecret: () => Promise<string>
}

export interface EscalationsOptions {
  /** Where the operator wants to hear of it; empty: nowhere. */
  readonly url: string
  /** One try, and what is left to be sent at the end. */
  readonly timeoutMs: number
  /** `agent:role` that tells it. */
  readonly agent: string
}

/** Waits before the second, third and fourth try, in milliseconds, each up to half as long again: who restarts a server is back by then. */
const pausesMs = [1_000, 10_000, 60_000]
/** Tasks that wait to be told; more at once are in the log alone. */
const maxWaiting = 100
/** Escalations that are remembered, so that none is told twice. */
const maxTold = 1_000

/**
 * Tells the operator's own server of tasks that wait for a person. Nobody waits for it, and nothing rests on it: label and comment are there.
 *
 * Disposing it sends what is left, once each, as far as `timeoutMs` allows.
 */
export class Escalations implements AsyncDisposable {
  readonly #deps: EscalationsDeps
  readonly #options: EscalationsOptions
  readonly #url: URL | undefined
  readonly #told = new Set<string>()
  readonly #hurry = new AbortController()
  readonly #end = new AbortController()
  #waiting = 0
  #last: Promise<void> = Promise.resolve()

  /** @throws Fault WORKER_CONFIG_INVALID */
  constructor(deps: EscalationsDeps, options: EscalationsOptions) {
    this.#deps = deps
    this.#options = options
    this.#url = options.url === '' ? undefined : parseEscalationUrl(options.url)
    if (options.url !== '' && this.#url === undefined)
      throw workersFaults.create('WORKER_CONFIG_INVALID', {
        message: 'tasks.escalationUrl is no https address, nor http on this machine, or has a password in it; set another, or none',
        data: { setting: 'tasks.escalationUrl' },
      })
  }

  /** Never throws, and returns at once. */
  tell(escalation: Escalation): void {
    const url = this.#url
    if (url === undefined || this.#end.signal.aborted) return
    const { log } = this.#deps
    if (this.#waiting >= maxWaiting)
      return log.warn('a task waits for a person, and the server is not told: too many wait to be told', { task: escalation.task.key })
    this.#waiting += 1
    this.#last = this.#last
      .then(() => this.#send(escalation, url))
      .catch((error: unknown) => log.warn('the server was not told of a task', { task: escalation.task.key, error: describeError(error) }))
      .finally(() => (this.#waiting -= 1))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { clock } = this.#deps
    this.#hurry.abort(new Error('the worker ends'))
    const cancel = clock.schedule(this.#options.timeoutMs, () => this.#end.abort(new Error('the worker ended')))
    await this.#last
    cancel()
    this.#end.abort(new Error('the worker ended'))
  }

  async #send({ desk, task, reason }: Escalation, url: URL): Promise<void> {
    const { clock, log } = this.#deps
    const { head, history } = await this.#look(desk, task)
    const { project, key } = task
    // other nodes tell the same by the same name: who hears it twice can see that
    const id = createHash('sha256').update(`${project}#${key}@${head} ${reason}`).digest('hex').slice(0, 32)
    if (!this.#isNew(id)) return
    const body = formatEscalation({ task, agent: this.#options.agent, reason, history, at: clock.now() })
    for (let tries = 0; ; tries++) {
      const verdict = await this.#try(url, id, body)
      if (verdict === 'taken') return
      const pauseMs = verdict === 'again' && !this.#hurry.signal.aborted ? pausesMs[tries] : undefined
      if (pauseMs === undefined)
        return log.warn('the server did not take that a task waits for a person', { host: url.host, task: key, tries: tries + 1, verdict })
      const waitMs = pauseMs * (1 + this.#deps.chance.fraction() / 2)
      // an end that comes meanwhile is the last try
      await clock.sleep(waitMs, { signal: this.#hurry.signal }).catch(() => {})
    }
  }

  /** The claim as it stands; where the git server does not say, what is told has no history. */
  async #look(desk: Escalation['desk'], { key }: Task) {
    const signal = withDeadline(this.#deps.clock, this.#options.timeoutMs, this.#end.signal)
    try {
      const { value, chain } = await desk.sight(key, { signal })
      return { head: value ?? '', history: chain === undefined ? [] : listHistory(chain, { withRenewals: false }) }
    } catch (error) {
      if (!(error instanceof Fault) && !signal.aborted) throw error
      return { head: '', history: [] }
    }
  }

  async #try(url: URL, id: string, body: string): Promise<EscalationVerdict> {
    const { clock, fetch, readSecret, log } = this.#deps
    const timestamp = String(Math.floor(clock.now() / 1_000))
    const signature = signHook({ id, timestamp, body: encodeText(body) }, await readSecret())
    const headers = { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }
    const signal = withDeadline(clock, this.#options.timeoutMs, this.#end.signal)
    try {
      // S18: nothing is sent where nobody named it
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal })
      await response.body?.cancel()
      return judgeEscalationStatus(response.status)
    } catch (error) {
      // the address may hold a key of the server's own
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
      log.debug('the server for escalations cannot be reached', { host: url.host, error: describeError(cause) })
      return 'again'
    }
  }

  #isNew(id: string): boolean {
    if (this.#told.has(id)) return false
    this.#told.add(id)
    const [oldest] = this.#told
    if (this.#told.size > maxTold && oldest !== undefined) this.#told.delete(oldest)
    return true
  }
}
