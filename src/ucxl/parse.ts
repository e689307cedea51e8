import type { Address, Temporal } from './address.ts'
import { latest, maxAddressLength, maxComponentLength, wildcard } from './address.ts'
import { componentCharacter, looseCharacter, lowerCharacter, Scan, segmentCharacter } from './characters.ts'
import { formatAddress } from './format.ts'
import { readTemporalAt } from './parse-temporal.ts'
import { refuseAuthority, refuseScheme, schemePrefix } from './refuse-authority.ts'
import type { AddressField } from './ucxl-error.ts'
import { UcxlError } from './ucxl-error.ts'

const [slash, question, hash, at, colon, star, dot] = [0x2f, 0x3f, 0x23, 0x40, 0x3a, 0x2a, 0x2e] as const
const whiteSpace = ' \t\r\n\f\v'
const none = -1
/** Most characters that the form that is written has more than what was read: an instant gets its milliseconds and its zone, four "*" become "any". */
const mostWritten = '.000Z'.length + 4 * ('any'.length - '*'.length)

/** The address under the reader's eyes. */
const scan = new Scan(maxAddressLength)
const { codes } = scan

/**
 * Reads an address in every documented form. Linear in its input.
 *
 * @throws UcxlError with the first field that fails, and where
 * @see docs/protocols/ucxl.md §1
 */
export function parseAddress(input: string): Address {
  return read(input, false)
}

/** Reads a pattern: the same, and `*` as a component is the wildcard. @throws UcxlError */
export function parsePattern(input: string): Address {
  return read(input, true)
}

