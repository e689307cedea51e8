import type { PeerId, SigningKey } from '../../identity/keys.ts'
import { openSigningKey, peerIdOfKey } from '../../identity/keys.ts'
import { encodeText } from '../../lib/bytes.ts'
import { hashBytes } from '../../lib/cid.ts'

/** The key of a name, the same in every test. */
export function keyOf(name: string): SigningKey {
  return openSigningKey(hashBytes(encodeText(name)))
}

/** The peer id of a name. */
export function peerOfName(name: string): PeerId {
  return peerIdOfKey(keyOf(name).publicKey)
}
