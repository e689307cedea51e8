import { execFile } from 'node:child_process'
import type { Clock } from '../lib/clock.ts'
import { configFaults } from './faults.ts'

export interface SecretCommandDeps {
  readonly clock: Clock
  /** Variables that the program is given. */
  readonly environment: Readonly<Record<string, string>>
}

export interface SecretCommandOptions {
  /** Program and arguments; `{name}` in an argument is the name of the secret. Without a program nothing is asked. */
  readonly command: readonly string[]
  readonly timeoutMs: number
}

/** How long an answer counts, in milliseconds: a keyring is slow, and a secret that was changed must count soon. */
const keptMs = 60_000
/** How long a program that could not be run is not run again, in milliseconds. */
const retryMs = 5_000
/** Names whose answer is kept; the oldest go. */
const maxNames = 256
/** What is read of what a program prints, in bytes. */
const maxPrintedBytes = 65_536

/** Secrets that a program of the operator prints: a keyring of the system, `pass`, a vault. */
export class SecretCommand {
  readonly #deps: SecretCommandDeps
  readonly #options: SecretCommandOptions
  readonly #answers = new Map<string, { readonly at: number; readonly answer: Promise<string | undefined> }>()

  constructor(deps: SecretCommandDeps, options: SecretCommandOptions) {
    this.#deps = deps
    this.#options = options
  }

  /** The first line that the program prints; undefined when it ends with a failure, as keyrings do for what they do not have. @throws Fault SECRET_UNAVAILABLE */
  find(name: string): Promise<string | undefined> {
    const now = this.#deps.clock.monotonic()
    const known = this.#answers.get(name)
    if (known !== undefined && now - known.at < keptMs) return known.answer
    const answer = this.#ask(name)
    this.#answers.delete(name)
    this.#answers.set(name, { at: now, answer })
    const [oldest] = this.#answers.keys()
    if (this.#answers.size > maxNames && oldest !== undefined) this.#answers.delete(oldest)
    // one that could not be had is asked for again soon, and not by each request that wants it
    answer.catch(() => this.#answers.set(name, { at: now + retryMs - keptMs, answer }))
    return answer
  }

  /** What it printed of late. */
  async values(): Promise<readonly string[]> {
    const settled = await Promise.allSettled([...this.#answers.values()].map(({ answer }) => answer))
    return settled.flatMap((each) => (each.status === 'fulfilled' && each.value !== undefined ? [each.value] : []))
  }

  #ask(name: string): Promise<string | undefined> {
    const { command, timeoutMs } = this.#options
    const [program, ...words] = command
    if (program === undefined) return Promise.resolve(undefined)
    const options = { env: this.#deps.environment, timeout: timeoutMs, maxBuffer: maxPrintedBytes, windowsHide: true } as const
    return new Promise((resolve, reject) => {
      const child = execFile(
        program,
        words.map((word) => word.replaceAll('{name}', name)),
        options,
        // what it says on its other output may hold anything, and goes nowhere
        (error, printed) => {
          if (error === null) return resolve(printed.split('\n')[0]?.trim())
          if (typeof error.code === 'number' && error.killed !== true) return resolve(undefined)
          reject(
            unavailable(
              name,
              error.killed === true ? `did not end within ${timeoutMs} ms` : `cannot be run (${error.code ?? 'no reason'})`,
            ),
          )
        },
      )
      child.stdin?.end()
    })
  }
}

function unavailable(name: string, why: string): Error {
  return configFaults.create('SECRET_UNAVAILABLE', {
    message: `the secret ${name} could not be had: the program that \`secrets.command\` names ${why}`,
    data: { name },
  })
}
