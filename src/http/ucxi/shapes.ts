import type { Zod } from '../../operations/define-operation.ts'
import { loadZod } from '../../operations/load-zod.ts'

/** Longest text of an address, a pattern or a cursor that is looked at, in characters; what each allows is judged by its own parser. */
const maxTextLength = 4_096

/** The shapes of JSON bodies: requests are parsed by them, and the API description is made from them. */
export function createShapes(z: Zod) {
  const address = z.string().max(maxTextLength).describe('ucxl://agent:role@project:task/temporal/path')
  const metadata = z.record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/), z.string().max(maxTextLength))
  const content = z.strictObject({
    content: z.string().describe('the content, in the encoding below'),
    encoding: z.enum(['utf-8', 'base64']).optional().describe('utf-8 unless said otherwise'),
    contentType: z.string().max(255).optional().describe('text/plain;charset=utf-8 unless said otherwise'),
    metadata: metadata.optional(),
  })
  const navigate = z.strictObject({
    address: address.describe('concrete'),
    temporal: z.string().max(maxTextLength).describe('*^, *~, *~N, ~~N, ^^N or an instant'),
    session: z.string().max(200).optional().describe('of an earlier answer; without it a new one begins'),
  })
  const announce = z.strictObject({
    address: address.describe('concrete'),
    content: z
      .strictObject({
        contentType: z.string().max(255).optional(),
        metadata: metadata.optional(),
        checksum: z.string().max(80).optional().describe('its CID'),
      })
      .optional()
      .describe('what the newest version must say, as far as it is said here'),
  })
  const query = z.strictObject({
    pattern: address.describe('an address in which "any" stands for every name'),
    text: z.string().max(maxTextLength).optional().describe('words that all occur in content, metadata or path'),
    metadata: metadata.optional().describe('values that the newest version has'),
    since: z.iso.datetime({ offset: true }).optional().describe('newest versions created at or after this'),
    limit: z.int().min(1).max(1_000).default(100),
    cursor: z.string().max(maxTextLength).optional(),
  })
  return { content, navigate, announce, query }
}

let loaded: Promise<ReturnType<typeof createShapes>> | undefined

/** The shapes, made once: compiling them costs more than parsing with them. */
export async function loadShapes(): Promise<ReturnType<typeof createShapes>> {
  loaded ??= loadZod().then(createShapes)
  return loaded
}
