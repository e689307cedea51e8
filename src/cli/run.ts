import type { Command } from 'commander'
import { CommanderError } from 'commander'
import type { Fault } from '../lib/fault.ts'
import type { Operation } from '../operations/define-operation.ts'
import { parseInput } from '../operations/parse-input.ts'
import type { ParsedInput } from '../operations/parse-input.ts'
import { commandSignal, faultOfSignal, runErrand } from './call.ts'
import { callConfirmed } from './confirm.ts'
import type { CliDeps } from './deps.ts'
import { cliFaults } from './faults.ts'
import { withFolderRemote } from './folder-remote.ts'
import type { GlobalOptions } from './global-options.ts'
import { readGlobalOptions } from './global-options.ts'
import { openPipes } from './pipes.ts'
import { createProgramFor, isHelp } from './program.ts'
import { openProgressLine } from './progress.ts'
import { refuseUnasked } from './questions.ts'
import { renderAside } from './render/aside.ts'
import { renderBrief, renderFailed, renderWarnings } from './render/brief.ts'
import { readFields } from './render/read.ts'
import { isIncomplete, render } from './render/render.ts'
import { exitCodes, reportFault } from './report-fault.ts'
import { createStyle, pathsFrom } from './screen.ts'
import type { StartOptions } from './start-command.ts'
import { runUcxl } from './ucxl/commands.ts'

/** Runs one command line (without the program's name) and gives the exit code. Never throws. */
export async function runCli(deps: CliDeps, argv: readonly string[]): Promise<number> {
  let usage = ''
  let help = ''
  let exitCode: number = exitCodes.done
  const program = createProgramFor(argv, deps, {
    onHelp: (text) => {
      help += text
    },
    onUsageError: (text) => {
      usage += text
    },
    onCommand: async (operation, input, command) => {
      exitCode = await runOperation(deps, { operation, input, command })
    },
    onUcxl: async (request) => {
      exitCode = await runUcxl(deps, request)
    },
    onStart: async (options, command) => {
      await start(deps, options, globalsOf(deps, command))
    },
  })
  try {
    await program.parseAsync([...(argv[0] === 'help' ? readHelp(program, argv.slice(1)) : argv)], { from: 'user' })
    return exitCode
  } catch (error) {
    return reportThrown(deps, { argv, usage, help, error })
  }
}

/** `help hive join` is another way to ask `hive join --help`, as of git and cargo. What is no command is left to be refused as one. */
function readHelp(program: Command, words: readonly string[]): readonly string[] {
  const group = program.commands.find((command) => isNamed(command, words[0]))
  const isUnknown = words[0] !== undefined && (group === undefined || (words[1] !== undefined && !hasVerb(group, words[1])))
  return isUnknown ? words : [...words, '--help']
}

function hasVerb(group: Command, word: string): boolean {
  return group.commands.length === 0 || group.commands.some((command) => isNamed(command, word))
}

function isNamed(command: Command, word: string | undefined): boolean {
  return word !== undefined && (command.name() === word || command.aliases().includes(word))
}

function isJson(words: readonly string[]): boolean {
  return words.includes('--json')
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
  const [{ startDetached }, { sayStarted }] = await Promise.all([import('./detach.ts'), import('./start.ts')])
  sayStarted(deps, await startDetached(deps, options, globals), globals)
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
    await using pipes = await openPipes(deps, operation, input, globals)
    const parsed = parseUsage(operation, withFolderRemote(operation, pipes.input, deps.workingDirectory))
    refuseUnasked(deps, operation, { input: parsed, isSilent })
    const output = await callConfirmed(deps, {
      operation,
      input: parsed,
      mayAsk: !isSilent,
      signal,
      call: (given) => runErrand(deps, { operation, input: given, globals, signal, report: isSilent ? () => {} : progress.report }),
      clear: () => progress[Symbol.dispose](),
    })
    progress[Symbol.dispose]()
    if (pipes.printContent !== undefined) await pipes.printContent()
    else {
      deps.stdout.write(
        globals.json
          ? `${JSON.stringify(output, undefined, 2)}\n`
          : withLineEnd(renderFor(deps, { name: operation.name, output, globals })),
      )
      if (globals.isQuiet && !globals.json) deps.stderr.write(renderWarnings(output))
    }
    if (!isSilent) deps.stderr.write(renderFailed(output))
    if (!isSilent) deps.stderr.write(renderAside(operation.name, parsed, output))
    return hasFindings(operation, output) || isIncomplete(operation.name, output) ? exitCodes.fault : exitCodes.done
  } catch (error) {
    throw faultOfSignal(deps, globals, signal) ?? error
  }
}

function renderFor(
  deps: CliDeps,
  { name, output, globals }: { readonly name: string; readonly output: unknown; readonly globals: GlobalOptions },
): string {
  const brief = globals.isQuiet ? renderBrief(name, output) : undefined
  return (
    brief ??
    render(name, output, {
      ...createStyle(deps.stdout, deps.environment),
      isVerbose: globals.isVerbose,
      path: pathsFrom(deps.workingDirectory),
    })
  )
}

/** Whether an answer says, in the field that its operation names, that there is something to see to. */
function hasFindings({ failsWhen }: Operation, output: unknown): boolean {
  return failsWhen !== undefined && readFields(output).isTrue(failsWhen)
}

/** What came from the line and is not what the operation takes is wrong usage. */
function parseUsage(operation: Operation, input: Readonly<Record<string, unknown>>): ParsedInput {
  const file = Object.entries(operation.input).find(([name, field]) => field.readsInput === true && input[name] !== undefined)?.[0]
  if (file !== undefined && input['text'] !== undefined) throw usageFault(`${operation.name} takes a ${file} or --text, one of them`)
  try {
    return parseInput(operation, input)
  } catch (error) {
    throw error instanceof Error ? usageFault(error.message) : error
  }
}

interface Thrown {
  readonly argv: readonly string[]
  readonly usage: string
  readonly help: string
  readonly error: unknown
}

function reportThrown(deps: CliDeps, { argv, usage, help, error }: Thrown): number {
  const options = {
    json: isJson(argv),
    isVerbose: argv.includes('-v') || argv.includes('--verbose'),
    style: createStyle(deps.stderr, deps.environment),
  }
  if (!(error instanceof CommanderError)) return reportFault(deps.stderr, error, options)
  if (isHelp(error)) {
    // `althing hive`, without a verb: what commander has to say is its help.
    const text = help + usage
    const named = error.code === 'commander.version' ? { version: deps.version } : { help: text }
    deps.stdout.write(isJson(argv) ? `${JSON.stringify(named)}\n` : text)
    return exitCodes.done
  }
  return reportFault(
    deps.stderr,
    usageFault(
      usage
        .trim()
        .replace(/^error: /, '')
        .replaceAll(/\s*\n\s*/g, ' '),
    ),
    options,
  )
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
