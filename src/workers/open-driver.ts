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

/** The agent that the configuration names. @throws Fault WORKER_CONFIG_INVALID, SECRET_EXPOSED, SECRET_INVALID, SECRET_UNAVAILABLE */
export async function openDriver(deps: OpenDriverDeps, settings: DriverSettings, at: DriverPlace): Promise<Driver> {
  const { command, secrets } = settings
  if (at.model !== undefined) return createModelDriver({ model: at.model }, { ...settings, timeoutMs: settings.commandTimeoutMs })
  if (command.length === 0)
    throw unsetFault('workers.command', `set the program that the driver ${settings.driver} runs, and its arguments`)
  const named = secrets.map(parseSecretLine)
  const readSecrets = async (): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries(
      await Promise.all(named.map(async ({ variable, name }) => [variable, (await deps.findSecret(name)) ?? missingSecret(name)] as const)),
    )
  await readSecrets()
  await needProgram(deps, command[0] ?? '', at)
  const external = { sandbox: at.sandbox, clock: deps.clock, readSecrets }
  const options = { command, scratchFolder: at.scratchFolder, mayFetch: settings.network === 'full' }
  if (settings.driver === 'command') return createCommandDriver(external, options)
  const { createAcpDriver } = await import('./drivers/acp-driver.ts')
  return createAcpDriver(external, options)
}

/** Secrets with which the node itself goes to forges and is called by them: with one of these an agent could do what only the node may. */
const ofTheNode = /^(?:forge-|hook-|escalation$)/

function parseSecretLine(line: string): { readonly variable: string; readonly name: string } {
  const [, variable, name] = /^([A-Z_][A-Z0-9_]{0,63})=([a-z0-9.-]{1,100})$/.exec(line) ?? []
  if (variable === undefined || name === undefined)
    throw unsetFault('workers.secrets', 'write each as VARIABLE=NAME, like API_KEY=model-openai')
  if (ofTheNode.test(name)) throw unsetFault('workers.secrets', `${name} is the node's own, and no agent gets it; give it a key of its own`)
  return { variable, name }
}

function missingSecret(name: string): never {
  throw unsetFault('workers.secrets', `there is no secret ${name}; put it into the file secrets/${name} of the home, with mode 0600`)
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
