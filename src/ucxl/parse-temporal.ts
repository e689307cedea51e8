import type { Temporal } from './address.ts'
import { anyVersion, latest } from './address.ts'
import { parseInstant } from './instant.ts'

/** Why a temporal segment is none: where, counted in the segment, and what belongs there. */
export interface TemporalComplaint {
  readonly offset: number
  readonly expected: string
}

const forms = '*^, *~, *~N, ~~N, ^^N or a time such as 2026-01-31T09:30:00Z'
const [star, caret, tilde, zero, nine] = [0x2a, 0x5e, 0x7e, 0x30, 0x39] as const
/** Most digits of a number: no count of versions needs more, and all of them are exact. */
const maxDigits = 9

/** Reads the temporal segment alone. @see docs/protocols/ucxl.md §1 */
export function parseTemporal(text: string): Temporal | TemporalComplaint {
  return readTemporalAt(text, 0, text.length)
}

/** The same of a part of a text; offsets are counted from its beginning. */
export function readTemporalAt(text: string, from: number, to: number): Temporal | TemporalComplaint {
  const [first, second] = [codeAt(text, from, to), codeAt(text, from + 1, to)]
  if (first === star && second === caret) return to - from === 2 ? latest : { offset: 2, expected: 'nothing after *^' }
  if (first === star && second === tilde) return to - from === 2 ? anyVersion : readVersion(text, from, to)
  if (first === second && (first === tilde || first === caret)) return readSteps(text, from, to)
  if (first >= zero && first <= nine) return readInstant(text.slice(from, to))
  const isBegun = first === star || first === tilde || first === caret
  return { offset: isBegun ? 1 : 0, expected: forms }
}

/** NaN past the end. */
function codeAt(text: string, index: number, to: number): number {
  return index < to ? text.charCodeAt(index) : Number.NaN
}

function readVersion(text: string, from: number, to: number): Temporal | TemporalComplaint {
  const version = readNumber(text, from, to)
  if (typeof version !== 'number') return version
  return version === 0 ? { offset: 2, expected: 'a version, counted from 1' } : { kind: 'specific', version }
}

function readSteps(text: string, from: number, to: number): Temporal | TemporalComplaint {
  const kind = text.charCodeAt(from) === tilde ? 'backward' : 'forward'
  if (to - from === 2) return { kind, steps: 1 }
  const steps = readNumber(text, from, to)
  return typeof steps === 'number' ? { kind, steps } : steps
}

/** One to nine digits after the sign. */
function readNumber(text: string, from: number, to: number): number | TemporalComplaint {
  let value = 0
  for (let index = from + 2; index < to; index += 1) {
    const digit = text.charCodeAt(index) - zero
    if (digit < 0 || digit > 9 || index - from >= 2 + maxDigits) return { offset: index - from, expected: `1 to ${maxDigits} digits` }
    value = value * 10 + digit
  }
  return value
}

function readInstant(text: string): Temporal | TemporalComplaint {
  const found = parseInstant(text)
  return typeof found === 'number'
    ? { kind: 'instant', at: found }
    : { offset: found.offset, expected: `${found.expected} in a time such as 2026-01-31T09:30:00Z` }
}
