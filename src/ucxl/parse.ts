import type { Address, Temporal } from './address.ts'
import { latest, maxAddressLength, maxComponentLength, wildcard } from './address.ts'
import { looseCharacter, lowerCharacter, segmentCharacter, skipClass } from './characters.ts'
import { parseTemporal } from './parse-temporal.ts'
import { findAuthorityEnd, refuseAuthority, refuseScheme, schemePrefix } from './refuse-authority.ts'
import type { AddressField } from './ucxl-error.ts'
import { UcxlError } from './ucxl-error.ts'

const [slash, question, hash, at, colon, star, dot] = [0x2f, 0x3f, 0x23, 0x40, 0x3a, 0x2a, 0x2e] as const
const whiteSpace = ' \t\r\n\f\v'
const none = -1

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
  return readShaped(input, input, allowStar) ?? readLowered(input, allowStar)
}

/** Undefined when scheme and authority are not what is written in lower case. */
function readShaped(input: string, raw: string, allowStar: boolean): Address | undefined {
  if (!input.startsWith(schemePrefix)) return undefined
  const agentEnd = skipComponent(input, schemePrefix.length, allowStar)
  const roleEnd = skipComponent(input, agentEnd + 1, allowStar)
  const projectEnd = skipComponent(input, roleEnd + 1, allowStar)
  const end = skipComponent(input, projectEnd + 1, allowStar)
  const isShaped = input.charCodeAt(agentEnd) === colon && input.charCodeAt(roleEnd) === at && input.charCodeAt(projectEnd) === colon
  if (!isShaped || !endsAuthority(input, end)) return undefined
  const temporalEnd = findTemporalEnd(input, end)
  const temporal = readTemporal(input, end + 1, temporalEnd)
  const pathEnd = skipPath(input, temporalEnd)
  const fragmentAt = pathEnd === input.length ? pathEnd : findFragment(input, pathEnd)
  return {
    agent: nameAt(input, schemePrefix.length, agentEnd),
    role: nameAt(input, agentEnd + 1, roleEnd),
    project: nameAt(input, roleEnd + 1, projectEnd),
    task: nameAt(input, projectEnd + 1, end),
    temporal,
    path: pathAt(input, temporalEnd, pathEnd),
    query: pathEnd < fragmentAt ? readLoose(input, pathEnd + 1, fragmentAt) : undefined,
    fragment: fragmentAt < input.length ? readLoose(input, fragmentAt + 1, input.length) : undefined,
    raw,
  }
}

/** The same for scheme and authority in any case. @throws UcxlError when they are none */
function readLowered(input: string, allowStar: boolean): Address {
  if (!/^ucxl:\/\//i.test(input)) refuseScheme(input)
  const end = findAuthorityEnd(input)
  const authority = input.slice(0, end)
  // Other alphabets have letters whose lower case is one of ASCII.
  const isAscii = skipClass(authority, 0, looseCharacter) === end
  const address = isAscii ? readShaped(authority.toLowerCase() + input.slice(end), input, allowStar) : undefined
  return address ?? refuseAuthority(input, allowStar)
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
function skipComponent(input: string, from: number, allowStar: boolean): number {
  if (allowStar && input.charCodeAt(from) === star) return from + 1
  const end = skipClass(input, from, lowerCharacter)
  return end === from || end - from > maxComponentLength ? none : end
}

function endsAuthority(input: string, end: number): boolean {
  if (end === none || end === input.length) return end !== none
  const code = input.charCodeAt(end)
  return code === slash || code === question || code === hash
}

function nameAt(input: string, from: number, to: number): string {
  return input.charCodeAt(from) === star ? wildcard : input.slice(from, to)
}

/** End of the temporal segment, which begins after the slash at `authorityEnd` when there is one. */
function findTemporalEnd(input: string, authorityEnd: number): number {
  if (input.charCodeAt(authorityEnd) !== slash) return authorityEnd
  const from = authorityEnd + 1
  if (isPresent(input, from)) return from + 1
  for (let index = from; index < input.length; index += 1) {
    const code = input.charCodeAt(index)
    if (code === slash || code === question || code === hash) return index
  }
  return input.length
}

/** `#` alone in the place of the temporal segment; `#words` there is a fragment. */
function isPresent(input: string, from: number): boolean {
  if (input.charCodeAt(from) !== hash) return false
  const next = from + 1 === input.length ? slash : input.charCodeAt(from + 1)
  return next === slash || next === question || next === hash
}

function readTemporal(input: string, from: number, to: number): Temporal {
  // No slash after the authority; a slash and nothing; the present.
  const isUnsaid = to < from || (to === from && input.charCodeAt(to) !== slash) || input.charCodeAt(from) === hash
  if (isUnsaid || (to - from === 2 && input.startsWith('*^', from))) return latest
  const outcome = parseTemporal(input.slice(from, to))
  return 'kind' in outcome ? outcome : refuse(input, 'temporal', { offset: from + outcome.offset, expected: outcome.expected })
}

/** End of the path, which begins with the slash at `from` when there is one. */
function skipPath(input: string, from: number): number {
  if (input.charCodeAt(from) !== slash) return from
  let start = from + 1
  for (;;) {
    const end = skipClass(input, start, segmentCharacter)
    const isLast = end === input.length || input.charCodeAt(end) === question || input.charCodeAt(end) === hash
    if (!isLast && input.charCodeAt(end) !== slash)
      refuse(input, 'path', { offset: end, expected: 'letters, digits, "_", "-" or "." between slashes' })
    // One slash at the end is dropped; so is the one after a temporal segment without a path.
    if (isLast && end === start) return end
    refuseSegment(input, start, end)
    if (isLast) return end
    start = end + 1
  }
}

function refuseSegment(input: string, from: number, to: number): void {
  const length = to - from
  if (length === 0) refuse(input, 'path', { offset: from, expected: 'a name between two slashes' })
  const isDots = length <= 2 && input.charCodeAt(from) === dot && input.charCodeAt(to - 1) === dot
  if (isDots) refuse(input, 'path', { offset: from, expected: 'a name that is not "." or ".."' })
}

function pathAt(input: string, from: number, to: number): string {
  const end = to > from && input.charCodeAt(to - 1) === slash ? to - 1 : to
  return end > from ? input.slice(from + 1, end) : ''
}

function findFragment(input: string, from: number): number {
  const found = input.indexOf('#', from)
  return found === none ? input.length : found
}

function readLoose(input: string, from: number, to: number): string {
  const end = skipClass(input, from, looseCharacter)
  if (end < to) refuse(input, 'address', { offset: end, expected: 'ASCII without white space and without "%"' })
  return input.slice(from, to)
}
