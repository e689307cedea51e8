import { readFileSync } from 'node:fs'
import type { JsonObject } from '../../lib/json.ts'

/** The documents that are sent to GitHub, and what it publishes of the inputs that they name. */
interface GraphqlDescription {
  readonly documents: Readonly<Record<'findRepository' | 'moveRefs', string>>
  /** Type of each field, by the name of the input. */
  readonly inputs: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** @see https://docs.github.com/en/graphql/reference/git */
export const githubGraphql = JSON.parse(
  readFileSync(new URL('../../../test/vectors/forge-github-graphql.json', import.meta.url), 'utf8'),
) as GraphqlDescription

/** What of a question is not as published, in words. */
export function judgeGraphql(question: JsonObject): readonly string[] {
  const { query, variables } = question
  const known = Object.values(githubGraphql.documents)
  if (typeof query !== 'string' || !known.includes(query)) return [`no document that is known: ${JSON.stringify(query)}`]
  const more = Object.keys(question).flatMap((name) => (name === 'query' || name === 'variables' ? [] : [`a question has no ${name}`]))
  return [...more, ...judgeFields(variablesOf(query), variables, 'variables')]
}

/** Type of each variable that a document declares. */
function variablesOf(document: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...document.matchAll(/\$(\w+): ([\w![\]]+)/g)].map(([, name = '', type = '']) => [name, type]))
}

function judgeFields(fields: Readonly<Record<string, string>>, value: unknown, at: string): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is no object`]
  const unknown = Object.keys(value).flatMap((name) => (Object.hasOwn(fields, name) ? [] : [`${at} has no ${name}`]))
  return [...unknown, ...Object.entries(fields).flatMap(([name, type]) => judgeValue(type, Reflect.get(value, name), `${at}.${name}`))]
}

function judgeValue(type: string, value: unknown, at: string): readonly string[] {
  if (value === undefined || value === null) return type.endsWith('!') ? [`${at} is missing`] : []
  const bare = type.replace(/!$/, '')
  if (bare.startsWith('[')) {
    if (!Array.isArray(value)) return [`${at} is no list`]
    return value.flatMap((item, index) => judgeValue(bare.slice(1, -1), item, `${at}[${index}]`))
  }
  const input = githubGraphql.inputs[bare]
  if (input !== undefined) return judgeFields(input, value, at)
  return isScalar(bare, value) ? [] : [`${at} is ${JSON.stringify(value)}, and should be ${bare}`]
}

/** @throws Error for a type that nobody described */
function isScalar(type: string, value: unknown): boolean {
  if (type === 'Boolean') return typeof value === 'boolean'
  if (typeof value !== 'string') return false
  if (type === 'GitObjectID') return /^[0-9a-f]{40}$/.test(value)
  if (type === 'GitRefname') return value.startsWith('refs/')
  if (type === 'ID' || type === 'String') return true
  throw new Error(`nothing describes ${type}`)
}
