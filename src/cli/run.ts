import type { Command } from 'commander'
import { CommanderError } from 'commander'
import type { Fault } from '../lib/fault.ts'
import type { Operation } from '../operations/define-operation.ts'
import { parseInput } from '../operations/parse-input.ts'
import type { ParsedInput } from '../operations/parse-input.ts'
import { commandSignal, faultOfSignal, runErrand } from './call.ts'
import type { CliDeps } from './deps.ts'
import { cliFaults } from './faults.ts'
import type { GlobalOptions } from './global-options.ts'
import { readGlobalOptions } from './global-options.ts'
import { createProgramFor, isHelp } from './program.ts'
import { openProgressLine } from './progress.ts'
import { isIncomplete, render } from './render/render.ts'
import { renderStarted } from './render/started.ts'
import { exitCodes, reportFault } from './report-fault.ts'
import { createStyle } from './screen.ts'
import type { StartOptions } from './start-command.ts'

/** Runs one command line (without the program's name) and gives the exit code. Never throws. */
export async function runCli(deps: CliDeps, argv: readonly string[]): Promise<number> {
  let usage = ''
  let exitCode: number = exitCodes.done
  const program = createProgramFor(argv, deps, {
    onHelp: deps.stdout.write,
    onUsageError: (text) => {
      usage += text
    },
    onCommand: async (operation, input, command) => {
      exitCode = await runOperation(deps, { operation, input, command })
    },
    onStart: async (options, command) => {
      await start(deps, options, globalsOf(deps, command))
    },
  })
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    return reportThrown(deps, { argv, usage, error })
  }
}

async function start(deps: CliDeps, options: StartOptions, globals: GlobalOptions): Promise<void> {
  try {
    if (options.isDetached) return await startInBackground(deps, options, globals)
    const { runNode } = await import('./start.ts')
    await runNode(deps, options, globals)
  } catch (error) {
    throw faultOfSignal(deps, globals, deps.interrupted) ?? error
  }
}

async function startInBackground(deps: CliDeps, options: StartOptions, globals: GlobalOptions): Promise<void> {
  const { startDetached } = await import('./detach.ts')
  const status = await startDetached(deps, options, globals)
  const style = createStyle(deps.stdout, deps.environment)
  deps.stdout.write(globals.json ? `${JSON.stringify(status)}\n` : `${renderStarted(status, style, globals)}\n`)
}

interface Given {
  readonly operation: Operation
  readonly input: Readonly<Record<string, unknown>>
  readonly command: Command
}

async function runOperation(deps: CliDeps, { operation, input, command }: Given): Promise<number> {
  const globals = globalsOf(deps, command)
  const signal = commandSignal(deps, globals)
  const isSilent = globals.json || globals.isQuiet
  using progress = openProgressLine(deps.stderr, deps.clock)
  try {
    const parsed = parseUsage(operation, input)
    const output = await runErrand(deps, { operation, input: parsed, globals, signal, report: isSilent ? () => {} : progress.report })
    progress[Symbol.dispose]()
    deps.stdout.write(
      globals.json
        ? `${JSON.stringify(output, undefined, 2)}\n`
        : withLineEnd(render(operation.name, output, createStyle(deps.stdout, deps.environment))),
    )
    return isIncomplete(operation.name, output) ? exitCodes.fault : exitCodes.done
  } catch (error) {
    throw faultOfSignal(deps, globals, signal) ?? error
  }
}

/** What came from the line and is not what the operation takes is wrong usage. */
function parseUsage(operation: Operation, input: Readonly<Record<string, unknown>>): ParsedInput {
  try {
    return parseInput(operation, input)
  } catch (error) {
    throw error instanceof Error ? usageFault(error.message) : error
  }
}

interface Thrown {
  readonly argv: readonly string[]
  readonly usage: string
  readonly error: unknown
}

function reportThrown(deps: CliDeps, { argv, usage, error }: Thrown): number {
  const json = argv.includes('--json')
  const options = { json, isVerbose: argv.includes('-v') || argv.includes('--verbose'), style: createStyle(deps.stderr, deps.environment) }
  if (!(error instanceof CommanderError)) return reportFault(deps.stderr, error, options)
  if (isHelp(error)) {
    // `althing hive`, without a verb: what commander has to say is its help.
    deps.stdout.write(usage)
    return exitCodes.done
  }
  return reportFault(deps.stderr, usageFault(usage.trim().replace(/^error: /, '')), options)
}

function usageFault(message: string): Fault {
  return cliFaults.create('USAGE_INVALID', { message: `${message.replace(/\.$/, '')}. Add --help to see what it takes` })
}

function globalsOf(deps: CliDeps, command: Command): GlobalOptions {
  return readGlobalOptions(command, { home: deps.environment.home, workingDirectory: deps.workingDirectory })
}

function withLineEnd(text: string): string {
  return text === '' ? '' : `${text}\n`
}
