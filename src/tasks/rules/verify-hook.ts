import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { ForgeKind } from '../task.ts'
import { signHook } from './sign-hook.ts'

/** What came to the address of a webhook. Anybody may have sent it. */
export interface HookMessage {
  /** A header by its name in small letters. */
  readonly header: (name: string) => string | undefined
  /** Raw, as it came over the wire: another spelling of the same JSON has another signature. */
  readonly body: Uint8Array
}

export type HookVerdict =
  /** Who sent it knows the secret. `delivery` names it: the same again is the same delivery. */
  { readonly verdict: 'genuine'; readonly delivery: string } | { readonly verdict: 'refused' }

/** Most signatures of one message that are looked at: one for each secret while a sender changes it. */
const maxSignatures = 4

interface HookDialect {
  readonly isGenuine: (message: HookMessage, secret: string) => boolean
  /** Headers that name a delivery, the first of which counts. */
  readonly deliveries: readonly string[]
}

const dialects: Readonly<Record<Exclude<ForgeKind, 'git'>, HookDialect>> = {
  /** @see https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
  github: {
    isGenuine: (message, secret) => {
      const [, hex] = /^sha256=([0-9a-f]{64})$/.exec(message.header('x-hub-signature-256') ?? '') ?? []
      return isHmac(hex, message, secret)
    },
    deliveries: ['x-github-delivery'],
  },
  /** @see https://docs.gitea.com/usage/webhooks */
  gitea: {
    isGenuine: (message, secret) => {
      const [hex] = /^[0-9a-f]{64}$/.exec(message.header('x-gitea-signature') ?? '') ?? []
      return isHmac(hex, message, secret)
    },
    deliveries: ['x-gitea-delivery'],
  },
  /** @see https://docs.gitlab.com/user/project/integrations/webhooks/ */
  gitlab: {
    isGenuine: (message, secret) => isToken(message.header('x-gitlab-token'), secret) || isSigned(message, secret),
    deliveries: ['webhook-id', 'idempotency-key', 'x-gitlab-event-uuid'],
  },
}

/**
 * Whether a message comes from who knows the secret of a project's webhook. Takes the same time for every wrong signature.
 *
 * Its time is not looked at: the message is a prompt to look and says nothing that is believed, so that an old one does no harm.
 */
export function verifyHook(kind: ForgeKind, message: HookMessage, secret: string): HookVerdict {
  if (kind === 'git' || secret === '') return { verdict: 'refused' }
  const { isGenuine, deliveries } = dialects[kind]
  return isGenuine(message, secret) ? { verdict: 'genuine', delivery: deliveryOf(message, deliveries) } : { verdict: 'refused' }
}

/** One that is not named goes by what it says. */
function deliveryOf({ header, body }: HookMessage, names: readonly string[]): string {
  const named = names.map(header).find((text) => text !== undefined && /^[\w.:-]{1,100}$/.test(text))
  return named ?? createHash('sha256').update(body).digest('hex')
}

function isHmac(hex: string | undefined, { body }: HookMessage, secret: string): boolean {
  return hex !== undefined && timingSafeEqual(Buffer.from(hex, 'hex'), createHmac('sha256', secret).update(body).digest())
}

function isSigned({ header, body }: HookMessage, secret: string): boolean {
  const [id, timestamp, signatures] = [header('webhook-id'), header('webhook-timestamp'), header('webhook-signature')]
  if (id === undefined || timestamp === undefined || signatures === undefined) return false
  const right = signHook({ id, timestamp, body }, secret)
  return signatures
    .split(' ', maxSignatures)
    .map((signature) => isToken(signature, right))
    .includes(true)
}

/** Digests are of one length whatever came, and are compared in constant time. */
function isToken(given: string | undefined, right: string): boolean {
  return given !== undefined && timingSafeEqual(digest(given), digest(right))
}

function digest(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}
