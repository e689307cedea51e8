import { isAbsolute } from 'node:path'
import type { Fault } from '../lib/fault.ts'
import { findNearest } from '../lib/nearest.ts'
import type { InputField, Operation } from './define-operation.ts'
import { operationFaults } from './faults.ts'

/** A parsed input: every field that is given or has a default. */
export type ParsedInput = Readonly<Record<string, InputValue>>
export type InputValue = string | number | boolean | readonly string[]

/** Longest text where a field says nothing else, in UTF-16 units. */
const maxTextLength = 4096
/** Most texts of a list where a field says nothing else. */
const maxTexts = 256

/**
 * Reads the input of an operation from outside: bounded, own properties only, nothing unknown, defaults filled in.
 *
 * @throws Fault INPUT_INVALID naming the field, what came and what is allowed
 */
export function parseInput(operation: Operation, input: unknown): ParsedInput {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw refuse(operation, undefined, `takes an object of inputs, not ${describe(input)}`, 'an object')
  }
  const given = new Map<string, unknown>(Object.entries(input))
  for (const name of given.keys()) {
    if (!Object.hasOwn(operation.input, name)) throw refuseUnknown(operation, name)
  }
  const parsed: [string, InputValue][] = []
  for (const [name, field] of Object.entries(operation.input)) {
    const value = parseField({ operation, name, field }, given.get(name))
    if (value !== undefined) parsed.push([name, value])
  }
  return Object.fromEntries(parsed)
}

interface Place {
  readonly operation: Operation
  readonly name: string
  readonly field: InputField
}

function parseField(place: Place, value: unknown): InputValue | undefined {
  const { field } = place
  if (value === undefined || value === null) return absent(place)
  switch (field.type) {
    case 'flag':
      if (typeof value !== 'boolean') throw wrongType(place, value, 'true or false')
      return value
    case 'integer':
    case 'number':
      return parseNumber(place, value)
    case 'text':
      return parseText(place, value, field.max ?? maxTextLength)
    case 'texts':
      return parseTexts(place, value)
  }
}

function absent({ operation, name, field }: Place): InputValue | undefined {
  if (field.default !== undefined && !(field.isPath === true && !isAbsolute(String(field.default)))) return field.default
  if (field.type === 'flag') return false
  if (field.optional === true) return field.type === 'texts' ? [] : undefined
  throw refuse(operation, name, `needs "${name}": ${field.help}`, field.type)
}

function parseNumber(place: Place, value: unknown): number {
  const { field, name, operation } = place
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw wrongType(place, value, field.type === 'integer' ? 'a whole number' : 'a number')
  if (field.type === 'integer' && !Number.isSafeInteger(value)) throw wrongType(place, value, 'a whole number below 2^53')
  const [least, most] = [field.min ?? Number.NEGATIVE_INFINITY, field.max ?? Number.POSITIVE_INFINITY]
  if (value < least || value > most) {
    const allowed = field.max === undefined ? `${least} or more` : field.min === undefined ? `${most} or less` : `${least} to ${most}`
    throw refuse(operation, name, `takes ${allowed} as "${name}", not ${value}`, allowed)
  }
  return value
}

function parseText(place: Place, value: unknown, maxLength: number): string {
  const { field, name, operation } = place
  if (typeof value !== 'string') throw wrongType(place, value, 'text')
  if (value.length > maxLength) {
    throw refuse(
      operation,
      name,
      `takes at most ${maxLength} characters as "${name}", not ${value.length}`,
      `at most ${maxLength} characters`,
    )
  }
  if (field.isPath === true && !isAbsolute(value)) {
    throw refuse(
      operation,
      name,
      `takes an absolute path as "${name}", not ${describe(value)}: a node has another directory than its caller`,
      'an absolute path',
    )
  }
  if (!value.isWellFormed() || value.includes('\0'))
    throw refuse(operation, name, `takes plain Unicode text as "${name}", without NUL`, 'text')
  if (field.choices !== undefined && !field.choices.includes(value)) {
    const nearest = findNearest(value, field.choices)
    const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`
    throw refuse(
      operation,
      name,
      `takes ${field.choices.join(', ')} as "${name}", not ${describe(value)}.${hint}`,
      field.choices.join(', '),
    )
  }
  return value
}

function parseTexts(place: Place, value: unknown): readonly string[] {
  const { field, name, operation } = place
  if (!Array.isArray(value)) throw wrongType(place, value, 'a list of texts')
  const items: readonly unknown[] = value
  const most = field.max ?? maxTexts
  if (items.length > most) throw refuse(operation, name, `takes at most ${most} of "${name}", not ${items.length}`, `at most ${most}`)
  if (items.length === 0 && field.optional !== true) throw refuse(operation, name, `needs at least one "${name}": ${field.help}`, 'texts')
  return items.map((item) => parseText(place, item, maxTextLength))
}

function wrongType({ operation, name }: Place, value: unknown, allowed: string): Fault {
  return refuse(operation, name, `takes ${allowed} as "${name}", not ${describe(value)}`, allowed)
}

function refuseUnknown(operation: Operation, name: string): Fault {
  const nearest = findNearest(name, Object.keys(operation.input))
  const known = Object.keys(operation.input).join(', ')
  const hint = nearest === undefined ? (known === '' ? 'It takes none.' : `It takes ${known}.`) : `Did you mean "${nearest}"?`
  return refuse(operation, clip(name), `knows no input ${describe(name)}. ${hint}`, known)
}

function refuse(operation: Operation, field: string | undefined, message: string, allowed: string): Fault {
  return operationFaults.create('INPUT_INVALID', {
    message: `${operation.name} ${message}`,
    data: { operation: operation.name, ...(field === undefined ? {} : { field }), allowed },
  })
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(clip(value))
  if (Array.isArray(value)) return 'a list'
  if (value === null) return 'null'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** What came is said back, but never at length: it may be megabytes, or a secret in the wrong place. */
function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
