import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { base58btc } from 'multiformats/bases/base58'
import { concatBytes, encodeText } from '../lib/bytes.ts'

declare const peerIdBrand: unique symbol
declare const ownerIdBrand: unique symbol

/** The name of a node on the wire: libp2p's peer id of its Ed25519 node key, `12D3KooW…`. */
export type PeerId = string & { readonly [peerIdBrand]: true }

/** The name of an owner: the multibase form of the owner's Ed25519 public key, `z6Mk…` (as in did:key). */
export type OwnerId = string & { readonly [ownerIdBrand]: true }

/** A private key that signs. Never printed, never sent. */
export interface SigningKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** 32 bytes of Ed25519 seed; only key files and the libp2p host may ask for it. */
  readonly seed: Uint8Array
  /** Ed25519 over the domain's UTF-8 bytes followed by `bytes`. 64 bytes. */
  readonly sign: (domain: string, bytes: Uint8Array) => Uint8Array
}

/** DER of an Ed25519 private key without its 32 bytes of seed. @see RFC 8410 */
const privateKeyPrefix = Buffer.from('302e020100300506032b657004220420', 'hex')
/** DER of an Ed25519 public key without its 32 bytes. */
const publicKeyPrefix = Buffer.from('302a300506032b6570032100', 'hex')
/** Identity multihash of a libp2p protobuf public key of type Ed25519. @see https://github.com/libp2p/specs/blob/master/peer-ids */
const peerIdPrefix = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
/** Multicodec `ed25519-pub` as a varint. */
const ownerIdPrefix = Uint8Array.of(0xed, 0x01)

/** A new key from the operating system's randomness. */
export function createSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519')
  const der = privateKey.export({ format: 'der', type: 'pkcs8' })
  return openSigningKey(new Uint8Array(der.subarray(privateKeyPrefix.byteLength)))
}

/** The key of a 32-byte seed. @throws RangeError for another length */
export function openSigningKey(seed: Uint8Array): SigningKey {
  if (seed.byteLength !== 32) throw new RangeError(`an Ed25519 seed has 32 bytes, this has ${seed.byteLength}`)
  const privateKey = createPrivateKey({ key: Buffer.concat([privateKeyPrefix, seed]), format: 'der', type: 'pkcs8' })
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return new SealedKey(new Uint8Array(der.subarray(publicKeyPrefix.byteLength)), new Uint8Array(seed), privateKey)
}

/** Keeps the seed out of whatever walks over properties: `JSON.stringify`, `util.inspect`, spreading, a log. */
class SealedKey implements SigningKey {
  readonly publicKey: Uint8Array
  readonly #seed: Uint8Array
  readonly #privateKey: KeyObject

  constructor(publicKey: Uint8Array, seed: Uint8Array, privateKey: KeyObject) {
    this.publicKey = publicKey
    this.#seed = seed
    this.#privateKey = privateKey
  }

  get seed(): Uint8Array {
    return this.#seed
  }

  readonly sign = (domain: string, bytes: Uint8Array): Uint8Array =>
    new Uint8Array(sign(null, concatBytes([encodeText(domain), bytes]), this.#privateKey))

  toJSON(): { readonly publicKey: string } {
    return { publicKey: Buffer.from(this.publicKey).toString('base64url') }
  }
}

/** Whether `signature` is that of the key over domain and bytes. The one verifier of the project; never throws. */
export function isSignedBy(publicKey: Uint8Array, domain: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.byteLength !== 32 || signature.byteLength !== 64) return false
  try {
    return verify(null, concatBytes([encodeText(domain), bytes]), keyObject(publicKey), signature)
  } catch {
    return false
  }
}

/** The peer id of a node's public key. */
export function peerIdOfKey(publicKey: Uint8Array): PeerId {
  return base58btc.encode(concatBytes([peerIdPrefix, publicKey])).slice(1) as PeerId
}

/** The owner id of an owner's public key. */
export function ownerIdOfKey(publicKey: Uint8Array): OwnerId {
  return base58btc.encode(concatBytes([ownerIdPrefix, publicKey])) as OwnerId
}

/** Reads a peer id from outside; undefined unless it is one of an Ed25519 key in its canonical spelling. */
export function parsePeerId(text: string): PeerId | undefined {
  const publicKey = decodeKey(`z${text}`, peerIdPrefix)
  return publicKey !== undefined && peerIdOfKey(publicKey) === text ? (text as PeerId) : undefined
}

/** Reads an owner id from outside; undefined unless it is one. */
export function parseOwnerId(text: string): OwnerId | undefined {
  const publicKey = decodeKey(text, ownerIdPrefix)
  return publicKey !== undefined && ownerIdOfKey(publicKey) === text ? (text as OwnerId) : undefined
}

/** The public key inside a peer id, 32 bytes. */
export function keyOfPeerId(peerId: PeerId): Uint8Array {
  return base58btc.decode(`z${peerId}`).slice(peerIdPrefix.byteLength)
}

/** The public key inside an owner id, 32 bytes. */
export function keyOfOwnerId(ownerId: OwnerId): Uint8Array {
  return base58btc.decode(ownerId).slice(ownerIdPrefix.byteLength)
}

/** Key objects are costly to make and few are in use: 20 µs against 60 µs for a verification without this. */
const keyObjects = new Map<string, KeyObject>()
/** More than the largest hive we aim at; the oldest goes first. */
const maxKeyObjects = 4096

function keyObject(publicKey: Uint8Array): KeyObject {
  const name = Buffer.from(publicKey).toString('latin1')
  const known = keyObjects.get(name)
  if (known !== undefined) return known
  const key = createPublicKey({ key: Buffer.concat([publicKeyPrefix, publicKey]), format: 'der', type: 'spki' })
  const oldest = keyObjects.keys().next().value
  if (keyObjects.size >= maxKeyObjects && oldest !== undefined) keyObjects.delete(oldest)
  keyObjects.set(name, key)
  return key
}

function decodeKey(multibase: string, prefix: Uint8Array): Uint8Array | undefined {
  if (multibase.length > 80) return undefined
  try {
    const bytes = base58btc.decode(multibase)
    const hasPrefix = Buffer.compare(bytes.subarray(0, prefix.byteLength), prefix) === 0
    return hasPrefix && bytes.byteLength === prefix.byteLength + 32 ? bytes.slice(prefix.byteLength) : undefined
  } catch {
    return undefined
  }
}
