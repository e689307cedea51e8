import { execFile } from 'node:child_process'
import type { ExecFileException } from 'node:child_process'
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
    answer.catch(() => this.#restOf(name, answer))
    return answer
  }

  /** What could not be had is asked for again soon, counted from when that was known, and not by each request that wants it. */
  #restOf(name: string, answer: Promise<string | undefined>): void {
    if (this.#answers.get(name)?.answer !== answer) return
    this.#answers.set(name, { at: this.#deps.clock.monotonic() + retryMs - keptMs, answer })
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
    const limits = { timeout: timeoutMs, maxBuffer: maxPrintedBytes, killSignal: 'SIGKILL' } as const
    const options = { env: this.#deps.environment, windowsHide: true, ...limits } as const
    return new Promise((resolve, reject) => {
      const child = execFile(
        program,
        words.map((word) => word.replaceAll('{name}', name)),
        options,
        // what it says on its other output may hold anything, and goes nowhere
        (error, printed) => {
          if (error === null) return resolve(printed.split('\n')[0]?.trim())
          if (typeof error.code === 'number' && error.killed !== true) return resolve(undefined)
          reject(unavailable(name, describeEnd(error, timeoutMs)))
        },
      )
      child.stdin?.end()
    })
  }
}

function describeEnd({ code, killed }: ExecFileException, timeoutMs: number): string {
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `printed more than ${maxPrintedBytes} bytes`
  return killed === true ? `did not end within ${timeoutMs} ms` : `cannot be run (${code ?? 'no reason'})`
}

function unavailable(name: string, why: string): Error {
  return configFaults.create('SECRET_UNAVAILABLE', {
    message: `the secret ${name} could not be had: the program that \`secrets.command\` names ${why}`,
    data: { name },
  })
}
