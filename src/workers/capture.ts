import { encodeText } from '../lib/bytes.ts'
import { maskSecrets } from '../market/rules/secrets.ts'
import type { ClaimCost } from '../tasks/claims/claim-document.ts'
import type { WorkerEvent } from './driver.ts'

/** What is kept of a run, while it lasts. */
export interface Capture {
  readonly add: (event: WorkerEvent) => void
  /** A text without what must not stand in it. */
  readonly mask: (text: string) => string
  /** What the answers cost until now. */
  readonly cost: () => ClaimCost
  /** The transcript: one JSON object per line, each with the milliseconds since the run began. */
  readonly bytes: () => Uint8Array
}

export interface CaptureOptions {
  /** Longest transcript, in bytes: what comes after is left out, and it says so. The outcome is always kept. */
  readonly maxBytes: number
  /** Values that must not stand in it. */
  readonly secrets: readonly string[]
}

/** Keeps the events of a run without what looks like a secret or is one of ours. */
export function createCapture(deps: { readonly monotonic: () => number }, options: CaptureOptions): Capture {
  const startedAt = deps.monotonic()
  const lines: string[] = []
  let [size, left] = [0, 0]
  const mask = (text: string): string => maskSecrets(text, options.secrets)
  // text by text: what is masked to its end is no more than one of them, and the line stays JSON
  const maskText = (_name: string, value: unknown): unknown => (typeof value === 'string' ? mask(value) : value)
  let cost: ClaimCost = { tokens: 0, microUsd: 0 }
  return {
    add: (event) => {
      if (event.type === 'answer') cost = { tokens: cost.tokens + event.cost.tokens, microUsd: cost.microUsd + event.cost.microUsd }
      const line = JSON.stringify({ ms: Math.round(deps.monotonic() - startedAt), ...event }, maskText)
      const length = Buffer.byteLength(line) + 1
      if (size + length > options.maxBytes && event.type !== 'outcome') {
        left += 1
        return
      }
      size += length
      lines.push(line)
    },
    mask,
    cost: () => cost,
    bytes: () => {
      const note = left === 0 ? [] : [JSON.stringify({ type: 'left-out', events: left })]
      return encodeText([...lines, ...note].map((line) => `${line}\n`).join(''))
    },
  }
}
