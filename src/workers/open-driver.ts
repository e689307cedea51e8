import type { Clock } from '../lib/clock.ts'
import type { Model } from '../models/models.ts'
import type { Driver } from './driver.ts'
import { createCommandDriver } from './drivers/command-driver.ts'
import { createModelDriver } from './drivers/model-driver.ts'
import { workersFaults } from './faults.ts'
import { runCommand } from './sandbox/run-command.ts'
import type { Sandbox } from './sandbox/sandbox.ts'

/** What a worker's settings say of who works. */
export interface DriverSettings {
  readonly driver: 'model' | 'command' | 'acp'
  readonly command: readonly string[]
  readonly secrets: readonly string[]
  readonly network: 'none' | 'full'
  readonly maxOutputTokens: number
  readonly commandTimeoutMs: number
  readonly maxAnswerLength: number
}

export interface OpenDriverDeps {
  readonly clock: Clock
  readonly findSecret: (name: string) => Promise<string | undefined>
}

export interface DriverPlace {
  readonly sandbox: Sandbox
  /** Absolute; there, and this node's alone. */
  readonly scratchFolder: string
  /** The model of the driver `model`; undefined for an agent that is a program of others. */
  readonly model: Model | undefined
}

/** The agent that the configuration names. @throws Fault WORKER_CONFIG_INVALID */
export async function openDriver(deps: OpenDriverDeps, settings: DriverSettings, at: DriverPlace): Promise<Driver> {
  const { command, secrets } = settings
  if (at.model !== undefined) return createModelDriver({ model: at.model }, { ...settings, timeoutMs: settings.commandTimeoutMs })
  if (command.length === 0)
    throw unsetFault('workers.command', `set the program that the driver ${settings.driver} runs, and its arguments`)
  const named = secrets.map((line) => /^([A-Z_][A-Z0-9_]{0,63})=([a-z0-9.-]{1,100})$/.exec(line))
  if (named.some((match) => match === null)) throw unsetFault('workers.secrets', 'write each as VARIABLE=NAME, like API_KEY=model-openai')
  await needProgram(deps, command[0] ?? '', at)
  const readSecrets = async (): Promise<Readonly<Record<string, string>>> => {
    const found = await Promise.all(named.map(async (match) => [match?.[1] ?? '', await deps.findSecret(match?.[2] ?? '')] as const))
    return Object.fromEntries(found.flatMap(([variable, secret]) => (secret === undefined ? [] : [[variable, secret] as const])))
  }
  const external = { sandbox: at.sandbox, clock: deps.clock, readSecrets }
  const options = { command, scratchFolder: at.scratchFolder, mayFetch: settings.network === 'full' }
  if (settings.driver === 'command') return createCommandDriver(external, options)
  const { createAcpDriver } = await import('./drivers/acp-driver.ts')
  return createAcpDriver(external, options)
}

/** A setting without which a worker cannot start. */
export function unsetFault(setting: string, what: string): Error {
  return workersFaults.create('WORKER_CONFIG_INVALID', {
    message: `${setting} is not set so that a worker can start: ${what}`,
    data: { setting },
  })
}

/** Time that the question whether a program is there may take, in milliseconds. */
const probeTimeoutMs = 5_000

/**
 * A program that is not there would fail every task of a backlog, one by one: it is asked for once, where it is to run. A path within the
 * project is known with the project alone.
 */
async function needProgram({ clock }: OpenDriverDeps, program: string, { sandbox, scratchFolder }: DriverPlace): Promise<void> {
  if (program.includes('/') && !program.startsWith('/')) return
  const argv = ['sh', '-c', 'command -v -- "$1"', 'sh', program]
  const { signal } = new AbortController()
  const { exitCode } = await runCommand(
    { sandbox, clock },
    { argv, folder: scratchFolder, writable: [scratchFolder], readable: [], variables: {} },
    { timeoutMs: probeTimeoutMs, maxOutputBytes: 4_096, signal },
  )
  if (exitCode !== 0)
    throw unsetFault(
      'workers.command',
      `there is no program ${JSON.stringify(program)} where agents run; name it by its absolute path, and its folder in workers.readable`,
    )
}
