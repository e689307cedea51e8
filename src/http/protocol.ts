import { Fault } from '../lib/fault.ts'
import type { FaultKind } from '../lib/fault.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Progress } from '../operations/define-operation.ts'

/** Media type of an answer in lines: progress as it comes, then one result. */
export const lineType = 'application/x-ndjson'

/** Longest line or answer a client reads, in bytes. */
export const maxAnswerBytes = 67_108_864

/** A fault on its way to a client. */
export interface FaultDocument {
  readonly error: { readonly code: string; readonly kind: FaultKind; readonly message: string; readonly data: JsonObject }
}

/** One line of an answer in lines. */
export type AnswerLine = { readonly progress: Progress } | { readonly output: unknown } | FaultDocument

/** What a client is told of a fault: never its cause or stack. */
export function formatFault(fault: Fault): FaultDocument {
  return { error: { code: fault.code, kind: fault.kind, message: fault.message, data: fault.data } }
}

/** Reads one line of an answer; undefined when it is none. */
export function parseAnswer(text: string): AnswerLine | undefined {
  const value = parseObject(text)
  if (value === undefined) return undefined
  if (Object.hasOwn(value, 'output')) return { output: value['output'] }
  const progress = parseProgress(value['progress'])
  if (progress !== undefined) return { progress }
  return parseFault(value['error'])
}

/** The fault of a document that came from a node. */
export function faultOf({ error }: FaultDocument): Fault {
  return new Fault(error.code, error.kind, { message: error.message, data: error.data })
}

function parseFault(value: unknown): FaultDocument | undefined {
  if (!isObject(value)) return undefined
  const { code, kind, message, data } = value
  if (typeof code !== 'string' || typeof message !== 'string' || !isKind(kind)) return undefined
  return { error: { code, kind, message, data: isJsonObject(data) ? data : {} } }
}

function parseProgress(value: unknown): Progress | undefined {
  if (!isObject(value)) return undefined
  const { stage, done, total, unit, isNotice, question } = value
  if (typeof stage !== 'string' || typeof done !== 'number' || (unit !== 'bytes' && unit !== 'items')) return undefined
  const amount: Progress = { stage, done, unit, total: typeof total === 'number' ? total : undefined }
  return { ...amount, ...(isNotice === true && { isNotice }), ...(typeof question === 'string' && { question }) }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Everything JSON.parse gives is JSON; the question is only whether it is an object. */
function isJsonObject(value: unknown): value is JsonObject {
  return isObject(value)
}

function isKind(value: unknown): value is FaultKind {
  const kinds: readonly unknown[] = ['usage', 'invalid', 'denied', 'missing', 'conflict', 'unavailable', 'timeout']
  return kinds.includes(value)
}
