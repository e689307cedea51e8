import { decodeCanonical, encodeCanonical } from '../lib/canonical.ts'
import { readBytes, readCount, readList, readMap, readPeerId, readText } from '../identity/fields.ts'
import type { PeerId } from '../identity/keys.ts'
import { formatWire, maxWireEntryBytes, parseWire } from '../journal/codec.ts'
import type { Entry, HiveId } from '../journal/entry.ts'
import type { NodePosition } from './grant.ts'
import { readPosition } from './grant.ts'
import { maxGenesisBytes, shortHiveId } from './genesis.ts'
import { inviteIdBytes } from './invite-table.ts'

/** The one protocol strangers may speak. @see docs/protocols/hive.md §5 */
export function joinProtocol(hive: HiveId): string {
  return `/althing/${shortHiveId(hive)}/join/1`
}

/** Entries of root journals in one message at most. */
export const maxPageEntries = 256
/** Bytes of entries in one message, as asked of the journal; one entry may be larger. */
export const maxPageBytes = 131_072
/** Longest message: a page with its evidence, or a whole entry, and the framing. */
export const maxMessageBytes = maxPageBytes * 2 + maxWireEntryBytes
/** Longest first message of a stranger; a longer one is not decoded. */
export const maxOpeningBytes = 65_536
/** Journals whose heads are exchanged. */
const maxRoots = 512
/** Certificates of one node: one for each owner it may have had. */
const maxCertificates = 4
const maxDocumentBytes = 8_192
const nonceBytes = 32
const proofBytes = 32
const signatureBytes = 64

/** Entries, and the erase records that excuse missing bodies. */
export interface Page {
  readonly entries: readonly Entry[]
  readonly evidence: readonly Entry[]
}

/** What one side says of the journals that carry grants: how far it has them. */
export type Roots = readonly NodePosition[]

export const refusals = ['unknown', 'spent', 'expired', 'handle-taken', 'not-root', 'revoked', 'busy', 'owner-absent'] as const
/** Why a code was not taken. */
export type Refusal = (typeof refusals)[number]

export type JoinMessage =
  /** The dialler introduces itself to members. */
  | { readonly t: 'hello'; readonly certificates: readonly Uint8Array[]; readonly roots: Roots }
  /** The answer; who answers shows itself only to whom it admits. */
  | {
      readonly t: 'welcome'
      readonly verdict: 'admitted' | 'unknown' | 'denied'
      readonly certificates: readonly Uint8Array[]
      readonly roots: Roots
    }
  /** Asks for entries of a root's journal from a position on. */
  | ({ readonly t: 'want' } & NodePosition)
  | ({ readonly t: 'grants'; readonly more: boolean } & Page)
  | { readonly t: 'knock'; readonly invite: Uint8Array; readonly nonce: Uint8Array }
  | { readonly t: 'challenge'; readonly nonce: Uint8Array }
  /** `nodeProof`: the certified node's signature; a guest speaks from an address with a key of its own. */
  | {
      readonly t: 'join'
      readonly proof: Uint8Array
      readonly nodeProof: Uint8Array
      readonly certificate: Uint8Array
      readonly handle: string
    }
  | {
      readonly t: 'enroll'
      readonly proof: Uint8Array
      readonly nodeProof: Uint8Array
      readonly node: PeerId
      readonly label: string
      readonly lastSerial: number
    }
  | ({
      readonly t: 'joined'
      readonly proof: Uint8Array
      readonly genesis: Uint8Array
      /** For an enrolment: the newcomer's certificate. */
      readonly certificate: Uint8Array | null
      readonly handle: string
    } & Page)
  | { readonly t: 'refused'; readonly reason: Refusal }

/** The bytes of a message. */
export function formatMessage(message: JoinMessage): Uint8Array {
  if (!('entries' in message)) return encodeCanonical(message)
  return encodeCanonical({ ...message, entries: message.entries.map(formatWire), evidence: message.evidence.map(formatWire) })
}

/** Reads a message from a peer: undefined unless canonical, of a known type, complete, and within every limit. */
export function parseMessage(bytes: Uint8Array, options: { readonly maxBytes: number }): JoinMessage | undefined {
  const value = decodeCanonical(bytes, { maxBytes: options.maxBytes, maxDepth: 5 })?.value
  const t = typeof value === 'object' && value !== null && Object.hasOwn(value, 't') ? (value as { readonly t: unknown }).t : undefined
  return typeof t === 'string' && Object.hasOwn(readers, t) ? readers[t as JoinMessage['t']](value) : undefined
}

type MessageReader<T> = (value: unknown) => T | undefined

