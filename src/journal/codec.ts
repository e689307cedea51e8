import { isSignedBy, keyOfPeerId, parsePeerId, peerIdOfKey } from '../identity/keys.ts'
import type { PeerId, SigningKey } from '../identity/keys.ts'
import { decodeCanonical, encodeCanonical } from '../lib/canonical.ts'
import type { Cid } from '../lib/cid.ts'
import { cidOfLink, createCid, dagCborCodec, linkOfCid } from '../lib/cid.ts'
import type { Entry, EntryHeader, HiveId } from './entry.ts'

/** Domain of an entry's signature. @see docs/protocols/journal.md §2 */
export const entryDomain = 'althing-entry-v1'
/** Longest body of an entry in bytes; everybody refuses more. */
export const maxBodyBytes = 65_536
/** Longest header in bytes: the fields at their largest come to 400. */
export const maxHeaderBytes = 512
/** Longest entry on the wire in bytes: header, signature, body, and the heads of the list they stand in. */
export const maxWireEntryBytes = maxHeaderBytes + 64 + maxBodyBytes + 16
/** Highest incarnation number: each is one disk set back, and the cuts of all of them fit one body. */
export const maxIncarnation = 1024
/** Last moment a JavaScript date can name, in milliseconds. */
const maxTime = 8_640_000_000_000_000
const headerKeys = ['v', 'hive', 'node', 'incarnation', 'seq', 'prev', 'kind', 'at', 'bodyCid', 'bodySize'] as const

/** An entry as a dag-cbor list: header's bytes, signature, body's bytes or null when it was erased. */
export type WireEntry = readonly [Uint8Array, Uint8Array, Uint8Array | null]

/** Whether a text names a kind: 1–64 of `[a-z0-9.-]`. */
export function isKind(text: string): boolean {
  return /^[a-z0-9.-]{1,64}$/.test(text)
}

/** The canonical bytes of a header. */
export function formatHeader(header: EntryHeader): Uint8Array {
  return encodeCanonical({
    v: 1,
    hive: linkOfCid(header.hive),
    node: header.node,
    incarnation: header.incarnation,
    seq: header.seq,
    prev: header.prev === null ? null : linkOfCid(header.prev),
    kind: header.kind,
    at: header.at,
    bodyCid: linkOfCid(header.bodyCid),
    bodySize: header.bodySize,
  })
}

/** Reads a header from outside: undefined unless canonical, complete, and within every limit. */
export function parseHeader(bytes: Uint8Array): EntryHeader | undefined {
  const decoded = decodeCanonical(bytes, { maxBytes: maxHeaderBytes, maxDepth: 3 })?.value
  if (decoded === null || typeof decoded !== 'object' || Array.isArray(decoded)) return undefined
  const fields = new Map<string, unknown>(Object.entries(decoded))
  if (fields.size !== headerKeys.length || !headerKeys.every((key) => fields.has(key)) || fields.get('v') !== 1) return undefined
  const hive = cidOfLink(fields.get('hive'))
  const node = parseNode(fields.get('node'))
  const incarnation = parseInteger(fields.get('incarnation'), 1, maxIncarnation)
  const seq = parseInteger(fields.get('seq'), 1, Number.MAX_SAFE_INTEGER)
  const link = fields.get('prev')
  const prev = link === null ? null : cidOfLink(link)
  const kind = fields.get('kind')
  const at = parseInteger(fields.get('at'), 0, maxTime)
  const bodyCid = cidOfLink(fields.get('bodyCid'))
  const bodySize = parseInteger(fields.get('bodySize'), 0, maxBodyBytes)
  if (hive === undefined || node === undefined || incarnation === undefined || seq === undefined || prev === undefined) return undefined
  if (typeof kind !== 'string' || !isKind(kind) || at === undefined || bodyCid === undefined || bodySize === undefined) return undefined
  if ((seq === 1) !== (prev === null)) return undefined
  return { v: 1, hive: hive as HiveId, node, incarnation, seq, prev, kind, at, bodyCid, bodySize }
}

/** A body as an entry carries it. */
export interface Body {
  readonly bytes: Uint8Array
  readonly cid: Cid
}

