import { formatWire, parseWire } from '../../journal/codec.ts'
import type { Entry, HiveId } from '../../journal/entry.ts'
import { readBytes, readCount } from '../../identity/fields.ts'
import { decodeCanonical, encodeCanonical } from '../../lib/canonical.ts'
import type { Cid } from '../../lib/cid.ts'
import { cidOfLink, linkOfCid } from '../../lib/cid.ts'
import { parseResource } from '../resource.ts'

/** Pieces of content named in one question at most. */
export const maxNamed = 256
/** Longest content that is given whole in an answer, in bytes; longer goes through the exchange. */
export const maxSmallBytes = 65_536
/** Longest question: 256 names of 41 bytes, and room. */
export const maxQuestionBytes = 16_384
/** Longest answer: content of half a mebibyte and one more piece, or 256 signatures. */
export const maxAnswerBytes = 1_048_576
/** Content of one answer ends with the piece that goes past this. */
export const fullAnswerBytes = 524_288
/** Of an Ed25519 signature. */
const signatureBytes = 64

/** Which version of a resource is wanted. */
export type Wanted =
  | { readonly is: 'newest' }
  | { readonly is: 'number'; readonly version: number }
  /** The newest created at or before a moment, in milliseconds. */
  | { readonly is: 'moment'; readonly at: number }

/** What a member may be asked. `id` comes back in the answer. */
export type Question =
  | { readonly type: 'resolve'; readonly id: number; readonly resource: string; readonly wanted: Wanted }
  /** Which of these are whole on your disk? Sign for them. */
  | { readonly type: 'hold'; readonly id: number; readonly cids: readonly Cid[] }
  /** Give the content of these, as far as it is short. */
  | { readonly type: 'give'; readonly id: number; readonly cids: readonly Cid[] }
  /** Take this version in, with its content (null for a deletion), and sign for it. */
  | { readonly type: 'keep'; readonly id: number; readonly entry: Cid; readonly cid: Cid | null }

export type Answer =
  /** The entry that says the version; null: nothing is known of it. */
  | { readonly type: 'version'; readonly id: number; readonly entry: Entry | null }
  /** For each that was named, in order, a signature or null. `at` is the wall time that is signed. */
  | { readonly type: 'held'; readonly id: number; readonly at: number; readonly signatures: readonly (Uint8Array | null)[] }
  /** For the first of those that were named, in order, their bytes or null. */
  | { readonly type: 'given'; readonly id: number; readonly contents: readonly (Uint8Array | null)[] }
  | { readonly type: 'kept'; readonly id: number; readonly at: number; readonly signature: Uint8Array }
  | { readonly type: 'no'; readonly id: number; readonly why: Refusal }

/** `absent`: not here, or not in time. */
export type Refusal = 'absent' | 'busy' | 'refused'

/** The protocol in a hive; `h` is the first 16 characters of the hive's id. @see docs/protocols/context.md */
export function contextProtocol(hive: HiveId): string {
  return `/althing/${hive.slice(0, 16)}/context/1`
}

/** A question as canonical dag-cbor: a list that begins with its name. */
export function formatQuestion(question: Question): Uint8Array {
  const { type, id } = question
  switch (type) {
    case 'resolve':
      return encodeCanonical([type, id, question.resource, formatWanted(question.wanted)])
    case 'keep':
      return encodeCanonical([type, id, linkOfCid(question.entry), question.cid === null ? null : linkOfCid(question.cid)])
    case 'hold':
    case 'give':
      return encodeCanonical([type, id, question.cids.map(linkOfCid)])
  }
}

/** Reads a question from a peer; undefined for what no honest peer sends. */
export function parseQuestion(bytes: Uint8Array): Question | undefined {
  const list = readList(decodeCanonical(bytes, { maxBytes: maxQuestionBytes, maxDepth: 3 })?.value)
  const [type, given, first, second] = list ?? []
  const id = readCount(given)
  if (list === undefined || id === undefined) return undefined
  if (type === 'resolve' && list.length === 4) {
    const wanted = parseWanted(second)
    const isNamed = typeof first === 'string' && parseResource(first) !== undefined
    return isNamed && wanted !== undefined ? { type, id, resource: first, wanted } : undefined
  }
  if (type === 'keep' && list.length === 4) {
    const [entry, cid] = [cidOfLink(first), second === null ? null : cidOfLink(second)]
    return entry === undefined || cid === undefined ? undefined : { type, id, entry, cid }
  }
  if ((type !== 'hold' && type !== 'give') || list.length !== 3) return undefined
  const cids = readEach(first, cidOfLink)
  return cids === undefined || cids.length === 0 ? undefined : { type, id, cids }
}

export function formatAnswer(answer: Answer): Uint8Array {
  const { type, id } = answer
  switch (type) {
    case 'version':
      return encodeCanonical([type, id, answer.entry === null ? null : formatWire(answer.entry)])
    case 'held':
      return encodeCanonical([type, id, answer.at, [...answer.signatures]])
    case 'given':
      return encodeCanonical([type, id, [...answer.contents]])
    case 'kept':
      return encodeCanonical([type, id, answer.at, answer.signature])
    case 'no':
      return encodeCanonical([type, id, answer.why])
  }
}

/** Reads an answer from a peer; signatures are not looked at. Undefined for what no honest peer sends. */
export function parseAnswer(bytes: Uint8Array): Answer | undefined {
  const list = readList(decodeCanonical(bytes, { maxBytes: maxAnswerBytes, maxDepth: 3 })?.value)
  const [type, given, first, second] = list ?? []
  const id = readCount(given)
  if (list === undefined || id === undefined) return undefined
  if (list.length === 3) {
    if (type === 'no') return first === 'absent' || first === 'busy' || first === 'refused' ? { type, id, why: first } : undefined
    if (type === 'version') {
      const entry = first === null ? null : parseWire(first)
      return entry === undefined ? undefined : { type, id, entry }
    }
    const contents = type === 'given' ? readEach(first, readContent) : undefined
    return contents === undefined ? undefined : { type: 'given', id, contents }
  }
  const at = readCount(first)
  if (list.length !== 4 || at === undefined) return undefined
  if (type === 'kept') {
    const signature = readBytes(second, signatureBytes)
    return signature === undefined ? undefined : { type, id, at, signature }
  }
  const signatures = type === 'held' ? readEach(second, readSignature) : undefined
  return signatures === undefined ? undefined : { type: 'held', id, at, signatures }
}

function formatWanted(wanted: Wanted): readonly [string, number] | null {
  if (wanted.is === 'newest') return null
  return wanted.is === 'number' ? [wanted.is, wanted.version] : [wanted.is, wanted.at]
}

function parseWanted(value: unknown): Wanted | undefined {
  if (value === null) return { is: 'newest' }
  const [is, number] = readList(value) ?? []
  const count = readCount(number)
  if (count === undefined || (is !== 'number' && is !== 'moment')) return undefined
  return is === 'number' ? { is, version: count } : { is, at: count }
}

function readContent(value: unknown): Uint8Array | null | undefined {
  if (value === null) return null
  return value instanceof Uint8Array && value.byteLength <= maxSmallBytes ? value : undefined
}

function readSignature(value: unknown): Uint8Array | null | undefined {
  return value === null ? null : readBytes(value, signatureBytes)
}

function readEach<T>(value: unknown, read: (item: unknown) => T | undefined): readonly T[] | undefined {
  const list = readList(value)
  if (list === undefined || list.length > maxNamed) return undefined
  const items: T[] = []
  for (const each of list) {
    const item = read(each)
    if (item === undefined) return undefined
    items.push(item)
  }
  return items
}

function readList(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined
}
