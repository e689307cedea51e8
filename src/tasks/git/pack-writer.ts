import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { concatBytes, encodeText } from '../../lib/bytes.ts'
import { tasksFaults } from '../faults.ts'
import { ByteReader } from './byte-reader.ts'
import type { GitObject } from './objects.ts'

/** Numbers of the types of objects in a pack. @see https://git-scm.com/docs/gitformat-pack */
const typeNumbers: Readonly<Record<GitObject['type'], number>> = { commit: 1, tree: 2, blob: 3, tag: 4 }
/** `PACK`, a version and a count. */
const headBytes = 12
/** A sha-1 over all that stands before it. */
const tailBytes = 20

/** A pack of whole objects. */
export function formatPack(objects: readonly GitObject[]): Uint8Array {
  const body = concatBytes([formatHead(objects.length), ...objects.map(formatEntry)])
  return concatBytes([body, createHash('sha1').update(body).digest()])
}

/**
 * A pack with further objects at its end.
 *
 * Offsets within a pack are relative to the object that names them, so what stands there stays as it is; only count and sum are new.
 *
 * @throws Fault CLAIM_INVALID when what is given is no pack
 */
export async function* appendToPack(pack: AsyncIterable<Uint8Array>, objects: readonly GitObject[]): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(pack, { maxBytes: Number.MAX_SAFE_INTEGER })
  const head = await reader.read(headBytes)
  if (head === undefined || Buffer.from(head.subarray(0, 8)).toString('latin1') !== 'PACK\0\0\0\u0002') throw noPack()
  const hash = createHash('sha1')
  const count = new DataView(head.buffer, head.byteOffset, headBytes).getUint32(8) + objects.length
  const pass = (bytes: Uint8Array): Uint8Array => {
    hash.update(bytes)
    return bytes
  }
  yield pass(formatHead(count))
  let held: Uint8Array = new Uint8Array(0)
  for (let chunk = await reader.readChunk(); chunk !== undefined; chunk = await reader.readChunk()) {
    held = concatBytes([held, chunk])
    if (held.byteLength > tailBytes) yield pass(held.subarray(0, held.byteLength - tailBytes))
    held = held.subarray(Math.max(0, held.byteLength - tailBytes))
  }
  if (held.byteLength !== tailBytes) throw noPack()
  for (const object of objects) yield pass(formatEntry(object))
  yield hash.digest()
}

function formatHead(count: number): Uint8Array {
  const head = new Uint8Array(headBytes)
  head.set(encodeText('PACK'))
  const view = new DataView(head.buffer)
  view.setUint32(4, 2)
  view.setUint32(8, count)
  return head
}

/** Type and length in groups of 7 bits, the first with 4, then the object, deflated. */
function formatEntry({ type, bytes }: GitObject): Uint8Array {
  const head: number[] = []
  let byte = (typeNumbers[type] << 4) | (bytes.byteLength & 0x0f)
  for (let left = bytes.byteLength >>> 4; left > 0; left >>>= 7) {
    head.push(byte | 0x80)
    byte = left & 0x7f
  }
  return concatBytes([Uint8Array.from([...head, byte]), deflateSync(bytes)])
}

function noPack(): Error {
  return tasksFaults.create('CLAIM_INVALID', { message: 'what was to be pushed is no pack of git, or was cut short' })
}
