import { createHmac } from 'node:crypto'

/** What is signed of a message under the Standard Webhooks. */
export interface SignedMessage {
  readonly id: string
  /** Seconds since 1970, as they stand in the header. */
  readonly timestamp: string
  /** Raw, as it goes over the wire. */
  readonly body: Uint8Array
}

/** Says that what follows is a key in base64. */
const keyPrefix = 'whsec_'

/** Bytes of randomness in a secret that is made here. */
export const hookSecretBytes = 32

/** The text of a secret, which every forge takes. */
export function formatHookSecret(key: Uint8Array): string {
  return `${keyPrefix}${Buffer.from(key).toString('base64')}`
}

/** The signature of a message, `v1,` and base64. @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export function signHook({ id, timestamp, body }: SignedMessage, secret: string): string {
  const key = secret.startsWith(keyPrefix) ? Buffer.from(secret.slice(keyPrefix.length), 'base64') : Buffer.from(secret)
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`
}
