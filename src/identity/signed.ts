import { decodeCanonical, encodeCanonical } from '../lib/canonical.ts'
import type { SigningKey } from './keys.ts'
import { isSignedBy } from './keys.ts'

/** A document whose signature held: what it says, who signed. */
export interface OpenedDocument {
  /** Decoded dag-cbor: parse it before use. */
  readonly value: unknown
  /** 32 bytes; whether this key may say such things is for the caller to judge. */
  readonly publicKey: Uint8Array
}

/** Bytes of key, signature and framing around a payload. */
const envelopeBytes = 128

/**
 * Canonical bytes of a signed document: the list `[public key, payload, signature]`, with the payload in canonical dag-cbor.
 *
 * The signature is over `althing-<document>-v1` and the payload, so that no document passes for another.
 */
export function signDocument(key: SigningKey, document: string, value: unknown): Uint8Array {
  const payload = encodeCanonical(value)
  return encodeCanonical([key.publicKey, payload, key.sign(domainOf(document), payload)])
}

/**
 * Reads a signed document: undefined unless it is short enough, canonical inside and out, and signed by the key it names.
 *
 * Nothing of the payload is looked at before the signature held.
 */
export function openDocument(document: string, bytes: Uint8Array, options: { readonly maxBytes: number }): OpenedDocument | undefined {
  const envelope = decodeCanonical(bytes, { maxBytes: options.maxBytes + envelopeBytes, maxDepth: 2 })?.value
  if (!Array.isArray(envelope) || envelope.length !== 3) return undefined
  const [publicKey, payload, signature] = envelope as readonly unknown[]
  if (!(publicKey instanceof Uint8Array) || !(payload instanceof Uint8Array) || !(signature instanceof Uint8Array)) return undefined
  if (!isSignedBy(publicKey, domainOf(document), payload, signature)) return undefined
  const decoded = decodeCanonical(payload, { maxBytes: options.maxBytes })
  return decoded === undefined ? undefined : { value: decoded.value, publicKey }
}

function domainOf(document: string): string {
  return `althing-${document}-v1`
}
