import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { homePaths } from '../../src/config/home.ts'
import { connectNode } from '../../src/http/client.ts'
import { althing, start } from '../e2e/command.ts'
import type { Running } from '../e2e/command.ts'

/** What a node answered; the chaos looks at single fields of it. */
type Answer = Readonly<Record<string, unknown>>

/** How a node stands. `away`: it was killed, or starts; `stopped`: SIGSTOP. */
export type NodeState = 'away' | 'awake' | 'stopped'

export interface ChaosNodeOptions {
  readonly name: string
  readonly root: string
  readonly settings: Readonly<Record<string, string>>
}

/** Longest that one answer is waited for, in milliseconds; a worker's own comes when it ends. */
const callMs = 120_000
const workMs = 86_400_000

/** A real node in a process of its own, with a home of its own, and a worker in it. */
export class ChaosNode {
  readonly name: string
  readonly #home: string
  readonly #env: Readonly<Record<string, string>>
  #running: Running | undefined
  state: NodeState = 'away'

  constructor({ name, root, settings }: ChaosNodeOptions) {
    this.name = name
    this.#home = join(root, name)
    mkdirSync(this.#home, { recursive: true, mode: 0o700 })
    this.#env = {
      ALTHING_NETWORK_LISTEN: '/ip4/127.0.0.1/tcp/0',
      ALTHING_NETWORK_MDNS: 'false',
      ALTHING_HTTP_ENABLED: 'false',
      NO_COLOR: '1',
      ...settings,
    }
  }

  /** Runs a command on a home whose node does not run. */
  async run(...words: readonly string[]): Promise<void> {
    const { code, stderr, stdout } = await althing([...words, '--json'], { home: this.#home, env: this.#env })
    if (code !== 0) throw new Error(`althing ${words.join(' ')} on ${this.name}: ${stderr}${stdout}`)
  }

  /** Starts the node and waits until it says so. */
  async start(): Promise<void> {
    const running = start(['p2p', 'start'], { home: this.#home, env: this.#env })
    this.#running = running
    await running.until(/node started on /)
  }

  /** Asks the running node. */
  async call(operation: string, input: Answer, ms = callMs): Promise<Answer> {
    await using client = await connectNode(homePaths(this.#home))
    if (client === undefined) throw new Error(`${this.name} has no node`)
    const options = { signal: AbortSignal.timeout(ms), hive: undefined, report: () => {} }
    return (await client.call(operation, input, options)) as Answer
  }

  /** Starts the worker; it ends with the node. */
  work(): void {
    this.state = 'awake'
    // its answer is that of a worker that ended, or none of a node that was killed
    this.call('worker.start', {}, workMs).catch(() => {})
  }

  kill(): void {
    this.state = 'away'
    this.#running?.kill('SIGKILL')
  }

  /** SIGTERM, to its end. */
  async end(): Promise<void> {
    this.state = 'away'
    this.#running?.kill('SIGTERM')
    await this.#running?.ended
  }

  stop(): void {
    this.state = 'stopped'
    this.#running?.kill('SIGSTOP')
  }

  goOn(): void {
    if (this.state !== 'stopped') return
    this.state = 'awake'
    this.#running?.kill('SIGCONT')
  }

  /** After it was killed: the node, and its worker. */
  async comeBack(): Promise<void> {
    await this.#running?.ended
    await this.start()
    this.work()
  }
}
