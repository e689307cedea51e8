import type { CompletionRequest, Usage } from '../model.ts'
import type { Spending } from './limits.ts'

/**
 * Letters to a token at the least, for text of any kind. Known tokenizers take 3 to 4 letters of English and code; fewer for other
 * scripts, which UTF-8 writes in 2 to 4 bytes each, and bytes are what is counted here.
 */
const bytesPerToken = 2.5
/** What a message, a call or a tool takes beside its text. */
const tokensPerItem = 16

/** Price of a million tokens, in millionths of a US dollar. */
export interface Price {
  readonly input: number
  readonly output: number
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
  const usd = Math.ceil((usage.inputTokens * price.input + usage.outputTokens * price.output) / 1_000_000)
  return { usd, tokens: usage.inputTokens + usage.outputTokens, requests: 1 }
}

/** The most that a request can take. */
export function estimateSpending(request: CompletionRequest, price: Price): Spending {
  return spendingOf({ inputTokens: estimateInputTokens(request), outputTokens: request.maxOutputTokens }, price)
}
