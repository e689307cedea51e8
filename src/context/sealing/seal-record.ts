import { readCount, readMap } from '../../identity/fields.ts'
import type { SealKey } from '../../identity/seal-keys.ts'
import { maxSealEpoch } from '../../identity/seal-keys.ts'
import { isRecipientText } from '../../identity/sealing.ts'

/** The kind of a journal entry by which a node says to which key it wants content sealed. Only its own journal can say so. */
export const sealKeyKind = 'seal-key'

/** What such an entry says. */
export type SealKeyRecord = Pick<SealKey, 'epoch' | 'recipient'>

export function formatSealKey({ epoch, recipient }: SealKeyRecord): Readonly<Record<string, unknown>> {
  return { v: 1, epoch, recipient }
}

/** Reads a decoded body from a peer. Undefined for anything else, which leaves the entry inert. */
export function parseSealKey(body: unknown): SealKeyRecord | undefined {
  const map = readMap(body, ['v', 'epoch', 'recipient'])
  const epoch = readCount(map?.get('epoch'))
  const recipient = map?.get('recipient')
  if (map?.get('v') !== 1 || epoch === undefined || epoch < 1 || epoch > maxSealEpoch) return undefined
  return typeof recipient === 'string' && isRecipientText(recipient) ? { epoch, recipient } : undefined
}
