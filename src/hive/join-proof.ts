import { createHmac, timingSafeEqual } from 'node:crypto'
import type { PeerId, SigningKey } from '../identity/keys.ts'
import { isSignedBy, keyOfPeerId } from '../identity/keys.ts'
import type { HiveId } from '../journal/entry.ts'
import { encodeCanonical } from '../lib/canonical.ts'
import { linkOfCid } from '../lib/cid.ts'

/** What both ends of a join prove that they know, without saying it. */
export interface ProofSubject {
  readonly hive: HiveId
  /** Who shows the code and who made it, as the channel authenticated them. */
  readonly newcomer: PeerId
  readonly host: PeerId
  readonly newcomerNonce: Uint8Array
  readonly hostNonce: Uint8Array
}

/** Length of a nonce in bytes. */
export const nonceBytes = 32

/** Which side proves; one side's proof is no proof of the other. */
export type ProofSide = 'newcomer' | 'host'

/**
 * HMAC-SHA-256 over both peer ids, both nonces, the hive and the side. It is worth nothing to anybody else: the peer ids are those
 * the channel authenticated.
 */
export function proveKnowledge(key: Uint8Array, side: ProofSide, subject: ProofSubject): Uint8Array {
  return new Uint8Array(createHmac('sha256', key).update(said(side, subject)).digest())
}

/** Whether a proof is that of the key, in constant time. */
export function isProof(
  proof: Uint8Array,
  key: Uint8Array,
  expected: { readonly side: ProofSide; readonly subject: ProofSubject },
): boolean {
  const right = proveKnowledge(key, expected.side, expected.subject)
  return proof.byteLength === right.byteLength && timingSafeEqual(proof, right)
}

/** A node's signature that it takes part in this very join, whatever key the connection has. */
export function proveNode(node: SigningKey, subject: ProofSubject): Uint8Array {
  return node.sign(nodeDomain, said('newcomer', subject))
}

/** Whether the node signed this very join. */
export function isNodeProof(proof: Uint8Array, node: PeerId, subject: ProofSubject): boolean {
  return isSignedBy(keyOfPeerId(node), nodeDomain, said('newcomer', subject), proof)
}

const nodeDomain = 'althing-join-node-v1'

function said(side: ProofSide, subject: ProofSubject): Uint8Array {
  const { hive, newcomer, host, newcomerNonce, hostNonce } = subject
  return encodeCanonical(['althing-join-v1', side, linkOfCid(hive), newcomer, host, newcomerNonce, hostNonce])
}
