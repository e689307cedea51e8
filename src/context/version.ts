import { maxContentBytes } from '../content/chunks.ts'
import { isName } from '../identity/certificate.ts'
import { readCount, readMap, readText } from '../identity/fields.ts'
import type { Cid } from '../lib/cid.ts'
import { cidOfLink, linkOfCid } from '../lib/cid.ts'
import type { Address } from '../ucxl/ucxl.ts'
import { formatResource } from '../ucxl/ucxl.ts'
import type { Metadata } from './context.ts'
import { parseResource } from './resource.ts'

/** The kind of a journal entry that adds one version to one resource. */
export const versionKind = 'version'

/** One version as its writer says it. @see docs/decisions/0005-one-writer-per-name.md */
export interface VersionRecord {
  /** Concrete, canonical. */
  readonly resource: Address
  readonly version: number
  /** Null for a deletion. */
  readonly cid: Cid | null
  readonly mediaType: string
  /** Of the content, in bytes, as its writer says; 0 for a deletion, and no more than content can have. */
  readonly size: number
  readonly metadata: Metadata
  /** The entry of the version before this one; null for the first. */
  readonly previous: Cid | null
  /** The oldest version that is still kept, after this one. */
  readonly keeps: number
}

/** Longest media type, in characters. */
const maxMediaTypeLength = 255
/** Most names of metadata. */
export const maxMetadataNames = 64
/** Longest value of metadata, in characters. */
export const maxMetadataLength = 4_096
/** Names and values of one version together, in characters. */
export const maxMetadataTotal = 32_768

/** `type/subtype`, parameters as they came. @see https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1 */
const mediaTypePattern = /^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127}(?:;[\x20-\x7e]*)?$/i

/** A version as the body of an entry. */
export function formatVersion(record: VersionRecord): Readonly<Record<string, unknown>> {
  return {
    v: 1,
    resource: formatResource(record.resource),
    version: record.version,
    cid: record.cid === null ? null : linkOfCid(record.cid),
    mediaType: record.mediaType,
    size: record.size,
    metadata: record.metadata,
    previous: record.previous === null ? null : linkOfCid(record.previous),
    keeps: record.keeps,
  }
}

const versionKeys = ['v', 'resource', 'version', 'cid', 'mediaType', 'size', 'metadata', 'previous', 'keeps'] as const

/** Reads a decoded body from a peer: exactly these keys, each in bounds. Undefined for anything else, which leaves the entry inert. */
export function parseVersion(body: unknown): VersionRecord | undefined {
  const map = readMap(body, versionKeys)
  if (map === undefined || map.get('v') !== 1) return undefined
  const named = map.get('resource')
  const resource = typeof named === 'string' ? parseResource(named) : undefined
  const version = readCount(map.get('version'))
  const keeps = readCount(map.get('keeps'))
  const size = readCount(map.get('size')) ?? Infinity
  const mediaType = map.get('mediaType')
  const metadata = parseMetadata(map.get('metadata'))
  if (resource === undefined || version === undefined || keeps === undefined || size > maxContentBytes || metadata === undefined)
    return undefined
  if (typeof mediaType !== 'string' || version < 1 || keeps < 1 || keeps > version) return undefined
  const cid = map.get('cid') === null ? null : cidOfLink(map.get('cid'))
  const previous = map.get('previous') === null ? null : cidOfLink(map.get('previous'))
  if (cid === undefined || previous === undefined || (previous === null) !== (version === 1)) return undefined
  // a deletion has nothing to say of content, so that it is written in one way
  const isWhole = cid === null ? mediaType === '' && size === 0 && Object.keys(metadata).length === 0 : isMediaType(mediaType)
  return isWhole ? { resource, version, cid, mediaType, size, metadata, previous, keeps } : undefined
}

/** Whether a text names a media type. */
export function isMediaType(text: string): boolean {
  return text.length <= maxMediaTypeLength && mediaTypePattern.test(text)
}

/** Whether two say the same, in whatever order. */
export function sameMetadata(one: Metadata, other: Metadata): boolean {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => Object.hasOwn(other, name) && one[name] === other[name])
}

/** Names of `[a-z0-9-]` with values of plain text, within limits; undefined for anything else. */
export function parseMetadata(value: unknown): Metadata | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) return undefined
  const entries = Object.entries(value)
  if (entries.length > maxMetadataNames) return undefined
  let total = 0
  const read: [string, string][] = []
  for (const [name, text] of entries) {
    const plain = readText(text, maxMetadataLength)
    if (plain === undefined || !isName(name)) return undefined
    total += name.length + plain.length
    read.push([name, plain])
  }
  // in one order, so that the same metadata is the same text
  return total > maxMetadataTotal ? undefined : Object.fromEntries(read.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
