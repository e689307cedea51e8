import type { SessionUpdate } from '@agentclientprotocol/sdk'
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
  /** Hands over what was said until now: nothing more comes. */
  readonly end: () => void
  /** What it said since it last used a tool. */
  readonly lastWords: () => string
}

/**
 * Joins the pieces in which an agent says a thing, until it does or says another: a secret comes in pieces too, and is found in the whole alone.
 */
export function createUpdateReader(events: Pick<EventQueue<WorkerEvent>, 'take' | 'add'>): UpdateReader {
  let said: { readonly type: 'answer' | 'thought'; readonly pieces: string[] } | undefined
  let last: string[] = []
  const end = (): void => {
    const text = said?.pieces.join('') ?? ''
    if (text !== '') events.add(said?.type === 'thought' ? { type: 'thought', text } : { type: 'answer', text, cost: unknownCost })
    said = undefined
  }
  const say = (type: 'answer' | 'thought', text: string): boolean => {
    if (said?.type !== type) end()
    said ??= { type, pieces: [] }
    said.pieces.push(text)
    if (type === 'answer') last.push(text)
    return events.take(Buffer.byteLength(text) + updateBytes)
  }
  return {
    end,
    lastWords: () => last.join(''),
    read: (update) => {
      if (update.sessionUpdate === 'agent_thought_chunk') return say('thought', textOf(update.content))
      if (update.sessionUpdate === 'agent_message_chunk') return say('answer', textOf(update.content))
      // what it says after using a tool is a new last word
      if (update.sessionUpdate === 'tool_call') last = []
      const event = describeTool(update)
      if (event !== undefined) {
        end()
        events.add(event)
      }
      return events.take(updateBytes + (event === undefined ? 0 : event.input.length + event.output.length))
    },
  }
}

/** What an agent of others pays is not told. */
const unknownCost = { tokens: 0, microUsd: 0 }

function describeTool(update: SessionUpdate): Extract<WorkerEvent, { readonly type: 'tool' }> | undefined {
  if (update.sessionUpdate === 'tool_call')
    return { type: 'tool', name: update.kind ?? 'other', input: shorten(update.title), output: '', isError: false }
  if (update.sessionUpdate !== 'tool_call_update') return undefined
  if (update.status !== 'completed' && update.status !== 'failed') return undefined
  const output = shorten(JSON.stringify(update.rawOutput ?? update.content ?? null))
  return { type: 'tool', name: update.kind ?? 'other', input: shorten(update.title ?? ''), output, isError: update.status === 'failed' }
}

function textOf(content: { readonly type: string; readonly text?: unknown }): string {
  return content.type === 'text' && typeof content.text === 'string' ? content.text : ''
}

function shorten(text: string): string {
  return cutEnd(text, maxTextLength)
}