/** The canonical bytes of a body and their name. */
export function formatBody(body: unknown): Body {
  const bytes = encodeCanonical(body)
  return { bytes, cid: createCid(dagCborCodec, bytes) }
}

/** What a body says; undefined for one that was erased or is no canonical dag-cbor: such an entry stands in its chain and is inert. */
export function parseBody(entry: Pick<Entry, 'bodyBytes'>): { readonly value: unknown } | undefined {
  return entry.bodyBytes === undefined ? undefined : decodeCanonical(entry.bodyBytes, { maxBytes: maxBodyBytes })
}

/** A new entry under our own signature. */
export function signEntry(key: SigningKey, header: Omit<EntryHeader, 'v' | 'node'>, bodyBytes: Uint8Array): Entry {
  const whole: EntryHeader = { ...header, v: 1, node: peerIdOfKey(key.publicKey) }
  const headerBytes = formatHeader(whole)
  return {
    cid: createCid(dagCborCodec, headerBytes),
    header: whole,
    headerBytes,
    signature: key.sign(entryDomain, headerBytes),
    bodyBytes,
  }
}

/** Whether an entry carries its author's signature. */
export function isSigned(entry: Entry): boolean {
  const name = `${entry.cid} ${Buffer.from(entry.signature).toString('latin1')}`
  if (goodSignatures.has(name)) return true
  const key = remember(publicKeys, entry.header.node, () => keyOfPeerId(entry.header.node))
  if (key === undefined || !isSignedBy(key, entryDomain, entry.headerBytes, entry.signature)) return false
  remember(goodSignatures, name, () => true)
  return true
}

/** The entry as it stands in messages. */
export function formatWire(entry: Entry): WireEntry {
  return [entry.headerBytes, entry.signature, entry.bodyBytes ?? null]
}

/**
 * Reads an entry out of a decoded message: canonical header, whole signature, body that hashes to its name.
 *
 * Whether the signature is good is not looked at: `receive` decides which ones must be. Undefined for anything else.
 */
export function parseWire(value: unknown): Entry | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined
  const [headerBytes, signature, body]: readonly unknown[] = value
  if (!(headerBytes instanceof Uint8Array) || !(signature instanceof Uint8Array) || signature.byteLength !== 64) return undefined
  if (body !== null && !(body instanceof Uint8Array)) return undefined
  const header = parseHeader(headerBytes)
  if (header === undefined) return undefined
  const bodyBytes = body ?? undefined
  if (bodyBytes !== undefined && (bodyBytes.byteLength !== header.bodySize || createCid(dagCborCodec, bodyBytes) !== header.bodyCid))
    return undefined
  return { cid: createCid(dagCborCodec, headerBytes), header, headerBytes, signature, bodyBytes }
}

/** An entry as bytes of its own, as gossip and vectors carry it. */
export function formatEntry(entry: Entry): Uint8Array {
  return encodeCanonical(formatWire(entry))
}

/** Reads an entry that came as bytes of its own. Its signature is not looked at. */
export function parseEntry(bytes: Uint8Array): Entry | undefined {
  return parseWire(decodeCanonical(bytes, { maxBytes: maxWireEntryBytes, maxDepth: 3 })?.value)
}

/** Reads a peer id out of a decoded message. */
export function parseNode(value: unknown): PeerId | undefined {
  return typeof value === 'string' ? remember(nodes, value, () => parsePeerId(value)) : undefined
}

/** An entry comes by gossip, in answers and as proof; a proof of a fork comes from everybody. Checking costs 60 µs. */
const goodSignatures = new Map<string, true>()
/** Base58 is slow, and the same few names come with every entry. */
const nodes = new Map<string, PeerId>()
const publicKeys = new Map<PeerId, Uint8Array>()
/** More than the largest hive aimed at; the oldest quarter goes first. */
const maxRemembered = 4096

function remember<K, V>(known: Map<K, V>, key: K, make: () => V | undefined): V | undefined {
  const found = known.get(key)
  if (found !== undefined) return found
  const made = make()
  if (made === undefined) return undefined
  if (known.size >= maxRemembered) for (const oldest of [...known.keys()].slice(0, maxRemembered / 4)) known.delete(oldest)
  known.set(key, made)
  return made
}

function parseInteger(value: unknown, min: number, max: number): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined
}
