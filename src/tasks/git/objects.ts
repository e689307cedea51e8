import { createHash } from 'node:crypto'
import { concatBytes, encodeText } from '../../lib/bytes.ts'

declare const objectIdBrand: unique symbol

/** The name of a git object: 40 lower-case hex digits of its sha-1. */
export type ObjectId = string & { readonly [objectIdBrand]: true }

/** An object as it is hashed, without its header. */
export interface GitObject {
  readonly type: 'commit' | 'tree' | 'blob' | 'tag'
  readonly bytes: Uint8Array
}

/** What "no such ref" looks like in a ref update. */
export const zeroId = '0000000000000000000000000000000000000000' as ObjectId
/** The tree without entries. */
export const emptyTreeId = '4b825dc642cb6eb9a060e54bf8d69288fbee4904' as ObjectId
/** The object of that name. */
export const emptyTree: GitObject = { type: 'tree', bytes: new Uint8Array(0) }

/** Reads the name of an object; undefined for anything else, names by sha256 too. */
export function parseObjectId(text: string): ObjectId | undefined {
  return /^[0-9a-f]{40}$/.test(text) ? (text as ObjectId) : undefined
}

/** The name of an object. */
export function objectIdOf({ type, bytes }: GitObject): ObjectId {
  const header = encodeText(`${type} ${bytes.byteLength}\0`)
  return createHash('sha1')
    .update(concatBytes([header, bytes]))
    .digest('hex') as ObjectId
}
