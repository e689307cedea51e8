import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { Clock } from '../lib/clock.ts'
import { Fault } from '../lib/fault.ts'
import type { Json } from '../lib/json.ts'
import { createBoundedFetch } from './bounded-fetch.ts'
import { modelsFaults } from './faults.ts'
import type { Completion, Endpoint, FinishReason, Message, ToolCall } from './model.ts'
import type { EndpointSetting } from './settings.ts'

export interface EndpointDeps {
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  /** The key now; asked for each call, so that a new one counts at once. Undefined: the endpoint wants none. */
  readonly findKey: () => Promise<string | undefined>
}

export interface EndpointOptions {
  readonly stallTimeoutMs: number
  readonly maxAnswerBytes: number
}

type Provider = ReturnType<typeof createOpenAICompatible>
type ChatModel = ReturnType<Provider['chatModel']>
type Prompt = Parameters<ChatModel['doStream']>[0]['prompt']
type StreamPart = Awaited<ReturnType<ChatModel['doStream']>>['stream'] extends ReadableStream<infer P> ? P : never

/** Longest list of models, in bytes. */
const maxListBytes = 4_194_304

/** An endpoint that speaks OpenAI's API of chat completions, as Ollama, vLLM, llama.cpp and most hosts do. */
export function createOpenAIEndpoint(setting: EndpointSetting, deps: EndpointDeps, options: EndpointOptions): Endpoint {
  const { name, url } = setting
  const fetchFor = async (subject: string, maxAnswerBytes: number) => {
    const secret = await deps.findKey()
    return { secret, fetch: createBoundedFetch(deps, { subject, secret, stallTimeoutMs: options.stallTimeoutMs, maxAnswerBytes }) }
  }
  return {
    name,
    complete: async (model, request, { signal }) => {
      const subject = `${name}/${model}`
      const { fetch, secret } = await fetchFor(subject, options.maxAnswerBytes)
      const provider = createOpenAICompatible({
        name,
        baseURL: url.href.replace(/\/$/, ''),
        fetch,
        includeUsage: true,
        ...(secret === undefined ? {} : { apiKey: secret }),
      })
      try {
        const { stream } = await provider.chatModel(model).doStream({
          prompt: toPrompt(request.messages),
          maxOutputTokens: request.maxOutputTokens,
          abortSignal: signal,
          ...(request.tools.length === 0
            ? {}
            : {
                tools: request.tools.map((tool) => ({
                  type: 'function' as const,
                  name: tool.name,
                  description: tool.description,
                  inputSchema: tool.input,
                })),
              }),
        })
        return await readAnswer(stream, subject)
      } catch (error) {
        throw understood(error, subject, signal)
      }
    },
    list: async ({ signal }) => {
      const { fetch, secret } = await fetchFor(name, maxListBytes)
      const headers = secret === undefined ? {} : { authorization: `Bearer ${secret}` }
      const ask = async (address: URL): Promise<unknown> => (await fetch(address, { headers, signal })).json()
      try {
        return readNames(await ask(new URL(`${url.pathname.replace(/\/$/, '')}/models`, url)), name)
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'MODEL_MISSING') throw understood(error, name, signal)
      }
      try {
        return readNames(await ask(new URL('/api/tags', url)), name)
      } catch (error) {
        throw understood(error, name, signal)
      }
    },
  }
}

function toPrompt(messages: readonly Message[]): Prompt {
  return messages.map((message): Prompt[number] => {
    if (message.role === 'system') return { role: 'system', content: message.text }
    if (message.role === 'user') return { role: 'user', content: [{ type: 'text', text: message.text }] }
    if (message.role === 'tool') {
      const { call, text } = message
      return {
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId: call.id, toolName: call.name, output: { type: 'text', value: text } }],
      }
    }
    const calls = message.calls.map((call) => ({
      type: 'tool-call' as const,
      toolCallId: call.id,
      toolName: call.name,
      input: call.input ?? {},
    }))
    return { role: 'assistant', content: [...(message.text === '' ? [] : [{ type: 'text' as const, text: message.text }]), ...calls] }
  })
}

async function readAnswer(stream: ReadableStream<StreamPart>, subject: string): Promise<Completion> {
  let text = ''
  const calls: ToolCall[] = []
  for await (const part of stream) {
    if (part.type === 'text-delta') text += part.delta
    else if (part.type === 'tool-call')
      calls.push({ id: part.toolCallId, name: part.toolName, text: part.input, input: parseInput(part.input) })
    else if (part.type === 'error') throw part.error
    else if (part.type === 'finish') {
      const { inputTokens, outputTokens } = part.usage
      const isCounted = inputTokens.total !== undefined && outputTokens.total !== undefined
      return {
        text,
        calls,
        finish: finishOf(part.finishReason.unified, calls.length > 0, subject),
        usage: isCounted ? { inputTokens: inputTokens.total ?? 0, outputTokens: outputTokens.total ?? 0 } : undefined,
      }
    }
  }
  throw cut(subject)
}

function finishOf(reason: string, hasCalls: boolean, subject: string): FinishReason {
  if (reason === 'length') return 'length'
  if (reason === 'content-filter') return 'refused'
  if (reason === 'error' || reason === 'interrupted') throw cut(subject)
  return hasCalls ? 'calls' : 'stop'
}

function parseInput(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** A list of models as OpenAI (`data[].id`) or Ollama (`models[].name`) gives it. */
function readNames(list: unknown, name: string): readonly string[] {
  const rows = isRecord(list) ? (list['data'] ?? list['models']) : undefined
  if (!Array.isArray(rows)) throw invalid(name, `${name} answered with no list of models`)
  return rows
    .filter(isRecord)
    .map((row) => row['id'] ?? row['name'])
    .filter((id): id is string => typeof id === 'string' && id.length > 0 && id.length <= 200)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What a caller may branch on, whatever the library made of it. */
function understood(error: unknown, subject: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof Fault) return at
  if (error instanceof Error && error.name === 'Throttled') return error
  return invalid(subject, `${subject} answered with what is no answer`, error)
}

function cut(subject: string): Fault {
  return invalid(subject, `the answer of ${subject} ends in the middle; try again`)
}

function invalid(subject: string, message: string, cause?: unknown): Fault {
  return modelsFaults.create('MODEL_ANSWER_INVALID', { message, data: { model: subject }, cause })
}