function read(input: string, allowStar: boolean): Address {
  refuseEnds(input)
  scan.take(input)
  if (!input.startsWith(schemePrefix) && !/^ucxl:\/\//i.test(input)) refuseScheme(input)
  const address =
    readShaped(input, allowStar, lowerCharacter) ??
    readShaped(input, allowStar, componentCharacter) ??
    refuseAuthority(input, scan, allowStar)
  if (input.length > maxAddressLength - mostWritten && formatAddress(address).length > maxAddressLength)
    refuse(input, 'address', { offset: input.length, expected: `no more than ${maxAddressLength} characters in the form that is written` })
  return address
}

/** Undefined when there is no authority of components of one class of characters. */
function readShaped(input: string, allowStar: boolean, characters: number): Address | undefined {
  const agentEnd = skipComponent(schemePrefix.length, allowStar, characters)
  if (codes[agentEnd] !== colon) return undefined
  const roleEnd = skipComponent(agentEnd + 1, allowStar, characters)
  if (codes[roleEnd] !== at) return undefined
  const projectEnd = skipComponent(roleEnd + 1, allowStar, characters)
  if (codes[projectEnd] !== colon) return undefined
  const end = skipComponent(projectEnd + 1, allowStar, characters)
  if (!endsAuthority(input, end)) return undefined
  const temporalEnd = findTemporalEnd(input, end)
  const temporal = readTemporal(input, end + 1, temporalEnd)
  const pathEnd = skipPath(input, temporalEnd)
  const fragmentAt = pathEnd === input.length ? pathEnd : findFragment(input, pathEnd)
  const isLower = characters === lowerCharacter
  return {
    agent: nameOf(input.slice(schemePrefix.length, agentEnd), isLower),
    role: nameOf(input.slice(agentEnd + 1, roleEnd), isLower),
    project: nameOf(input.slice(roleEnd + 1, projectEnd), isLower),
    task: nameOf(input.slice(projectEnd + 1, end), isLower),
    temporal,
    path: pathAt(input, temporalEnd, pathEnd),
    query: pathEnd < fragmentAt ? readLoose(input, pathEnd + 1, fragmentAt) : undefined,
    fragment: fragmentAt < input.length ? readLoose(input, fragmentAt + 1, input.length) : undefined,
    raw: input,
  }
}

function refuse(input: string, field: AddressField, { offset, expected }: { readonly offset: number; readonly expected: string }): never {
  throw new UcxlError(input, { field, offset, expected })
}

function refuseEnds(input: string): void {
  const { length } = input
  if (length === 0) refuse(input, 'address', { offset: 0, expected: 'ucxl://agent:role@project:task/temporal/path' })
  if (length > maxAddressLength)
    refuse(input, 'address', { offset: maxAddressLength, expected: `no more than ${maxAddressLength} characters` })
  const offset = isWhite(input, 0) ? 0 : isWhite(input, length - 1) ? length - 1 : none
  if (offset !== none) refuse(input, 'address', { offset, expected: 'no white space around the address' })
}

function isWhite(input: string, index: number): boolean {
  return input.charCodeAt(index) <= 0x20 && whiteSpace.includes(input.charAt(index))
}

/** Where a component ends that begins at `from`; -1 when it is none. */
function skipComponent(from: number, allowStar: boolean, characters: number): number {
  if (allowStar && codes[from] === star) return from + 1
  const end = scan.skip(from, characters)
  return end === from || end - from > maxComponentLength ? none : end
}

function endsAuthority(input: string, end: number): boolean {
  return end !== none && (end === input.length || isDelimiter(codes[end]))
}

function isDelimiter(code: number | undefined): boolean {
  return code === slash || code === question || code === hash
}

function nameOf(component: string, isLower: boolean): string {
  const name = isLower ? component : component.toLowerCase()
  return name === '*' ? wildcard : name
}

/** End of the temporal segment, which begins after the slash at `authorityEnd` when there is one. */
function findTemporalEnd(input: string, authorityEnd: number): number {
  if (codes[authorityEnd] !== slash) return authorityEnd
  const from = authorityEnd + 1
  if (isPresent(input, from)) return from + 1
  for (let index = from; index < input.length; index += 1) if (isDelimiter(codes[index])) return index
  return input.length
}

/** `#` alone in the place of the temporal segment; `#words` there is a fragment. */
function isPresent(input: string, from: number): boolean {
  return codes[from] === hash && (from + 1 === input.length || isDelimiter(codes[from + 1]))
}

function readTemporal(input: string, from: number, to: number): Temporal {
  // No slash after the authority; a slash and nothing; the present.
  if (to < from || (to === from && codes[to] !== slash) || codes[from] === hash) return latest
  const outcome = readTemporalAt(input, from, to)
  return 'kind' in outcome ? outcome : refuse(input, 'temporal', { offset: from + outcome.offset, expected: outcome.expected })
}

/** End of the path, which begins with the slash at `from` when there is one. */
function skipPath(input: string, from: number): number {
  if (codes[from] !== slash) return from
  let start = from + 1
  for (;;) {
    const end = scan.skip(start, segmentCharacter)
    const isLast = end === input.length || codes[end] === question || codes[end] === hash
    if (!isLast && codes[end] !== slash)
      refuse(input, 'path', { offset: end, expected: 'letters, digits, "_", "-" or "." between slashes' })
    // One slash at the end is dropped; so is the one after a temporal segment without a path.
    if (isLast && end === start) return end
    if (end - start <= 2) refuseShort(input, start, end)
    if (isLast) return end
    start = end + 1
  }
}

/** Segments that lead nowhere, or somewhere else. */
function refuseShort(input: string, from: number, to: number): void {
  if (from === to) refuse(input, 'path', { offset: from, expected: 'a name between two slashes' })
  if (codes[from] === dot && codes[to - 1] === dot) refuse(input, 'path', { offset: from, expected: 'a name that is not "." or ".."' })
}

function pathAt(input: string, from: number, to: number): string {
  const end = to > from && codes[to - 1] === slash ? to - 1 : to
  return end > from ? input.slice(from + 1, end) : ''
}

function findFragment(input: string, from: number): number {
  const found = input.indexOf('#', from)
  return found === none ? input.length : found
}

function readLoose(input: string, from: number, to: number): string {
  const end = scan.skip(from, looseCharacter)
  if (end < to) refuse(input, 'address', { offset: end, expected: 'ASCII without white space and without "%"' })
  return input.slice(from, to)
}