const readers: { readonly [T in JoinMessage['t']]: MessageReader<Extract<JoinMessage, { t: T }>> } = {
  hello: (value) => {
    const map = readMap(value, ['t', 'certificates', 'roots'])
    const certificates = readList(map?.get('certificates'), maxCertificates, readDocument)
    const roots = readRoots(map?.get('roots'))
    return certificates === undefined || certificates.length === 0 || roots === undefined ? undefined : { t: 'hello', certificates, roots }
  },
  welcome: (value) => {
    const map = readMap(value, ['t', 'verdict', 'certificates', 'roots'])
    const verdict = (['admitted', 'unknown', 'denied'] as const).find((known) => known === map?.get('verdict'))
    const certificates = readList(map?.get('certificates'), maxCertificates, readDocument)
    const roots = readRoots(map?.get('roots'))
    if (verdict === undefined || certificates === undefined || roots === undefined) return undefined
    return { t: 'welcome', verdict, certificates, roots }
  },
  want: (value) => {
    const map = readMap(value, ['t', 'node', 'incarnation', 'seq'])
    const node = readPeerId(map?.get('node'))
    const incarnation = readCount(map?.get('incarnation'))
    const seq = readCount(map?.get('seq'))
    return node === undefined || incarnation === undefined || seq === undefined ? undefined : { t: 'want', node, incarnation, seq }
  },
  grants: (value) => {
    const map = readMap(value, ['t', 'more', 'entries', 'evidence'])
    const more = map?.get('more')
    const page = readPage(map)
    return typeof more !== 'boolean' || page === undefined ? undefined : { t: 'grants', more, ...page }
  },
  knock: (value) => {
    const map = readMap(value, ['t', 'invite', 'nonce'])
    const invite = readBytes(map?.get('invite'), inviteIdBytes)
    const nonce = readBytes(map?.get('nonce'), nonceBytes)
    return invite === undefined || nonce === undefined ? undefined : { t: 'knock', invite, nonce }
  },
  challenge: (value) => {
    const nonce = readBytes(readMap(value, ['t', 'nonce'])?.get('nonce'), nonceBytes)
    return nonce === undefined ? undefined : { t: 'challenge', nonce }
  },
  join: (value) => {
    const map = readMap(value, ['t', 'proof', 'nodeProof', 'certificate', 'handle'])
    const proof = readBytes(map?.get('proof'), proofBytes)
    const nodeProof = readBytes(map?.get('nodeProof'), signatureBytes)
    const certificate = readDocument(map?.get('certificate'))
    const handle = readText(map?.get('handle'), 32)
    if (proof === undefined || nodeProof === undefined || certificate === undefined || handle === undefined) return undefined
    return { t: 'join', proof, nodeProof, certificate, handle }
  },
  enroll: (value) => {
    const map = readMap(value, ['t', 'proof', 'nodeProof', 'node', 'label', 'lastSerial'])
    const proof = readBytes(map?.get('proof'), proofBytes)
    const nodeProof = readBytes(map?.get('nodeProof'), signatureBytes)
    const node = readPeerId(map?.get('node'))
    const label = readText(map?.get('label'), 64)
    const lastSerial = readCount(map?.get('lastSerial'))
    if (proof === undefined || nodeProof === undefined || node === undefined || label === undefined || lastSerial === undefined)
      return undefined
    return { t: 'enroll', proof, nodeProof, node, label, lastSerial }
  },
  joined: (value) => {
    const map = readMap(value, ['t', 'proof', 'genesis', 'certificate', 'handle', 'entries', 'evidence'])
    const proof = readBytes(map?.get('proof'), proofBytes)
    const genesis = map?.get('genesis')
    const certificate = map?.get('certificate') === null ? null : readDocument(map?.get('certificate'))
    const handle = readText(map?.get('handle'), 32)
    const page = readPage(map)
    if (proof === undefined || !(genesis instanceof Uint8Array) || genesis.byteLength > maxGenesisBytes) return undefined
    if (certificate === undefined || handle === undefined || page === undefined) return undefined
    return { t: 'joined', proof, genesis, certificate, handle, ...page }
  },
  refused: (value) => {
    const reason = refusals.find((known) => known === readMap(value, ['t', 'reason'])?.get('reason'))
    return reason === undefined ? undefined : { t: 'refused', reason }
  },
}

function readPage(map: ReadonlyMap<string, unknown> | undefined): Page | undefined {
  const entries = readList(map?.get('entries'), maxPageEntries, parseWire)
  const evidence = readList(map?.get('evidence'), maxPageEntries, parseWire)
  return entries === undefined || evidence === undefined ? undefined : { entries, evidence }
}

function readRoots(value: unknown): Roots | undefined {
  return readList(value, maxRoots, readPosition)
}

function readDocument(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array && value.byteLength <= maxDocumentBytes ? value : undefined
}
