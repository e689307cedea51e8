import type { Cid } from '../lib/cid.ts'
import { parseCid } from '../lib/cid.ts'
import type { Fault } from '../lib/fault.ts'
import type { Address, Temporal } from '../ucxl/ucxl.ts'
import { componentNames, parseAddress, parseInstant, parsePattern, parseTemporal, UcxlError, wildcard } from '../ucxl/ucxl.ts'
import type { Condition, Metadata } from './context.ts'
import { contextFaults } from './faults.ts'
import { parseMetadata } from './version.ts'

/** Characters before the agent. */
const schemeLength = 'ucxl://'.length
/** Longest input that a message repeats, in characters. */
const maxShown = 120

/** An address from outside. @throws Fault UCXL_INVALID */
export function readAddress(text: string, kind: 'address' | 'pattern'): Address {
  try {
    return kind === 'pattern' ? parsePattern(text) : parseAddress(text)
  } catch (error) {
    if (error instanceof UcxlError) throw invalidAddress(text, error)
    throw error
  }
}

/** An address from outside that means one resource, at any time; `at`, where it is given, is the time. @throws Fault UCXL_INVALID */
export function readOne(text: string, at?: string): Address {
  const address = readAddress(text, 'address')
  let offset = schemeLength
  for (const name of componentNames) {
    const expected = `a name; "${wildcard}" stands for every one, which is for patterns`
    if (address[name] === wildcard) throw invalidAddress(text, { field: name, offset, expected })
    offset += address[name].length + 1
  }
  if (at === undefined) return address
  if (address.temporal.kind === 'latest') return { ...address, temporal: readTemporal(at) }
  const expected = `*^, because the time is said beside it (${at.slice(0, maxShown).toWellFormed()}): one of the two`
  throw invalidAddress(text, { field: 'temporal', offset, expected })
}

/** A temporal segment from outside. @throws Fault UCXL_INVALID */
export function readTemporal(text: string): Temporal {
  const temporal = parseTemporal(text)
  if ('kind' in temporal) return temporal
  throw invalidAddress(text, { field: 'temporal', ...temporal })
}

/** An instant from outside, in milliseconds. @throws Fault UCXL_INVALID */
export function readInstant(text: string): number {
  const instant = parseInstant(text)
  if (typeof instant === 'number') return instant
  throw invalidAddress(text, { field: 'temporal', offset: instant.offset, expected: `${instant.expected}, as in 2026-01-31T09:30:00Z` })
}

/** `name=value` texts. @throws Fault METADATA_INVALID */
export function readMeta(texts: readonly string[]): Metadata {
  const pairs = texts.map((text) => [text.slice(0, Math.max(0, text.indexOf('='))), text.slice(text.indexOf('=') + 1)] as const)
  const metadata = parseMetadata(Object.fromEntries(pairs))
  if (metadata !== undefined && Object.keys(metadata).length === texts.length && !Object.hasOwn(metadata, '')) return metadata
  const reason = `metadata is written name=value, each name once, of a–z, 0–9 and hyphen; got ${JSON.stringify(texts.join(', ').slice(0, maxShown))}`
  throw contextFaults.create('METADATA_INVALID', { message: reason, data: { reason } })
}

/** @throws Fault CONDITION_FAILED for what names no content, so that it can have no version */
export function readCondition({
  ifMatch,
  ifAbsent,
}: {
  readonly ifMatch?: string | undefined
  readonly ifAbsent?: boolean
}): Condition | undefined {
  if (ifAbsent === true) return { is: 'absent' }
  if (ifMatch === undefined) return undefined
  const cid = parseCid(ifMatch)
  if (cid !== undefined) return { is: 'content', cid }
  throw contextFaults.create('CONDITION_FAILED', {
    message: `${JSON.stringify(ifMatch.slice(0, maxShown))} is no name of content, so nothing can have it; give the cid of a version`,
    data: { resource: null, version: 0, cid: null },
  })
}

/** The name of content that was read elsewhere. @throws Fault CHECKSUM_DIFFERS for what names none */
export function readChecksum(text: string): Cid {
  const cid = parseCid(text)
  if (cid !== undefined) return cid
  throw contextFaults.create('CHECKSUM_DIFFERS', {
    message: `${JSON.stringify(text.slice(0, maxShown))} is no name of content, so no version has it; give the cid of the newest version`,
    data: { resource: null, field: 'checksum', found: null },
  })
}

function invalidAddress(text: string, { field, offset, expected }: Pick<UcxlError, 'field' | 'offset' | 'expected'>): Fault {
  const shown = text.slice(0, maxShown).toWellFormed()
  return contextFaults.create('UCXL_INVALID', {
    message: `${JSON.stringify(shown)}: at character ${offset} the ${field} cannot be read: expected ${expected}`,
    data: { field, provided: shown, offset, expected },
  })
}
