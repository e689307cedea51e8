import type { SessionUpdate, ToolCallUpdate } from '@agentclientprotocol/sdk'
import type { WorkerEvent } from '../driver.ts'
import { cutEnd } from '../rules/shorten.ts'
import type { EventQueue } from './event-queue.ts'

/** What is kept of one thing that an agent does, in characters. */
const maxTextLength = 20_000
/** What an update counts as beside its words, in bytes: one that says nothing is not free. */
const updateBytes = 64

/** What an agent says and does, from updates to events. */
export interface UpdateReader {
  /** False once it was more than the queue takes. */
  readonly read: (update: SessionUpdate) => boolean
  /** Hands over what it asked leave for, and what it was answered. False as `read` is. */
  readonly asked: (call: ToolCallUpdate, answer: string) => boolean
  /** What kind of tool it asks leave for, said with the question or before; undefined where it never said. */
  readonly kindOf: (call: ToolCallUpdate) => string | undefined
  /** Hands over what was said until now, and tools that came to no end: nothing more comes. */
  readonly end: () => void
  /** What it said last, since the tool that it used before that. */
  readonly lastWords: () => string
}

/** A tool that is in use, as far as it was told. */
interface OpenCall {
  readonly kind: string | undefined
  readonly title: string
  readonly output: string
}

/**
 * Joins the pieces in which an agent says a thing, until it does or says another: a secret comes in pieces too, and is found in the whole alone.
 * The updates of one tool call are one event, when it is over: each carries only what changed.
 *
 * @see https://agentclientprotocol.com/protocol/tool-calls
 */
export function createUpdateReader(events: Pick<EventQueue<WorkerEvent>, 'take' | 'add'>): UpdateReader {
  let said: { readonly type: 'answer' | 'thought'; readonly pieces: string[] } | undefined
  let last: string[] = []
  let usedSince = false
  // what is kept of each was taken by the queue first, so it is bounded by that
  const calls = new Map<string, OpenCall>()
  const endWords = (): void => {
    const text = said?.pieces.join('') ?? ''
    if (text !== '') events.add(said?.type === 'thought' ? { type: 'thought', text } : { type: 'answer', text, cost: unknownCost })
    said = undefined
  }
  const say = (type: 'answer' | 'thought', text: string): boolean => {
    if (said?.type !== type) endWords()
    said ??= { type, pieces: [] }
    said.pieces.push(text)
    // what it says after using a tool is a new last word; nothing is none
    if (type === 'answer' && usedSince && text.trim() !== '') [last, usedSince] = [[], false]
    if (type === 'answer') last.push(text)
    return events.take(Buffer.byteLength(text) + updateBytes)
  }
  const add = ({ kind, title, output }: OpenCall, isError: boolean): void => {
    endWords()
    events.add({ type: 'tool', name: kind ?? 'other', input: title, output, isError })
  }
  const use = (update: ToolCallUpdate): boolean => {
    const before = calls.get(update.toolCallId)
    const call = mergeCall(before, update)
    const isOver = update.status === 'completed' || update.status === 'failed'
    if (isOver) {
      calls.delete(update.toolCallId)
      add(call, update.status === 'failed')
    } else calls.set(update.toolCallId, call)
    return events.take(updateBytes + update.toolCallId.length + Math.max(0, lengthOf(call) - lengthOf(before)))
  }
  return {
    end: () => {
      endWords()
      for (const call of calls.values()) add(call, false)
      calls.clear()
    },
    lastWords: () => last.join(''),
    kindOf: (call) => mergeCall(calls.get(call.toolCallId), call).kind,
    asked: (call, answer) => {
      const { title } = mergeCall(calls.get(call.toolCallId), call)
      add({ kind: 'permission', title, output: answer }, false)
      return events.take(updateBytes + title.length + answer.length)
    },
    read: (update) => {
      if (update.sessionUpdate === 'agent_thought_chunk') return say('thought', textOf(update.content))
      if (update.sessionUpdate === 'agent_message_chunk') return say('answer', textOf(update.content))
      if (update.sessionUpdate !== 'tool_call' && update.sessionUpdate !== 'tool_call_update') return events.take(updateBytes)
      usedSince ||= update.sessionUpdate === 'tool_call'
      return use(update)
    },
  }
}

/** What an agent of others pays is not told. */
const unknownCost = { tokens: 0, microUsd: 0 }

/** A tool call after what an update says of it; what that leaves out stands as it was. */
function mergeCall(before: OpenCall | undefined, { kind, title, rawOutput, content }: ToolCallUpdate): OpenCall {
  const given = rawOutput ?? content
  return {
    kind: kind ?? before?.kind,
    title: typeof title === 'string' ? shorten(title) : (before?.title ?? ''),
    output: given === undefined || given === null ? (before?.output ?? '') : shorten(JSON.stringify(given)),
  }
}

/** What is kept of a call, in characters. */
function lengthOf(call: OpenCall | undefined): number {
  return call === undefined ? 0 : call.title.length + call.output.length
}

function textOf(content: { readonly type: string; readonly text?: unknown }): string {
  return content.type === 'text' && typeof content.text === 'string' ? content.text : ''
}

function shorten(text: string): string {
  return cutEnd(text, maxTextLength)
}
