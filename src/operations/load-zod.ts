import type { ZodType } from 'zod'
import type { JsonObject } from '../lib/json.ts'
import type { Zod } from './define-operation.ts'

/** zod, loaded on first use: it costs as much time as a whole command. */
export async function loadZod(): Promise<Zod> {
  return (await import('zod')).z
}

/** A shape as JSON Schema 2020-12, without its own `$schema`. */
export function createJsonSchema(zod: Zod, shape: ZodType): JsonObject {
  const { $schema: _dialect, ...schema } = zod.toJSONSchema(shape, { io: 'input', unrepresentable: 'any' })
  // what zod writes is JSON by its definition, and is made so here once more
  return JSON.parse(JSON.stringify(schema)) as JsonObject
}
