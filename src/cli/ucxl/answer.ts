import type { Address, Temporal } from '../../ucxl/ucxl.ts'
import {
  describeTemporal,
  findVersionAt,
  formatAddress,
  importAddress,
  matchAddress,
  moveSession,
  navigate,
  newSession,
  parseAddress,
  parseInstant,
  parsePattern,
  parseTemporal,
  UcxlError,
} from '../../ucxl/ucxl.ts'

/** What `althing ucxl` does with an input. */
export const ucxlVerbs = {
  parse: 'Read addresses, or say where they stop being ones',
  match: 'Say whether patterns mean addresses: {"pattern", "address"}',
  navigate: 'Say where temporal segments lead: {"versions", "temporal"}',
  import: 'Rewrite older notations as addresses',
} as const

export type UcxlVerb = keyof typeof ucxlVerbs

/** What one input comes to, in the words of `test/vectors/ucxl-*.json`. */
export interface UcxlAnswer {
  readonly line: Readonly<Record<string, unknown>>
  readonly isFailure: boolean
}

/** Answers for one input. Never throws for what it says. */
export function answerUcxl(verb: UcxlVerb, input: string, { isPattern }: { readonly isPattern: boolean }): UcxlAnswer {
  try {
    return { line: answerWell(verb, input, isPattern ? parsePattern : parseAddress), isFailure: false }
  } catch (error) {
    if (error instanceof UcxlError) return { line: { error: error.field, message: error.message, offset: error.offset }, isFailure: true }
    if (error instanceof InputError) return { line: { error: 'input', message: error.message, offset: 0 }, isFailure: true }
    throw error
  }
}

/** An input that is not of the shape its verb takes. */
class InputError extends Error {}

function answerWell(verb: UcxlVerb, input: string, parse: (text: string) => Address): Readonly<Record<string, unknown>> {
  switch (verb) {
    case 'parse':
      return { input, ...describe(parse(input)) }
    case 'import':
      return { input, address: formatAddress(importAddress(input)) }
    case 'match': {
      const given = readObject(input)
      const [pattern, address] = [readText(given, 'pattern'), readText(given, 'address')]
      return { pattern, address, matches: matchAddress(parsePattern(pattern), parseAddress(address)) }
    }
    case 'navigate':
      return step(readObject(input))
  }
}

function describe({ agent, role, project, task, temporal, path, query, fragment }: Address): Readonly<Record<string, unknown>> {
  const more = { ...(query === undefined ? {} : { query }), ...(fragment === undefined ? {} : { fragment }) }
  return { agent, role, project, task, temporal: describeTemporal(temporal), path, ...more }
}

type Given = ReadonlyMap<string, unknown>

function step(given: Given): Readonly<Record<string, unknown>> {
  const created = (given.get('created') === undefined ? [] : readTexts(given, 'created')).map(instantOf)
  const last = readNumber(given, 'versions', created.length)
  const first = readNumber(given, 'first', 1)
  const history = { first, last, versionAt: (at: number) => findVersionAt(created, at) }
  const said = Object.fromEntries(given)
  if (given.has('session')) return { ...said, ...walk(readTexts(given, 'session'), history) }
  const { outcome, ...answer } = navigate(temporalOf(readText(given, 'temporal')), {
    ...history,
    reference: readNumber(given, 'reference', last),
  })
  return outcome === 'found' ? { ...said, ...answer } : { ...said, error: outcome, ...answer }
}

function walk(moves: readonly string[], history: Parameters<typeof moveSession>[1]['history']): Readonly<Record<string, unknown>> {
  let session = newSession
  const positions = moves.map((move) => {
    session = moveSession(session, { temporal: temporalOf(move), history, at: 0, maxSteps: moves.length }).session
    return session.position ?? history.last
  })
  return { positions, succeeded: session.steps.map(({ succeeded }) => succeeded) }
}

function temporalOf(text: string): Temporal {
  const temporal = parseTemporal(text)
  if ('kind' in temporal) return temporal
  throw new UcxlError(text, { field: 'temporal', offset: temporal.offset, expected: temporal.expected })
}

function instantOf(text: string): number {
  const instant = parseInstant(text)
  if (typeof instant === 'number') return instant
  throw new UcxlError(text, { field: 'temporal', ...instant })
}

function readObject(input: string): Given {
  let value: unknown
  try {
    value = JSON.parse(input)
  } catch {
    value = undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InputError('one JSON object is expected on each line')
  return new Map(Object.entries(value))
}

function readText(given: Given, name: string): string {
  const value = given.get(name)
  if (typeof value === 'string') return value
  throw new InputError(`"${name}" is expected, as a text`)
}

function readTexts(given: Given, name: string): readonly string[] {
  const value = given.get(name)
  const isList = Array.isArray(value) && value.every((item): item is string => typeof item === 'string')
  if (isList) return value
  throw new InputError(`"${name}" is expected, as a list of texts`)
}

function readNumber(given: Given, name: string, fallback: number): number {
  const value = given.get(name) ?? fallback
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new InputError(`"${name}" is a whole number from 0`)
}
