import { resolve } from 'node:path'
import type { Command } from 'commander'
import { InvalidArgumentError, Option } from 'commander'
import { parseDuration } from './parse-duration.ts'

/** Options that every command takes. */
export interface GlobalOptions {
  readonly json: boolean
  readonly home: string
  readonly hive: string | undefined
  readonly config: string | undefined
  readonly isQuiet: boolean
  readonly isVerbose: boolean
  readonly timeoutMs: number | undefined
}

/** Adds them to a command. They may stand before or after its name. */
export function addGlobalOptions(command: Command): Command {
  for (const option of createGlobalOptions()) command.addOption(option)
  return command
}

/** Reads them, given anywhere on the line. */
export function readGlobalOptions(command: Command, context: { readonly home: string; readonly workingDirectory: string }): GlobalOptions {
  const given: Readonly<Record<string, unknown>> = command.optsWithGlobals()
  const text = (name: string): string | undefined => (typeof given[name] === 'string' ? given[name] : undefined)
  const path = (value: string | undefined): string | undefined =>
    value === undefined ? undefined : resolve(context.workingDirectory, value)
  return {
    json: given['json'] === true,
    home: path(text('home')) ?? context.home,
    hive: text('hive'),
    config: path(text('config')),
    isQuiet: given['quiet'] === true,
    isVerbose: given['verbose'] === true,
    timeoutMs: typeof given['timeout'] === 'number' ? given['timeout'] : undefined,
  }
}

/** Long names of the global options, for help that lists them apart. */
export const globalOptionNames: ReadonlySet<string> = new Set([
  '--json',
  '--home',
  '--hive',
  '--config',
  '--quiet',
  '--verbose',
  '--timeout',
])

/** Longest time a command may be given: a week. */
const maxTimeoutMs = 604_800_000

function createGlobalOptions(): readonly Option[] {
  return [
    new Option('-j, --json', 'print one JSON document and nothing else'),
    new Option('--home <dir>', 'home of the node (ALTHING_HOME, else ~/.althing)'),
    new Option('--hive <hive>', 'name or id of the hive, instead of the current one'),
    new Option('--config <file>', 'configuration file, instead of config.toml in the home'),
    new Option('-q, --quiet', 'print only what was asked for'),
    new Option('-v, --verbose', 'say more on stderr'),
    new Option('--timeout <time>', 'give up after 30s, 2m, 1h').argParser((value) => {
      const milliseconds = parseDuration(value)
      if (milliseconds === undefined || milliseconds > maxTimeoutMs)
        throw new InvalidArgumentError('It is a time like 500ms, 30s, 2m or 1h.')
      return milliseconds
    }),
  ]
}
