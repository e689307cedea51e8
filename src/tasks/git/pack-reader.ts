import { createHash } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import { equalBytes } from '../../lib/bytes.ts'
import { tasksFaults } from '../faults.ts'
import { applyDelta } from './delta.ts'
import type { GitObject, ObjectId } from './objects.ts'
import { objectIdOf } from './objects.ts'

export interface PackLimits {
  /** Objects in one pack. */
  readonly maxObjects: number
  /** Longest object, inflated. */
  readonly maxObjectBytes: number
  /** All objects, inflated: a few bytes of a pack can stand for a thousand times as many. */
  readonly maxInflatedBytes: number
}

const types: readonly (GitObject['type'] | undefined)[] = [undefined, 'commit', 'tree', 'blob', 'tag']
const [offsetDelta, nameDelta] = [6, 7]

/**
 * The objects of a pack, by name. Deltas must have their base in the same pack, before them.
 *
 * Everything is bounded before it is inflated.
 *
 * @throws Fault REMOTE_PROTOCOL
 * @see https://git-scm.com/docs/gitformat-pack
 */
export function parsePack(bytes: Uint8Array, limits: PackLimits): ReadonlyMap<ObjectId, GitObject> {
  const pack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (pack.byteLength < 32 || pack.toString('latin1', 0, 8) !== 'PACK\0\0\0\u0002') throw badPack('it does not begin like one')
  const sum = createHash('sha1').update(pack.subarray(0, -20)).digest()
  if (!equalBytes(sum, pack.subarray(-20))) throw badPack('its sum is wrong')
  const count = pack.readUInt32BE(8)
  if (count > limits.maxObjects) throw badPack(`it has ${count} objects, and at most ${limits.maxObjects} are taken`)
  const found: Found = { byOffset: new Map(), byName: new Map(), inflatedBytes: 0 }
  let offset = 12
  for (let index = 0; index < count; index++) offset = readEntry(pack, offset, { limits, found })
  return found.byName
}

interface Found {
  readonly byOffset: Map<number, GitObject>
  readonly byName: Map<ObjectId, GitObject>
  inflatedBytes: number
}

interface Reading {
  readonly limits: PackLimits
  readonly found: Found
}

/** Reads one entry and gives the offset after it. */
function readEntry(pack: Buffer, start: number, { limits, found }: Reading): number {
  const { type, size, next } = readEntryHead(pack, start)
  if (size > limits.maxObjectBytes) throw badPack(`it has an object of ${size} bytes, and at most ${limits.maxObjectBytes} are taken`)
  charge(size, { limits, found })
  const base = readBase(pack, { type, start, next, found })
  const { bytes, end } = inflateAt(pack, base.next, size)
  const whole = types[type]
  const object: GitObject | undefined =
    whole !== undefined
      ? { type: whole, bytes }
      : base.object === undefined
        ? undefined
        : { type: base.object.type, bytes: applyDelta(base.object.bytes, bytes, leftOf({ limits, found })) }
  if (object === undefined) throw badPack('it has an object whose base is not there')
  if (object.bytes !== bytes) charge(object.bytes.byteLength, { limits, found })
  found.byOffset.set(start, object)
  found.byName.set(objectIdOf(object), object)
  return end
}

/** Counts what is about to be kept. */
function charge(bytes: number, { limits, found }: Reading): void {
  found.inflatedBytes += bytes
  if (found.inflatedBytes > limits.maxInflatedBytes)
    throw badPack(`its objects are longer than ${limits.maxInflatedBytes} bytes together; no more of them was read`)
}

/** How long an object may be that is made of others. */
function leftOf({ limits, found }: Reading): Pick<PackLimits, 'maxObjectBytes'> {
  return { maxObjectBytes: Math.min(limits.maxObjectBytes, limits.maxInflatedBytes - found.inflatedBytes) }
}

function readEntryHead(pack: Buffer, start: number): { readonly type: number; readonly size: number; readonly next: number } {
  let next = start
  let byte = byteAt(pack, next++)
  const type = (byte >> 4) & 7
  let size = byte & 0x0f
  for (let scale = 16; (byte & 0x80) !== 0; scale *= 128) {
    byte = byteAt(pack, next++)
    size += (byte & 0x7f) * scale
    if (scale > 2 ** 40) throw badPack('it has a length that never ends')
  }
  return { type, size, next }
}

interface BaseOf {
  readonly type: number
  readonly start: number
  readonly next: number
  readonly found: Found
}

function readBase(pack: Buffer, { type, start, next, found }: BaseOf): { readonly object: GitObject | undefined; readonly next: number } {
  if (type === nameDelta) {
    const name = pack.toString('hex', next, next + 20) as ObjectId
    return { object: found.byName.get(name), next: next + 20 }
  }
  if (type !== offsetDelta) return { object: undefined, next }
  let at = next
  let byte = byteAt(pack, at++)
  let distance = byte & 0x7f
  while ((byte & 0x80) !== 0) {
    byte = byteAt(pack, at++)
    distance = (distance + 1) * 128 + (byte & 0x7f)
    if (distance > start) throw badPack('it has a base before its beginning')
  }
  return { object: found.byOffset.get(start - distance), next: at }
}

/** Inflates what stands at an offset, which must be exactly `size` bytes. */
function inflateAt(pack: Buffer, offset: number, size: number): { readonly bytes: Uint8Array; readonly end: number } {
  try {
    // `info` gives the engine too, which knows how many bytes it took; the types of Node do not know of it
    const { buffer, engine } = inflateSync(pack.subarray(offset, -20), { maxOutputLength: size + 1, info: true }) as unknown as {
      readonly buffer: Buffer
      readonly engine: { readonly bytesWritten: number }
    }
    if (buffer.byteLength !== size) throw badPack('it has an object of another length than it says')
    return { bytes: new Uint8Array(buffer), end: offset + engine.bytesWritten }
  } catch (error) {
    throw badPack('it has bytes that cannot be inflated', error)
  }
}

function byteAt(pack: Buffer, offset: number): number {
  const byte = pack[offset]
  if (byte === undefined || offset >= pack.byteLength - 20) throw badPack('it ends too soon')
  return byte
}

function badPack(why: string, cause?: unknown): Error {
  return tasksFaults.create('REMOTE_PROTOCOL', { message: `the git server's pack was not taken: ${why}`, cause })
}
