import type { Temporal } from './address.ts'
import { anyVersion, latest } from './address.ts'
import { parseInstant } from './instant.ts'

/** Why a temporal segment is none: where, counted in the segment, and what belongs there. */
export interface TemporalComplaint {
  readonly offset: number
  readonly expected: string
}

const forms = '*^, *~, *~N, ~~N, ^^N or a time such as 2026-01-31T09:30:00Z'
/** Most digits of a number: no count of versions needs more, and all of them are exact. */
const maxDigits = 9

/** Reads the temporal segment alone. @see docs/protocols/ucxl.md §1 */
export function parseTemporal(text: string): Temporal | TemporalComplaint {
  const sign = text.slice(0, 2)
  if (sign === '*^') return text.length === 2 ? latest : { offset: 2, expected: 'nothing after *^' }
  if (sign === '*~') return text.length === 2 ? anyVersion : readVersion(text)
  if (sign === '~~' || sign === '^^') return readSteps(text, sign === '~~' ? 'backward' : 'forward')
  const first = text.charCodeAt(0)
  if (first >= 0x30 && first <= 0x39) return readInstant(text)
  return { offset: text.startsWith('*') || text.startsWith('~') || text.startsWith('^') ? Math.min(1, text.length) : 0, expected: forms }
}

function readVersion(text: string): Temporal | TemporalComplaint {
  const version = readNumber(text)
  if (typeof version !== 'number') return version
  return version === 0 ? { offset: 2, expected: 'a version, counted from 1' } : { kind: 'specific', version }
}

function readSteps(text: string, kind: 'backward' | 'forward'): Temporal | TemporalComplaint {
  if (text.length === 2) return { kind, steps: 1 }
  const steps = readNumber(text)
  return typeof steps === 'number' ? { kind, steps } : steps
}

/** One to nine digits after the sign. */
function readNumber(text: string): number | TemporalComplaint {
  let value = 0
  for (let index = 2; index < text.length; index += 1) {
    const digit = text.charCodeAt(index) - 0x30
    if (digit < 0 || digit > 9 || index >= 2 + maxDigits) return { offset: index, expected: `1 to ${maxDigits} digits` }
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
