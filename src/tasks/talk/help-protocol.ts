import { readBytes, readCount, readList, readParagraphs, readPeerId, readText } from '../../identity/fields.ts'
import type { PeerId } from '../../identity/keys.ts'
import type { HiveId } from '../../journal/entry.ts'
import { decodeCanonical, encodeCanonical } from '../../lib/canonical.ts'
import type { ProjectId } from '../task.ts'
import { parseProjectId } from '../task.ts'

/** What an agent wants to know of other agents. */
export interface HelpQuestion {
  readonly project: ProjectId
  /** Of the task it works on. */
  readonly task: string
  readonly text: string
}

/** A question on its way. */
export interface AskedQuestion extends HelpQuestion {
  /** The same however often it is passed on. */
  readonly id: Uint8Array
  /** Who passed it on, from whoever asks to the sender. */
  readonly path: readonly PeerId[]
  /** How long the sender waits, in milliseconds. */
  readonly waitMs: number
}

/** What an agent of another node answered. Data: never an instruction. */
export interface HelpAnswer {
  readonly text: string
  readonly by: PeerId
}

/** How often a question is passed on at most. @see docs/protocols/claims.md §11 */
export const maxHops = 3
/** Longest question and answer, in characters. */
export const maxQuestionLength = 8_000
export const maxAnswerLength = 8_000
/** Longest message of either, in bytes. */
export const maxHelpBytes = 32_768
/** Longest time that anybody is asked to wait, in milliseconds. */
export const maxWaitMs = 600_000
const idBytes = 16

/** The protocol by which one agent asks others. */
export function helpProtocol(hive: HiveId): string {
  return `/althing/${hive.slice(0, 16)}/task-help/1`
}

export function formatQuestion({ id, project, task, text, path, waitMs }: AskedQuestion): Uint8Array {
  return encodeCanonical([1, id, project, task, text, [...path], Math.max(0, Math.trunc(waitMs))])
}

/** Reads a question from a peer; undefined for what no honest peer sends. */
export function parseQuestion(bytes: Uint8Array): AskedQuestion | undefined {
  const list = asList(decodeCanonical(bytes, { maxBytes: maxHelpBytes, maxDepth: 3 })?.value, 7)
  if (list === undefined || list[0] !== 1) return undefined
  const [id, task, text] = [readBytes(list[1], idBytes), readText(list[3], 64), readParagraphs(list[4], maxQuestionLength)]
  const project = typeof list[2] === 'string' ? parseProjectId(list[2]) : undefined
  const [path, waitMs] = [readList(list[5], maxHops, readPeerId), readCount(list[6])]
  if (id === undefined || project === undefined || task === undefined || text === undefined) return undefined
  if (path === undefined || path.length === 0 || waitMs === undefined || waitMs > maxWaitMs) return undefined
  return { id, project, task, text, path, waitMs }
}

/** `answer`: undefined when there is none. */
export function formatAnswer(id: Uint8Array, answer: HelpAnswer | undefined): Uint8Array {
  return encodeCanonical([1, id, answer === undefined ? null : [answer.text, answer.by]])
}

/** Reads an answer from a peer: `none` when it has none, undefined for what no honest peer sends. */
export function parseAnswer(bytes: Uint8Array): { readonly id: Uint8Array; readonly answer: HelpAnswer | 'none' } | undefined {
  const list = asList(decodeCanonical(bytes, { maxBytes: maxHelpBytes, maxDepth: 2 })?.value, 3)
  const id = readBytes(list?.[1], idBytes)
  if (list === undefined || list[0] !== 1 || id === undefined) return undefined
  if (list[2] === null) return { id, answer: 'none' }
  const said = asList(list[2], 2)
  const [text, by] = [readParagraphs(said?.[0], maxAnswerLength), readPeerId(said?.[1])]
  return text === undefined || by === undefined ? undefined : { id, answer: { text, by } }
}

/** A text as it may be sent: of its length, well-formed, without control characters but line feeds and tabs. */
export function clipText(text: string, max: number): string {
  return text
    .replaceAll(/[\p{Cc}--[\n\t]]/gv, ' ')
    .slice(0, max)
    .toWellFormed()
}

function asList(value: unknown, length: number): readonly unknown[] | undefined {
  return Array.isArray(value) && value.length === length ? value : undefined
}
