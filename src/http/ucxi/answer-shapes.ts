import type { Operation, Zod } from '../../operations/define-operation.ts'

type Shape = ReturnType<Operation['output']>

/** The shapes of answers, for the API description; a test holds the answers to them. */
export function createAnswerShapes(z: Zod) {
  const moment = z.iso.datetime({ precision: 3 }).nullable()
  const count = z.int().min(0)
  const version = z.strictObject({
    resource: z.string(),
    address: z.string(),
    version: z.int().min(1),
    cid: z.string().nullable(),
    deleted: z.boolean(),
    contentType: z.string(),
    size: count,
    metadata: z.record(z.string(), z.string()),
    writer: z.string(),
    owner: z.string(),
    created: moment,
    contested: z.boolean(),
  })
  const position = { first: z.int().min(1), last: z.int().min(1), knownUntil: moment }
  const step = z.strictObject({
    from: count,
    to: count,
    operation: z.string(),
    at: moment,
    succeeded: z.boolean(),
    error: z.enum(['notFound', 'outOfBounds']).optional(),
  })
  const list = { count, cursor: z.string().nullable() }
  const stamped = { request_id: z.string(), timestamp: z.iso.datetime({ precision: 3 }) }
  const respond = <Data extends Shape, Details extends Shape>(data: Data, details: Details) =>
    z.strictObject({ response: z.strictObject({ code: z.string(), message: z.string(), data, details, ...stamped }) })
  const nothing = z.undefined().optional()
  const provider = z.strictObject({ node: z.string(), by: z.enum(['here', 'signed', 'announced']), expires: moment })
  const found = z.strictObject({ resource: z.string(), first: count, last: count, newest: version, providers: z.array(provider) })
  const resolver = z.strictObject({ asked: count, cached: count, told: count, missed: count, refused: count, remembered: count })
  const status = z.strictObject({
    configuration: z.strictObject({ maxContentBytes: count, maxJsonBytes: count, maxSubscriptions: count }),
    store: z.strictObject({ resources: count, versions: count, deleted: count, contested: count }),
    copies: z.strictObject({ target: count, below: count, checking: z.boolean() }).nullable(),
    peers: z.strictObject({ members: count }).nullable(),
    announced: z.strictObject({ own: count, known: count }),
    resolver: resolver.nullable(),
    agents: z.array(z.string()),
    sessions: count,
    uptimeMs: count,
  })
  return {
    read: respond(version.extend({ ...position, content: z.string(), encoding: z.enum(['utf-8', 'base64']) }), nothing),
    stored: respond(
      version.extend({
        status: z.enum(['created', 'updated', 'deleted', 'unchanged']),
        replicas: z.strictObject({ wanted: count, confirmed: count }),
        sealed: z.strictObject({ recipients: count, unreachable: z.array(z.string()) }).optional(),
      }),
      nothing,
    ),
    versions: respond(z.strictObject({ items: z.array(version) }), z.strictObject(list)),
    found: respond(z.strictObject({ items: z.array(found) }), z.strictObject(list)),
    announced: respond(version.extend({ status: z.enum(['announced', 'refreshed']), provider: z.string(), expires: moment }), nothing),
    navigated: respond(version.extend({ ...position, session: z.string(), steps: z.array(step) }), nothing),
    status: respond(status, nothing),
    error: z.strictObject({
      error: z.strictObject({
        code: z.string().regex(/^UCXL-\d{3}-[A-Z_]+$/),
        message: z.string(),
        details: z.record(z.string(), z.unknown()).optional(),
        source: z.literal('ucxi-server'),
        path: z.string(),
        ...stamped,
        cause: z.string(),
      }),
    }),
  }
}
