import { createHash } from 'node:crypto'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'

declare const cidBrand: unique symbol

/** The name of immutable bytes: a CIDv1 in base32 (`bafy…`, `bafk…`), always of a sha2-256 digest. */
export type Cid = string & { readonly [cidBrand]: true }

/** Multicodec of bytes without a structure. @see https://github.com/multiformats/multicodec */
export const rawCodec = 0x55
/** Multicodec of canonical CBOR with links. */
export const dagCborCodec = 0x71
/** Multihash code of sha2-256. */
const sha256Code = 0x12

/** The sha2-256 digest of some bytes, 32 bytes long. */
export function hashBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

/** The CID of some bytes. */
export function createCid(codec: typeof rawCodec | typeof dagCborCodec, bytes: Uint8Array): Cid {
  return cidOfDigest(codec, hashBytes(bytes))
}

/** The CID of a sha2-256 digest that is known already. */
export function cidOfDigest(codec: typeof rawCodec | typeof dagCborCodec, digest: Uint8Array): Cid {
  return CID.createV1(codec, createDigest(sha256Code, digest)).toString() as Cid
}

/** Reads a CID from outside; undefined unless it is CIDv1, base32, sha2-256, raw or dag-cbor, in its one canonical spelling. */
export function parseCid(text: string): Cid | undefined {
  if (text.length > 80) return undefined
  try {
    const cid = CID.parse(text)
    return isOurs(cid) && cid.toString() === text ? (text as Cid) : undefined
  } catch {
    return undefined
  }
}

/** Reads a CID that came as a CBOR link. */
export function cidOfLink(link: unknown): Cid | undefined {
  const cid = CID.asCID(link)
  return cid !== null && isOurs(cid) ? (cid.toString() as Cid) : undefined
}

/** The CBOR link of a CID. */
export function linkOfCid(cid: Cid): CID {
  return CID.parse(cid)
}

/** The digest inside a CBOR link of that codec; undefined for anything else. Ten times cheaper than by way of the text. */
export function digestOfLink(link: unknown, codec: typeof rawCodec | typeof dagCborCodec): Uint8Array | undefined {
  const cid = CID.asCID(link)
  return cid !== null && cid.code === codec && isOurs(cid) ? cid.multihash.digest : undefined
}

/** The CBOR link of a digest. */
export function linkOfDigest(codec: typeof rawCodec | typeof dagCborCodec, digest: Uint8Array): CID {
  return CID.createV1(codec, createDigest(sha256Code, digest))
}

/** What the bytes behind a CID are. */
export function codecOfCid(cid: Cid): typeof rawCodec | typeof dagCborCodec {
  return CID.parse(cid).code === rawCodec ? rawCodec : dagCborCodec
}

/** The 32 bytes of digest inside a CID. */
export function digestOfCid(cid: Cid): Uint8Array {
  return CID.parse(cid).multihash.digest
}

function isOurs(cid: CID): boolean {
  const codecs: readonly number[] = [rawCodec, dagCborCodec]
  return cid.version === 1 && codecs.includes(cid.code) && cid.multihash.code === sha256Code && cid.multihash.size === 32
}
