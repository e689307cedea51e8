import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { resolveCallerPaths } from '../operations/caller-paths.ts'
import type { InputField, Operation } from '../operations/define-operation.ts'
import { addGlobalOptions, globalOptionNames } from './global-options.ts'
import { formatExamples } from './help.ts'
import { parseDuration } from './parse-duration.ts'

/** Runs when a command was read: its raw input, by field. */
export type OnCommand = (operation: Operation, input: Readonly<Record<string, unknown>>, command: Command) => Promise<void>

export interface OperationCommandOptions {
  readonly name: string
  readonly workingDirectory: string
  readonly onCommand: OnCommand
}

/** An operation as a command: its fields as arguments and options, its examples as help. */
export function createOperationCommand(operation: Operation, { name, workingDirectory, onCommand }: OperationCommandOptions): Command {
  const command = new Command(name).description(`${operation.summary}.`).allowExcessArguments(false)
  const fields = Object.entries(operation.input)
  const positional = fields.filter(([, field]) => field.position !== undefined).toSorted(([, a], [, b]) => placeOf(a) - placeOf(b))
  const optional = fields.filter(([, field]) => field.position === undefined)
  for (const [fieldName, field] of positional) command.addArgument(createArgument(fieldName, field))
  // commander keeps `--passphrase-file` as `passphraseFile`, whatever the field is called.
  const options = optional.map(([fieldName, field]) => ({ fieldName, option: createOption(fieldName, field) }))
  for (const { option } of options) command.addOption(option)
  addGlobalOptions(command)
  command.addHelpText('after', formatExamples(operation.examples))
  return command.action(async (...given: readonly unknown[]) => {
    const values: Readonly<Record<string, unknown>> = command.opts()
    const input: [string, unknown][] = [
      ...positional.map(([fieldName], index): [string, unknown] => [fieldName, given[index]]),
      ...options.map(({ fieldName, option }): [string, unknown] => [fieldName, readOption(option, values)]),
    ]
    const said = Object.fromEntries(input.filter(([, value]) => value !== undefined))
    await onCommand(operation, resolveCallerPaths(operation, said, workingDirectory), command)
  })
}

/** commander keeps `--no-dependencies` as `dependencies`, which is true until it is given. */
function readOption(option: Option, values: Readonly<Record<string, unknown>>): unknown {
  const value = values[option.attributeName()]
  return option.negate ? value === false : value
}

function placeOf(field: InputField): number {
  return field.position === 'rest' ? Number.MAX_SAFE_INTEGER : (field.position ?? 0)
}

function createArgument(name: string, field: InputField): Argument {
  const label = `${kebab(name)}${field.type === 'texts' ? '...' : ''}`
  const isOptional = field.optional === true || field.default !== undefined
  const argument = new Argument(isOptional ? `[${label}]` : `<${label}>`, field.help)
  if (field.choices !== undefined) argument.choices(field.choices)
  if (isNumeric(field)) argument.argParser((text: string) => readNumber(field, text))
  return argument
}

function createOption(name: string, field: InputField): Option {
  const long = `--${kebab(name)}`
  if (globalOptionNames.has(long)) throw new Error(`${long} is an option of every command; the input needs another name`)
  const flags = field.short === undefined ? long : `-${field.short}, ${long}`
  const value = field.type === 'flag' ? '' : ` <${field.placeholder ?? (isNumeric(field) ? 'number' : kebab(name))}>`
  const more = field.type === 'texts' ? ', may be given more than once' : ''
  const standard = field.default === undefined ? '' : ` (default: ${field.default})`
  const option = new Option(`${flags}${value}`, `${field.help}${more}${standard}`)
  if (field.choices !== undefined) option.choices(field.choices)
  if (isNumeric(field)) option.argParser((text) => readNumber(field, text))
  if (field.type === 'texts') option.argParser((text, previous: unknown) => [...(Array.isArray(previous) ? previous : []), text])
  const isNeeded = field.optional !== true && field.default === undefined && field.type !== 'flag'
  return option.makeOptionMandatory(isNeeded)
}

function isNumeric(field: InputField): boolean {
  return field.type === 'integer' || field.type === 'number'
}

function readNumber(field: InputField, text: string): number {
  if (field.isDuration === true) return readSeconds(field, text)
  const pattern = field.type === 'integer' ? /^-?\d{1,15}$/ : /^-?\d{1,15}(?:\.\d{1,15})?$/
  if (!pattern.test(text)) throw new InvalidArgumentError(field.type === 'integer' ? 'It is a whole number.' : 'It is a number.')
  return Number(text)
}

/** Seconds of a time: whole ones, rounded up, where no others are taken. */
function readSeconds(field: InputField, text: string): number {
  const milliseconds = parseDuration(text)
  if (milliseconds === undefined) throw new InvalidArgumentError('It is a time like 90 (seconds), 30m, 2h or 1d.')
  return field.type === 'integer' ? Math.ceil(milliseconds / 1_000) : milliseconds / 1_000
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
