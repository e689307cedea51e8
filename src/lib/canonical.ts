import { decode, encode } from '@ipld/dag-cbor'
import { equalBytes } from './bytes.ts'

export interface CanonicalLimits {
  /** Longest input that is looked at, in bytes. */
  readonly maxBytes: number
  /** Deepest nesting of lists and maps. */
  readonly maxDepth?: number
}

/** Deepest nesting read when nothing else is said; our own documents have at most six levels. */
const defaultMaxDepth = 16

/** Canonical dag-cbor of a value: the same bytes for the same value, everywhere. */
export function encodeCanonical(value: unknown): Uint8Array {
  return encode(value)
}

/**
 * Reads canonical dag-cbor from outside: undefined for too long, too deep, not CBOR, or not in the one canonical form.
 *
 * Depth is measured on the bytes before decoding, so a bomb costs one pass over `maxBytes`.
 */
export function decodeCanonical(bytes: Uint8Array, limits: CanonicalLimits): { readonly value: unknown } | undefined {
  if (bytes.byteLength > limits.maxBytes || isTooDeep(bytes, limits.maxDepth ?? defaultMaxDepth)) return undefined
  try {
    const value: unknown = decode(bytes)
    return equalBytes(encode(value), bytes) ? { value } : undefined
  } catch {
    return undefined
  }
}

/** Walks the CBOR heads without building anything. Malformed input is left for the decoder to refuse. */
function isTooDeep(bytes: Uint8Array, maxDepth: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const open: number[] = []
  let offset = 0
  while (offset < bytes.byteLength) {
    const head = readHead(view, offset)
    if (head === undefined) return false
    offset = head.next
    const isBytes = head.major === 2 || head.major === 3
    if (isBytes) offset += head.argument
    const children = head.major === 4 ? head.argument : head.major === 5 ? head.argument * 2 : head.major === 6 ? 1 : 0
    if (children > bytes.byteLength) return true
    if (children > 0) {
      open.push(children)
      if (open.length > maxDepth) return true
      continue
    }
    while (open.length > 0) {
      const left = (open.pop() ?? 1) - 1
      if (left > 0) {
        open.push(left)
        break
      }
    }
  }
  return false
}

interface Head {
  readonly major: number
  readonly argument: number
  readonly next: number
}

/** The head of one CBOR item: major type and argument. @see RFC 8949 §3 */
function readHead(view: DataView, offset: number): Head | undefined {
  const first = view.getUint8(offset)
  const major = first >> 5
  const low = first & 0x1f
  if (low < 24) return { major, argument: low, next: offset + 1 }
  const width = low === 24 ? 1 : low === 25 ? 2 : low === 26 ? 4 : low === 27 ? 8 : 0
  if (width === 0 || offset + 1 + width > view.byteLength) return undefined
  const argument =
    width === 1
      ? view.getUint8(offset + 1)
      : width === 2
        ? view.getUint16(offset + 1)
        : width === 4
          ? view.getUint32(offset + 1)
          : Number(view.getBigUint64(offset + 1))
  return { major, argument, next: offset + 1 + width }
}
