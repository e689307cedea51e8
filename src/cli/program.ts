import type { CommanderError } from 'commander'
import { Command } from 'commander'
import { catalog } from '../catalog.ts'
import type { Operation } from '../operations/define-operation.ts'
import type { CliDeps } from './deps.ts'
import { addGlobalOptions } from './global-options.ts'
import { formatExamples, helpConfiguration } from './help.ts'
import type { OnCommand } from './operation-command.ts'
import { createOperationCommand } from './operation-command.ts'
import { createStartCommand } from './start-command.ts'
import type { OnStart } from './start-command.ts'
import type { OnUcxl } from './ucxl/commands.ts'
import { createUcxlCommands, ucxlExamples } from './ucxl/commands.ts'

/** What each group of commands is about. */
const groups: Readonly<Record<string, string>> = {
  p2p: 'The node and its peers.',
  marketplace: 'Packages: search, install, list, publish.',
  registry: 'Registries of files: export, serve, add, import.',
  context: 'What agents wrote, under addresses, with its past.',
  ucxl: 'Addresses of context: read, compare, step through.',
  hive: 'The groups this node works in.',
  owner: 'The key that owns packages and certifies nodes.',
  node: 'The machines of an owner.',
  store: 'The disk: figures, compression, verification, collection.',
  content: 'Immutable bytes by name.',
  journal: 'The logs of this hive.',
  project: 'Repositories whose tasks are worked on.',
  task: 'What is to be done, and who holds it.',
  worker: 'The agent of this machine that does tasks.',
  model: 'Models, what they cost, and what may be spent.',
}

/** Operations whose command is not `group verb`. */
const topLevelNames: Readonly<Record<string, string>> = {
  'backup.create': 'backup',
  'backup.restore': 'restore',
  'project.doctor': 'doctor',
}

export interface ProgramHooks {
  readonly onCommand: OnCommand
  readonly onStart: OnStart
  readonly onUcxl: OnUcxl
  readonly onHelp: (text: string) => void
  /** Gets what commander says about wrong usage. */
  readonly onUsageError: (text: string) => void
}

/** The whole command line, made from the catalogue. Parsing throws CommanderError for help and for wrong usage. */
export function createProgram(deps: Pick<CliDeps, 'version' | 'workingDirectory'>, hooks: ProgramHooks): Command {
  const program = createRoot(deps)
  const options = { workingDirectory: deps.workingDirectory, onCommand: hooks.onCommand }
  for (const [group, operations] of groupOperations()) {
    const parent = createGroup(group)
    program.addCommand(parent)
    if (group === 'p2p') parent.addCommand(createStartCommand(deps, hooks.onStart))
    for (const operation of operations) parent.addCommand(createOperationCommand(operation, { name: verbOf(operation), ...options }))
    parent.addHelpText('after', formatExamples(operations.flatMap(({ examples }) => examples.slice(0, 1)).slice(0, 4)))
  }
  program.addCommand(createUcxlGroup(hooks.onUcxl))
  for (const operation of catalog) {
    const name = topLevelNames[operation.name]
    if (name !== undefined) program.addCommand(createOperationCommand(operation, { name, ...options }))
  }
  addShortForms(program, options)
  program.addHelpText('after', formatExamples(firstSteps))
  for (const command of withDescendants(program)) prepare(command, hooks)
  return program
}

/**
 * As much of the command line as these words need: `group verb …` is one command, and building the forty others would take longer
 * than asking the node. Whatever else the words are, the whole of it.
 */
export function createProgramFor(
  words: readonly string[],
  deps: Pick<CliDeps, 'version' | 'workingDirectory'>,
  hooks: ProgramHooks,
): Command {
  const [group = '', verb = ''] = words
  if (group === 'ucxl') {
    const program = createRoot(deps).addCommand(createUcxlGroup(hooks.onUcxl))
    for (const command of withDescendants(program)) prepare(command, hooks)
    return program
  }
  const operation = catalog.find(({ name }) => name === `${group}.${verb}` && !Object.hasOwn(topLevelNames, name))
  if (operation === undefined) return createProgram(deps, hooks)
  const options = { name: verbOf(operation), workingDirectory: deps.workingDirectory, onCommand: hooks.onCommand }
  const program = createRoot(deps).addCommand(createGroup(group).addCommand(createOperationCommand(operation, options)))
  for (const command of withDescendants(program)) prepare(command, hooks)
  return program
}

function createRoot({ version }: Pick<CliDeps, 'version'>): Command {
  const program = new Command('althing')
    .description('A peer-to-peer workshop for coding agents: signed packages, shared without a server.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
  return addGlobalOptions(program)
}

function createGroup(name: string): Command {
  return addGlobalOptions(new Command(name).description(groups[name] ?? '').helpCommand(false))
}

function createUcxlGroup(onUcxl: OnUcxl): Command {
  const group = createGroup('ucxl')
  for (const command of createUcxlCommands(onUcxl)) group.addCommand(command)
  return group.addHelpText('after', formatExamples(Object.values(ucxlExamples)))
}

const firstSteps = [
  { command: 'althing p2p start', does: 'start the node of this machine' },
  { command: 'althing publish ./my-package', does: 'sign a folder and share it with the hive' },
  { command: 'althing search "rust web"', does: 'find packages of everybody in the hive' },
]

/** `althing install`, or `i`, for `althing marketplace install`: the aliases that are no command yet. */
function addShortForms(program: Command, options: { readonly workingDirectory: string; readonly onCommand: OnCommand }): void {
  const taken = new Set(program.commands.map((command) => command.name()))
  for (const operation of catalog) {
    const [name, ...others] = (operation.aliases ?? []).filter((alias) => !taken.has(alias) && !alias.includes(' '))
    if (name === undefined) continue
    for (const alias of [name, ...others]) taken.add(alias)
    program.addCommand(
      createOperationCommand(operation, { name, ...options })
        .aliases(others)
        .helpGroup('Short forms:'),
    )
  }
}

function groupOperations(): ReadonlyMap<string, readonly Operation[]> {
  const found = Map.groupBy(
    catalog.filter((operation) => !Object.hasOwn(topLevelNames, operation.name)),
    (operation) => operation.name.split('.', 1)[0] ?? '',
  )
  const order = Object.keys(groups)
  const placeOf = (group: string): number => (order.includes(group) ? order.indexOf(group) : order.length)
  return new Map([...found].toSorted(([a], [b]) => placeOf(a) - placeOf(b)))
}

function verbOf(operation: Operation): string {
  return operation.name.split('.').slice(1).join('-')
}

function prepare(command: Command, hooks: ProgramHooks): void {
  command.exitOverride().configureHelp(helpConfiguration)
  command.configureOutput({ writeOut: hooks.onHelp, writeErr: hooks.onUsageError })
}

function* withDescendants(command: Command): Generator<Command> {
  yield command
  for (const child of command.commands) yield* withDescendants(child)
}

/** Whether something thrown by the parser is a printed help or version. */
export function isHelp(error: CommanderError): boolean {
  return error.exitCode === 0 || error.code === 'commander.help'
}
