import { readFileSync } from 'node:fs'
import type { Json, JsonObject } from '../../lib/json.ts'
import type { FixtureAnswer, FixtureQuestion } from './fixture-routes.ts'

/** A part of what a forge publishes of its API, as Swagger 2.0 has it. */
export interface ForgeDescription {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly responses: Readonly<Record<string, { readonly schema?: Schema }>>
  readonly definitions: Readonly<Record<string, Schema>>
}

interface Operation {
  readonly parameters?: readonly (Schema & { readonly name: string; readonly in: 'path' | 'query' | 'body'; readonly schema?: Schema })[]
  readonly responses: Readonly<Record<string, { readonly $ref?: string; readonly schema?: Schema }>>
}

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly string[]
  readonly items?: Schema
  readonly required?: boolean | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
}

/** What is in `test/vectors/`, which was cut out of the description of a real server. */
export function readDescription(name: string): ForgeDescription {
  return JSON.parse(readFileSync(new URL(`../../../test/vectors/${name}.json`, import.meta.url), 'utf8')) as ForgeDescription
}

/** What of a request is not as the description says, in words. `route`: such as `GET /user`. */
export function judgeAsked(description: ForgeDescription, route: string, { params, query, body }: FixtureQuestion): readonly string[] {
  const { parameters = [] } = operationOf(description, route)
  const unknown = [...query.keys()].filter((name) => !parameters.some((each) => each.in === 'query' && each.name === name))
  const wrong = parameters.flatMap((parameter): readonly string[] => {
    const { name, schema = {} } = parameter
    if (parameter.in === 'body') return judge(description, schema, { value: body, at: 'body', isAnswer: false })
    const text = parameter.in === 'path' ? params[name] : (query.get(name) ?? undefined)
    if (text === undefined) return parameter.required === true ? [`${name} is missing`] : []
    return judge(description, parameter, { value: readText(parameter, text), at: name, isAnswer: false })
  })
  const takesBody = parameters.some((each) => each.in === 'body')
  const never = takesBody || Object.keys(body).length === 0 ? [] : ['a body is sent where none is taken']
  return [...unknown.map((name) => `no query is called ${name}`), ...wrong, ...never]
}

/** What of an answer is not as the description says, or lacks what it has. */
export function judgeAnswered(description: ForgeDescription, route: string, { status, body }: FixtureAnswer): readonly string[] {
  const response = operationOf(description, route).responses[status]
  if (response === undefined) return [`it never answers ${status}`]
  const { schema } = response.$ref === undefined ? response : (description.responses[nameOf(response.$ref)] ?? {})
  // what refuses has a message that no schema describes
  if (status >= 400) return []
  if (schema === undefined) return body === undefined ? [] : [`${status} has no body`]
  return judge(description, schema, { value: body, at: 'answer', isAnswer: true })
}

function operationOf({ paths }: ForgeDescription, route: string): Operation {
  const [method = '', path = ''] = route.split(' ')
  const operation = paths[path]?.[method.toLowerCase()]
  if (operation === undefined) throw new Error(`nothing describes ${route}`)
  return operation
}

/** A value where it stands, and whether a server made it, which says all it has, and null or nothing where a request says nothing. */
interface Found {
  readonly value: Json | undefined
  readonly at: string
  readonly isAnswer: boolean
}

function judge(description: ForgeDescription, schema: Schema, { value, at, isAnswer }: Found): readonly string[] {
  if (schema.$ref !== undefined) return judge(description, description.definitions[nameOf(schema.$ref)] ?? {}, { value, at, isAnswer })
  // a list or an object that a server written in Go does not have is null
  if (isAnswer && value === null && (schema.type === 'array' || schema.type === 'object')) return []
  if (!isOfType(schema, value)) return [`${at} is ${JSON.stringify(value)}, and should be ${schema.format ?? schema.type}`]
  // of words that are not said Go has the empty one
  const isUnsaid = isAnswer && value === ''
  if (schema.enum !== undefined && !isUnsaid && !schema.enum.some((word) => word === value))
    return [`${at} is never ${JSON.stringify(value)}`]
  if (schema.type === 'array')
    return listOf(value).flatMap((item, index) => judge(description, schema.items ?? {}, { value: item, at: `${at}[${index}]`, isAnswer }))
  if (schema.type !== 'object') return []
  const given = value as JsonObject
  const { properties = {}, required } = schema
  const needed = isAnswer ? Object.keys(properties) : Array.isArray(required) ? required : []
  const known = Object.entries(properties).filter(([name]) => given[name] !== undefined)
  return [
    ...Object.keys(given).flatMap((name) => (Object.hasOwn(properties, name) ? [] : [`${at} has no ${name}`])),
    ...needed.flatMap((name) => (Object.hasOwn(given, name) ? [] : [`${at} lacks ${name}`])),
    ...known.flatMap(([name, each]) => judge(description, each, { value: given[name], at: `${at}.${name}`, isAnswer })),
  ]
}

function isOfType({ type, format }: Schema, value: Json | undefined): boolean {
  if (type === undefined) return value !== undefined
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  if (type === 'integer') return Number.isSafeInteger(value)
  if (type === 'string' && format === 'date-time')
    return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value)
  return typeof value === type
}

/** What a word of a path or a query stands for. */
function readText({ type }: Schema, text: string): Json {
  return type === 'integer' && /^-?\d+$/.test(text) ? Number(text) : text
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}

function nameOf(ref: string): string {
  return ref.split('/').at(-1) ?? ''
}
