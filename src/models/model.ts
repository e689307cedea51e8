import type { Json, JsonObject } from '../lib/json.ts'

/** A tool that a model may ask for; who runs it is the caller's business. */
export interface ToolDeclaration {
  readonly name: string
  readonly description: string
  /** JSON Schema of the input: an object. */
  readonly input: JsonObject
}

/** A model asking for a tool. `input` is what it wrote, parsed; `undefined` when that was no JSON. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly input: Json | undefined
  /** What it wrote, as it wrote it. */
  readonly text: string
}

/** One turn of a conversation. */
export type Message =
  | { readonly role: 'system'; readonly text: string }
  | { readonly role: 'user'; readonly text: string }
  | { readonly role: 'assistant'; readonly text: string; readonly calls: readonly ToolCall[] }
  | { readonly role: 'tool'; readonly call: Pick<ToolCall, 'id' | 'name'>; readonly text: string }

/** What one call of a model asks. */
export interface CompletionRequest {
  readonly messages: readonly Message[]
  readonly tools: readonly ToolDeclaration[]
  /** Tokens of the answer at most. */
  readonly maxOutputTokens: number
}

/** Why an answer ended. `length`: it was cut at `maxOutputTokens`. */
export type FinishReason = 'stop' | 'calls' | 'length' | 'refused'

/** What one call took. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
}

/** What a model answered. */
export interface Completion {
  readonly text: string
  readonly calls: readonly ToolCall[]
  readonly finish: FinishReason
  /** As the endpoint counted; undefined when it did not say. */
  readonly usage: Usage | undefined
}

/** A server of models, behind one protocol. */
export interface Endpoint {
  /** As the configuration calls it. */
  readonly name: string
  /**
   * One answer of one model, whole.
   *
   * @throws Fault MODEL_MISSING, MODEL_DENIED, MODEL_UNREACHABLE, MODEL_THROTTLED, MODEL_STALLED, MODEL_ANSWER_INVALID; the signal's reason
   */
  readonly complete: (model: string, request: CompletionRequest, options: { readonly signal: AbortSignal }) => Promise<Completion>
  /** The models it has now. @throws as `complete` */
  readonly list: (options: { readonly signal: AbortSignal }) => Promise<readonly string[]>
}
