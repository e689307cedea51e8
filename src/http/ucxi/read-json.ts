import type { Fault } from '../../lib/fault.ts'
import { httpFaults } from '../faults.ts'

/** As much of a zod shape as is asked here. */
interface Shape<Value> {
  readonly safeParse: (
    value: unknown,
  ) => { readonly success: true; readonly data: Value } | { readonly success: false; readonly error: ShapeError }
}

interface ShapeError {
  /** `keys` are those that the shape does not know. */
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string; readonly keys?: readonly string[] }[]
}

/** What a JSON body says, of its shape. @throws Fault UCXI_PAYLOAD_INVALID naming the field */
export function parsePayload<Value>(shape: Shape<Value>, body: unknown): Value {
  const read = shape.safeParse(body)
  if (read.success) return read.data
  const [issue] = read.error.issues
  const [unknown] = issue?.keys ?? []
  if (unknown !== undefined)
    throw refusePayload([...(issue?.path ?? []), unknown].map(String).join('.').slice(0, 100), 'there is no such key here')
  const field = issue === undefined || issue.path.length === 0 ? 'body' : issue.path.map(String).join('.').slice(0, 100)
  throw refusePayload(field, issue?.message ?? 'not of the shape')
}

/** Reads a JSON body that was not parsed on its way, at most `maxBytes` long. @throws Fault UCXI_TOO_LARGE, UCXI_PAYLOAD_INVALID */
export async function readJson(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<unknown> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body) {
    size += part.byteLength
    if (size > maxBytes) throw tooLarge(maxBytes, `JSON of at most ${maxBytes} bytes is taken; send longer content as the body itself`)
    parts.push(part)
  }
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts)), refusePrototype)
    return value
  } catch {
    throw refusePayload('body', 'this is no JSON in UTF-8, or names a prototype')
  }
}

/** A name that no shape knows, and that some readers of objects pass over in silence. */
function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError(key)
  return value
}

export function tooLarge(max: number, message: string): Fault {
  return httpFaults.create('UCXI_TOO_LARGE', { message, data: { max } })
}

export function refusePayload(field: string, reason: string): Fault {
  return httpFaults.create('UCXI_PAYLOAD_INVALID', { message: `${field}: ${reason}`, data: { field } })
}
