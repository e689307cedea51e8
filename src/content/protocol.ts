import type { PeerId } from '../identity/keys.ts'
import { isSignedBy, keyOfPeerId } from '../identity/keys.ts'
import type { SigningKey } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import { decodeCanonical, encodeCanonical } from '../lib/canonical.ts'
import type { Cid } from '../lib/cid.ts'
import { cidOfLink, linkOfCid } from '../lib/cid.ts'
import { chunkBytes, maxChunks, maxContentBytes } from './chunks.ts'

/** Blocks travel in messages of at most this many bytes, so that a slow line shows progress long before a chunk is through. */
export const pieceBytes = 262_144
/** Longest message of the protocol, either way. */
export const maxMessageBytes = pieceBytes
/** Longest request, and longest head of an answer (a bitmap of 24,576 chunks is 3 KiB). */
const maxRequestBytes = 512
const maxAnswerBytes = 4_096
/** Blocks in one range at most. @see docs/protocols/content.md §3 */
export const maxRangeBlocks = 64
const receiptDomain = 'althing-copy-v1'

/** The protocol's name in a hive. @see spec: wire names */
export function contentProtocol(hive: HiveId): string {
  return `/althing/${hive.slice(0, 16)}/content/1`
}

/** What may be asked. `id` comes back in the answer. */
export type Request =
  /** The root block itself: the list, or the content when it is one block. */
  | { readonly t: 'root'; readonly id: number; readonly root: Cid }
  /** Chunks `from` to `from + count`, of content with a list. */
  | { readonly t: 'get'; readonly id: number; readonly root: Cid; readonly from: number; readonly count: number }
  | { readonly t: 'have'; readonly id: number; readonly root: Cid }
  /** Please keep a copy, and sign for it. */
  | { readonly t: 'keep'; readonly id: number; readonly root: Cid; readonly size: number }

/** Why something is not given. */
export type Refusal = 'absent' | 'busy' | 'refused'

export type Answer =
  | { readonly t: 'no'; readonly id: number; readonly why: Refusal }
  /** `size` bytes of root block follow in pieces. */
  | { readonly t: 'root'; readonly id: number; readonly size: number }
  /** `count` blocks follow in pieces; an empty piece says that the rest cannot be read after all. */
  | { readonly t: 'get'; readonly id: number; readonly count: number }
  /** `blocks` is absent when all are there; bit `index % 8` of byte `index / 8` stands for a chunk. */
  | { readonly t: 'have'; readonly id: number; readonly size: number; readonly blocks?: Uint8Array }
  | { readonly t: 'keep'; readonly id: number; readonly at: number; readonly signature: Uint8Array }

export function encodeRequest(request: Request): Uint8Array {
  return encodeCanonical({ ...request, root: linkOfCid(request.root) })
}

/** Reads a request from a peer; undefined unless it is one, in canonical form and within its bounds. */
export function parseRequest(bytes: Uint8Array): Request | undefined {
  const fields = decodeFields(bytes, maxRequestBytes)
  if (fields === undefined) return undefined
  const { t, id, from, count, size } = fields
  const root = cidOfLink(fields['root'])
  if (!isCount(id, 0xffff_ffff) || root === undefined) return undefined
  const keys = Object.keys(fields).length
  if ((t === 'root' || t === 'have') && keys === 3) return { t, id, root }
  if (t === 'get' && keys === 5 && isCount(from, maxChunks - 1) && isCount(count, maxRangeBlocks) && count > 0) {
    return { t, id, root, from, count }
  }
  if (t === 'keep' && keys === 4 && isCount(size, maxContentBytes)) return { t, id, root, size }
  return undefined
}

export function encodeAnswer(answer: Answer): Uint8Array {
  return encodeCanonical(answer)
}

/** Reads the head of an answer from a peer; undefined unless it is one, in canonical form and within its bounds. */
export function parseAnswer(bytes: Uint8Array): Answer | undefined {
  const fields = decodeFields(bytes, maxAnswerBytes)
  if (fields === undefined) return undefined
  const { t, id, why, size, count, blocks, at, signature } = fields
  if (!isCount(id, 0xffff_ffff)) return undefined
  if (t === 'no' && (why === 'absent' || why === 'busy' || why === 'refused')) return { t, id, why }
  if (t === 'root' && isCount(size, chunkBytes)) return { t, id, size }
  if (t === 'get' && isCount(count, maxRangeBlocks)) return { t, id, count }
  if (t === 'have' && isCount(size, maxContentBytes)) {
    if (blocks === undefined) return { t, id, size }
    return blocks instanceof Uint8Array && blocks.byteLength <= maxChunks / 8 ? { t, id, size, blocks } : undefined
  }
  if (t === 'keep' && isCount(at, Number.MAX_SAFE_INTEGER) && signature instanceof Uint8Array) return { t, id, at, signature }
  return undefined
}

/** What a receipt says: this node had all the bytes on its disk then, and keeps them. `at` is its wall time. */
export interface Receipt {
  readonly hive: HiveId
  readonly cid: Cid
  readonly node: PeerId
  readonly at: number
}

/** Signs for a copy. The signature is over canonical dag-cbor `{v: 1, hive, cid, node, at}`. */
export function signReceipt(key: SigningKey, receipt: Receipt): Uint8Array {
  return key.sign(receiptDomain, encodeReceipt(receipt))
}

/** Whether the node named in a receipt signed it. */
export function isReceiptSigned(receipt: Receipt, signature: Uint8Array): boolean {
  return isSignedBy(keyOfPeerId(receipt.node), receiptDomain, encodeReceipt(receipt), signature)
}

function encodeReceipt({ hive, cid, node, at }: Receipt): Uint8Array {
  return encodeCanonical({ v: 1, hive: linkOfCid(hive), cid: linkOfCid(cid), node, at })
}

function decodeFields(bytes: Uint8Array, maxBytes: number): Record<string, unknown> | undefined {
  const value = decodeCanonical(bytes, { maxBytes, maxDepth: 3 })?.value
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined
  return Object.assign(Object.create(null), value) as Record<string, unknown>
}

function isCount(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max
}
