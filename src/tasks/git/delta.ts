import { tasksFaults } from '../faults.ts'

/**
 * The object that a delta makes of its base.
 *
 * @throws Fault REMOTE_PROTOCOL when it reaches outside of its base, or makes more than it may
 * @see https://git-scm.com/docs/gitformat-pack#_deltified_representation
 */
export function applyDelta(base: Uint8Array, delta: Uint8Array, limits: { readonly maxObjectBytes: number }): Uint8Array {
  const from = readLength(delta, 0)
  const to = readLength(delta, from.next)
  if (from.length !== base.byteLength || to.length > limits.maxObjectBytes) throw badDelta()
  const made = new Uint8Array(to.length)
  let filled = 0
  for (let at = to.next; at < delta.byteLength;) {
    const code = delta[at++] ?? 0
    const { piece, next } = (code & 0x80) === 0 ? readInsert(delta, at, code) : readCopy(base, delta, { at, code })
    if (piece.byteLength === 0 || filled + piece.byteLength > made.byteLength) throw badDelta()
    made.set(piece, filled)
    filled += piece.byteLength
    at = next
  }
  if (filled !== made.byteLength) throw badDelta()
  return made
}

interface Piece {
  readonly piece: Uint8Array
  readonly next: number
}

function readInsert(delta: Uint8Array, at: number, count: number): Piece {
  if (at + count > delta.byteLength) throw badDelta()
  return { piece: delta.subarray(at, at + count), next: at + count }
}

/** Bits of the code say which bytes of offset (4) and size (3) follow. */
function readCopy(base: Uint8Array, delta: Uint8Array, { at, code }: { readonly at: number; readonly code: number }): Piece {
  let next = at
  const take = (bits: readonly number[]): number =>
    bits.reduce((sum, bit, index) => ((code & bit) === 0 ? sum : sum + (delta[next++] ?? 0) * 256 ** index), 0)
  const offset = take([1, 2, 4, 8])
  const size = take([16, 32, 64]) || 0x10000
  if (next > delta.byteLength || offset + size > base.byteLength) throw badDelta()
  return { piece: base.subarray(offset, offset + size), next }
}

function readLength(delta: Uint8Array, start: number): { readonly length: number; readonly next: number } {
  let length = 0
  for (let at = start, scale = 1; at < delta.byteLength && scale < 2 ** 40; scale *= 128) {
    const byte = delta[at++] ?? 0
    length += (byte & 0x7f) * scale
    if ((byte & 0x80) === 0) return { length, next: at }
  }
  throw badDelta()
}

function badDelta(): Error {
  return tasksFaults.create('REMOTE_PROTOCOL', {
    message: "the git server's pack was not taken: it has a delta that does not fit its base",
  })
}
