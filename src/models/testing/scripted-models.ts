import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Json } from '../../lib/json.ts'

/** What a scripted model is asked, as it came over the wire. */
export interface ScriptedQuestion {
  readonly model: string
  readonly messages: readonly { readonly role: string; readonly content?: unknown; readonly tool_call_id?: string }[]
  readonly tools: readonly { readonly function: { readonly name: string } }[]
  readonly authorization: string | undefined
  /** How many questions came before this one. */
  readonly turn: number
}

/** What it does: an answer in OpenAI's words, or one of the ways in which servers fail. */
export type ScriptedReply =
  | {
      readonly text?: string
      readonly calls?: readonly { readonly name: string; readonly input: Json }[]
      readonly finish?: 'stop' | 'length' | 'tool_calls' | 'content_filter'
      readonly usage?: { readonly input: number; readonly output: number } | null
    }
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** Never answers; answers and never ends; sends words for ever; sends what is no JSON; ends in the middle; drops the connection. */
  | { readonly fails: 'hang' | 'stall' | 'endless' | 'garbage' | 'cut' | 'drop' }

export interface ScriptedModels extends AsyncDisposable {
  /** Without a slash at its end; `/v1` is the API. */
  readonly url: string
  readonly questions: readonly ScriptedQuestion[]
}

export interface ScriptedModelsOptions {
  readonly reply: (question: ScriptedQuestion) => ScriptedReply
  readonly models?: readonly string[]
  /** Whether `GET /v1/models` is answered; without it only Ollama's `/api/tags` is. */
  readonly hasOpenAIList?: boolean
}

const maxBodyBytes = 8_388_608

/** A server on loopback that speaks the APIs of OpenAI and Ollama as a script says. For tests and demonstrations: it is no model. */
export async function openScriptedModels(options: ScriptedModelsOptions): Promise<ScriptedModels> {
  const questions: ScriptedQuestion[] = []
  const names = options.models ?? ['scripted']
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy())
  })
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? ''
    if (path === '/api/tags') return sendJson(response, { models: names.map((name) => ({ name })) })
    if (path === '/v1/models' && options.hasOpenAIList !== false)
      return sendJson(response, { object: 'list', data: names.map((id) => ({ id, object: 'model' })) })
    if (path !== '/v1/chat/completions' || request.method !== 'POST') return sendStatus(response, { status: 404, body: 'not found' })
    const asked = JSON.parse(await readBody(request)) as Pick<ScriptedQuestion, 'model' | 'messages'> &
      Partial<Pick<ScriptedQuestion, 'tools'>>
    const question = { ...asked, tools: asked.tools ?? [], authorization: request.headers.authorization, turn: questions.length }
    questions.push(question)
    if (!names.includes(asked.model))
      return sendStatus(response, { status: 404, body: JSON.stringify({ error: { message: `model '${asked.model}' not found` } }) })
    await send(response, options.reply(question))
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    questions,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function send(response: ServerResponse, reply: ScriptedReply): Promise<void> {
  if ('status' in reply) return sendStatus(response, reply)
  if ('fails' in reply) return fail(response, reply.fails)
  const { text, calls = [], usage } = reply
  const finish = reply.finish ?? (calls.length > 0 ? 'tool_calls' : 'stop')
  beginStream(response)
  sendEvent(response, chunk({ role: 'assistant', content: text ?? '' }))
  for (const [index, call] of calls.entries()) {
    const asked = { name: call.name, arguments: typeof call.input === 'string' ? call.input : JSON.stringify(call.input) }
    sendEvent(response, chunk({ tool_calls: [{ index, id: `call-${index}`, type: 'function', function: asked }] }))
  }
  sendEvent(response, chunk({}, finish))
  if (usage !== null) {
    const { input, output } = usage ?? { input: 10, output: 5 }
    const counted = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
    sendEvent(response, { ...chunk({}), choices: [], usage: counted })
  }
  response.end('data: [DONE]\n\n')
}

function fail(response: ServerResponse, how: Extract<ScriptedReply, { readonly fails: string }>['fails']): void {
  if (how === 'hang') return
  if (how === 'drop') return void response.destroy()
  beginStream(response)
  sendEvent(response, chunk({ role: 'assistant', content: 'so ' }))
  if (how === 'garbage') return void response.end('data: {"choices": [oops\n\n')
  if (how === 'cut') return void response.end()
  if (how === 'endless') {
    const more = (): void => {
      while (!response.destroyed && response.write(`data: ${JSON.stringify(chunk({ content: 'and on '.repeat(1_000) }))}\n\n`));
    }
    response.on('drain', more)
    more()
  }
}

function beginStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
}

function chunk(delta: Json, finish: string | null = null): { readonly [key: string]: Json } {
  return {
    id: 'one',
    object: 'chat.completion.chunk',
    created: 0,
    model: 'scripted',
    choices: [{ index: 0, delta, finish_reason: finish }],
  }
}

function sendEvent(response: ServerResponse, event: Json): void {
  response.write(`data: ${JSON.stringify(event)}\n\n`)
}

function sendJson(response: ServerResponse, value: Json): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

function sendStatus(response: ServerResponse, reply: Extract<ScriptedReply, { readonly status: number }>): void {
  response.writeHead(reply.status, reply.headers ?? {}).end(reply.body ?? '')
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const piece of request.setEncoding('utf8')) {
    body += String(piece)
    if (body.length > maxBodyBytes) throw new Error('a question is longer than any a model takes')
  }
  return body
}
