import type { CompletionRequest, Usage } from '../model.ts'
import type { Spending } from './limits.ts'

/**
 * Letters to a token at the least, for text of any kind. Known tokenizers take 3 to 4 letters of English and code; fewer for other
 * scripts, which UTF-8 writes in 2 to 4 bytes each, and bytes are what is counted here.
 */
const bytesPerToken = 2.5
/** What a message, a call or a tool takes beside its text. */
const tokensPerItem = 16

/** What a million tokens cost, in millionths of a US dollar. */
export interface Rate {
  readonly input: number
  readonly output: number
}

/** What one call of this usage costs, in millionths of a US dollar, with their fractions. */
export type Price = (usage: Usage) => number

/** The price where every token costs the same, however long the call is. */
export function flatPrice({ input, output }: Rate): Price {
  return ({ inputTokens, outputTokens }) => (inputTokens * input + outputTokens * output) / 1_000_000
}

/** Tokens of a call that is short by the tiers of every provider. */
const shortCall = 1_000

/** What a million tokens of short calls cost: some providers take more for long ones. */
export function rateOf(price: Price): Rate {
  const scale = 1_000_000 / shortCall
  return {
    input: Math.round(price({ inputTokens: shortCall, outputTokens: 0 }) * scale),
    output: Math.round(price({ inputTokens: 0, outputTokens: shortCall }) * scale),
  }
}

/** The most tokens a request can be counted as, as far as can be told without the model's tokenizer. */
export function estimateInputTokens(request: CompletionRequest): number {
  let bytes = 0
  let items = 0
  const add = (text: string): void => {
    bytes += Buffer.byteLength(text)
    items += 1
  }
  for (const message of request.messages) {
    add(message.text)
    if (message.role === 'assistant') for (const call of message.calls) add(call.text)
  }
  for (const tool of request.tools) add(`${tool.name}${tool.description}${JSON.stringify(tool.input)}`)
  return Math.ceil(bytes / bytesPerToken) + items * tokensPerItem
}

/** What a call of this usage takes. Rounded up, so that many small calls are not free. */
export function spendingOf(usage: Usage, price: Price): Spending {
  return { usd: Math.ceil(price(usage)), tokens: usage.inputTokens + usage.outputTokens, requests: 1 }
}

/** The most that a request can take. */
export function estimateSpending(request: CompletionRequest, price: Price): Spending {
  return spendingOf({ inputTokens: estimateInputTokens(request), outputTokens: request.maxOutputTokens }, price)
}
