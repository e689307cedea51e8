import { maxComponentLength } from './address.ts'
import type { Scan } from './characters.ts'
import { componentCharacter } from './characters.ts'
import type { AddressComplaint, AddressField } from './ucxl-error.ts'
import { UcxlError } from './ucxl-error.ts'

export const schemePrefix = 'ucxl://'

/** Says where the scheme is none; older notations are named, with who rewrites them. @throws UcxlError always */
export function refuseScheme(input: string): never {
  const lower = input.slice(0, schemePrefix.length).toLowerCase()
  let offset = 0
  while (offset < lower.length && lower[offset] === schemePrefix[offset]) offset += 1
  const isOlder = /^bzzz:\/\//i.test(input) || /^[\w-]{1,64}(?:\/[\w-]{1,64}){3}(?:\/|$)/.test(input)
  const importer = isOlder ? '; this is an older notation, rewrite it with `althing ucxl import`' : ''
  throw new UcxlError(input, { field: 'scheme', offset, expected: `"${schemePrefix}"${importer}` })
}

/** Says what is wrong with an authority that could not be read and that `scan` has taken: first its shape, then the first component that is none. @throws UcxlError always */
export function refuseAuthority(input: string, scan: Scan, allowStar: boolean): never {
  const end = findAuthorityEnd(input)
  const sign = findSign(input, end)
  const [left, right] = [splitPair(input, schemePrefix.length, sign), splitPair(input, sign + 1, end)]
  const places: readonly Place[] = [
    { field: 'agent', from: schemePrefix.length, to: left },
    { field: 'role', from: left + 1, to: sign },
    { field: 'project', from: sign + 1, to: right },
    { field: 'task', from: right + 1, to: end },
  ]
  const [first] = places.flatMap((place) => judgeComponent(place, { input, scan, allowStar }) ?? [])
  throw new UcxlError(input, first ?? { field: 'authority', offset: end, expected: 'agent:role@project:task' })
}

interface Place {
  readonly field: AddressField
  readonly from: number
  /** Before `from` when the colon before it is not there. */
  readonly to: number
}

/** Where the authority ends, which begins after the scheme. */
function findAuthorityEnd(input: string): number {
  const length = input.slice(schemePrefix.length).search(/[/?#]/)
  return length < 0 ? input.length : schemePrefix.length + length
}

function findSign(input: string, end: number): number {
  const sign = input.indexOf('@', schemePrefix.length)
  if (sign < 0 || sign >= end) throw new UcxlError(input, { field: 'authority', offset: end, expected: 'agent:role@project:task' })
  const second = input.indexOf('@', sign + 1)
  const isTwice = second >= 0 && second < end
  if (isTwice) throw new UcxlError(input, { field: 'authority', offset: second, expected: 'one "@" between agent:role and project:task' })
  return sign
}

/** The last colon of a pair, or its end when there is none. */
function splitPair(input: string, from: number, to: number): number {
  const found = input.lastIndexOf(':', to - 1)
  return found < from ? to : found
}

function judgeComponent(
  { field, from, to }: Place,
  { input, scan, allowStar }: { readonly input: string; readonly scan: Scan; readonly allowStar: boolean },
): AddressComplaint | undefined {
  if (to < from) return { field, offset: to, expected: `":" and the ${field}` }
  const isStar = to - from === 1 && input.charAt(from) === '*'
  const end = Math.min(scan.skip(from, componentCharacter), to)
  const isWhole = (end === to && to > from && to - from <= maxComponentLength) || (isStar && allowStar)
  if (isWhole) return undefined
  const expected = `1 to ${maxComponentLength} letters, digits, "_" or "-"${isStar ? '; "*" stands only in patterns, write any' : ''}`
  return { field, offset: Math.min(end, from + maxComponentLength), expected }
}
