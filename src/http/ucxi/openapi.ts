import type { Json, JsonObject } from '../../lib/json.ts'
import { createJsonSchema, loadZod } from '../../operations/load-zod.ts'
import { createAnswerShapes } from './answer-shapes.ts'
import { envelopeType } from './envelope.ts'
import { loadShapes } from './shapes.ts'

/** The API description of UCXI, made from the shapes that requests are parsed by. @see https://spec.openapis.org/oas/v3.1.0 */
export async function createOpenApi(): Promise<JsonObject> {
  const zod = await loadZod()
  const shapes = { ...(await loadShapes()), ...createAnswerShapes(zod) }
  const schemas = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, createJsonSchema(zod, shape)]))
  return {
    openapi: '3.1.0',
    info: { title: 'UCXI', version: '1', description: 'Context with an address and a past.' },
    servers: [{ url: '/ucxi/v1' }],
    security: [{ token: [] }],
    components: {
      schemas,
      parameters,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'in the file http.token of the home; not on the unix socket' },
      },
    },
    paths,
  }
}

const parameters: JsonObject = {
  address: inQuery('address', 'ucxl://agent:role@project:task/temporal/path', { type: 'string', maxLength: 2_048 }),
  pattern: inQuery('pattern', 'an address in which "any" stands for every name', { type: 'string', maxLength: 2_048 }),
  limit: { ...inQuery('limit', 'items of one answer', { type: 'integer', minimum: 1, maximum: 1_000, default: 100 }), required: false },
  cursor: { ...inQuery('cursor', 'details.cursor of the answer before', { type: 'string' }), required: false },
  hive: inHeader('UCXL-Hive', 'name or id of a hive; without it the current one'),
  ifMatch: inHeader('If-Match', 'ETag of the version that is replaced'),
  ifNoneMatch: inHeader('If-None-Match', 'reading: ETags that are had already; writing: * alone'),
  range: inHeader('Range', 'one range of bytes'),
  for: inHeader('UCXL-For', 'role:NAME and @HANDLE with commas between: whom the content is sealed for'),
  prefer: inHeader('Prefer', 'replicas=N: copies to wait for'),
}

const page = ['limit', 'cursor']
const anything: JsonObject = { '*/*': { schema: { type: 'string', format: 'binary' } }, [envelopeType]: { schema: ref('content') } }
const write = { parameters: ['address', 'for', 'prefer'], body: anything }

const paths: JsonObject = {
  '/get': { get: operation('Read the version that an address means', { parameters: ['address', 'ifNoneMatch', 'range'], answer: 'read' }) },
  '/put': { put: operation('Add a version', { ...write, parameters: [...write.parameters, 'ifMatch', 'ifNoneMatch'], answer: 'stored' }) },
  '/post': { post: operation('Add the first version of a resource', { ...write, answer: 'stored' }) },
  '/delete': {
    delete: operation('Add a version that says that there is nothing', { parameters: ['address', 'ifMatch'], answer: 'stored' }),
  },
  '/announce': {
    post: operation('Tell members what this node provides', { parameters: [], body: jsonOf('announce'), answer: 'announced' }),
  },
  '/discover': { get: operation('List resources that a pattern means', { parameters: ['pattern', ...page], answer: 'found' }) },
  '/navigate': { post: operation('Move a session among versions', { parameters: [], body: jsonOf('navigate'), answer: 'navigated' }) },
  '/versions': { get: operation('List the versions of a resource', { parameters: ['address', ...page], answer: 'versions' }) },
  '/subscribe': { get: operation('Be told what is stored, deleted and announced', { parameters: ['pattern'], answer: 'events' }) },
  '/query': { post: operation('Search by pattern, words, metadata and time', { parameters: [], body: jsonOf('query'), answer: 'found' }) },
  '/status': { get: operation('What this node keeps', { parameters: [], answer: 'status' }) },
}

interface Described {
  readonly parameters: readonly string[]
  readonly body?: JsonObject
  readonly answer: string
}

function operation(summary: string, { parameters: names, body, answer }: Described): JsonObject {
  return {
    summary,
    parameters: [...names, 'hive'].map((name) => ({ $ref: `#/components/parameters/${name}` })),
    ...(body === undefined ? {} : { requestBody: { content: body } }),
    responses: {
      '2XX': { description: 'done', content: contentOf(answer) },
      default: { description: 'not done', content: jsonOf('error') },
    },
  }
}

function contentOf(answer: string): JsonObject {
  if (answer === 'events') return { 'text/event-stream': { schema: { type: 'string' } } }
  if (answer === 'read') return { '*/*': { schema: { type: 'string', format: 'binary' } }, [envelopeType]: { schema: ref('read') } }
  return jsonOf(answer)
}

function jsonOf(schema: string): JsonObject {
  return { 'application/json': { schema: ref(schema) } }
}

function ref(schema: string): JsonObject {
  return { $ref: `#/components/schemas/${schema}` }
}

function inQuery(name: string, description: string, schema: Json): JsonObject {
  return { name, in: 'query', required: true, description, schema }
}

function inHeader(name: string, description: string): JsonObject {
  return { name, in: 'header', description, schema: { type: 'string' } }
}
