import { base32 } from 'multiformats/bases/base32'
import type { OwnerId } from '../../identity/keys.ts'
import { keyOfOwnerId } from '../../identity/keys.ts'
import { hashBytes } from '../../lib/cid.ts'

/** Whether a text may be a handle: 1–32 of `[a-z0-9-]`, not beginning or ending with a hyphen. */
export function isHandle(text: string): boolean {
  return text.length <= 32 && /^[a-z0-9-]+$/.test(text) && !text.startsWith('-') && !text.endsWith('-')
}

/** Characters of a fingerprint: 100 bits, beyond finding a second key for one. */
const fingerprintLength = 20

/** The handle of an owner where nobody grants: base32 of the sha2-256 of its key, cut. */
export function fingerprintOf(owner: OwnerId): string {
  return base32.baseEncode(hashBytes(keyOfOwnerId(owner))).slice(0, fingerprintLength)
}

/** The nearest handle to a machine's or a user's name: `Ada's Laptop.local` gives `ada-s-laptop-local`. */
export function suggestHandle(text: string): string {
  const plain = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 32)
  const start = plain.startsWith('-') ? 1 : 0
  return plain.slice(start, plain.endsWith('-') && plain.length > start ? -1 : undefined) || 'node'
}
