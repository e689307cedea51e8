import assert from 'node:assert/strict'
import type { Json } from '../../lib/json.ts'
import type { FixtureState } from './fixture-state.ts'
import type { Owner } from './git-server.ts'

export interface FixtureRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: { readonly [key: string]: Json }
}

/** A request with the values that its path has at the places of its route. */
export interface FixtureQuestion extends FixtureRequest {
  readonly params: Readonly<Record<string, string>>
  /** Where it came to. */
  readonly url: URL
}

export interface FixtureAnswer {
  readonly status: number
  readonly body?: Json
  readonly headers?: Readonly<Record<string, string>>
}

/** One thing that a forge can be asked. */
export interface FixtureRoute {
  /** Names of its query if it reads, else of its body; undefined where the description of the dialect says them. */
  readonly takes?: readonly string[]
  readonly answer: (question: FixtureQuestion, state: FixtureState) => FixtureAnswer
}

/** By method and path as the forge's documentation has them: `GET /repos/{owner}/{repo}/issues`. What stands in none the forge does not take. */
export type FixtureRoutes = Readonly<Record<string, FixtureRoute>>

/** The route of a request, and what its path has at the places of it; undefined when it is of none. */
export function findRoute(
  routes: FixtureRoutes,
  { method, path }: FixtureRequest,
): { readonly name: string; readonly route: FixtureRoute; readonly params: Readonly<Record<string, string>> } | undefined {
  const words = path.split('/')
  for (const [name, route] of Object.entries(routes)) {
    const [wanted, template = ''] = name.split(' ')
    const places = template.split('/')
    if (wanted !== method || places.length !== words.length) continue
    const isThat = places.every((place, at) => (place.startsWith('{') ? words[at] !== '' : place === words[at]))
    if (!isThat) continue
    // a slash within a value comes escaped, or the path has too many words
    const params = places.flatMap((place, at) => (place.startsWith('{') ? [[place.slice(1, -1), decodeURIComponent(words[at] ?? '')]] : []))
    return { name, route, params: Object.fromEntries(params) }
  }
  return undefined
}

/** What of a request its route does not take, in words. */
export function judgeTaken({ takes }: FixtureRoute, { method, query, body }: FixtureRequest): readonly string[] {
  const given = [...query.keys()]
  const twice = given.filter((name, at) => !name.endsWith('[]') && given.indexOf(name) !== at).map((name) => `the query has ${name} twice`)
  if (takes === undefined) return twice
  const sent = Object.keys(body)
  const [taken, never] = method === 'GET' ? [given, sent] : [sent, given]
  const unknown = taken.filter((name) => !takes.includes(name)).map((name) => `no parameter is called ${name}`)
  return [...twice, ...unknown, ...never.map((name) => `${name} stands where this takes nothing`)]
}

/** How a forge cuts its lists into pages. */
export interface FixturePaging {
  readonly name: 'per_page' | 'limit'
  readonly usual: number
  readonly most: number
}

/** Where a page begins and ends, by what was asked. */
function spanOf({ query }: FixtureRequest, { name, usual, most }: FixturePaging) {
  const size = Math.min(Number(query.get(name) ?? usual), most)
  const page = Number(query.get('page') ?? 1)
  return { size, page }
}

/** The page that was asked for. */
export function pageOf<T>(items: readonly T[], question: FixtureRequest, paging: FixturePaging): T[] {
  const { size, page } = spanOf(question, paging)
  return items.slice((page - 1) * size, page * size)
}

/** Where the pages beside this one are; no header where there is one page alone. @see RFC 8288 */
export function linksOf(count: number, question: FixtureQuestion, paging: FixturePaging): Readonly<Record<string, string>> {
  const { size, page } = spanOf(question, paging)
  const last = Math.ceil(count / size)
  const links = [
    ...(page < last ? ([[page + 1, 'next'] as const, [last, 'last'] as const] as const) : []),
    ...(page > 1 ? ([[1, 'first'] as const, [page - 1, 'prev'] as const] as const) : []),
  ].map(([at, rel]) => {
    const url = new URL(question.url)
    url.searchParams.set('page', String(at))
    return `<${url.href}>; rel="${rel}"`
  })
  return links.length === 0 ? {} : { link: links.join(', ') }
}

export const missing = { status: 404, body: { message: 'Not Found' } } as const

/** Milliseconds of a time in a query; 0 when there is none. */
export function timeIn(query: URLSearchParams, name: string): number {
  const text = query.get(name)
  return text === null ? 0 : Date.parse(text)
}

export function isoOf(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z')
}

/** A text of a request; empty when there is none. */
export function textIn(body: FixtureRequest['body'], name: string): string {
  const text = body[name]
  return typeof text === 'string' ? text : ''
}

export function textsIn(body: FixtureRequest['body'], name: string): string[] {
  const list = body[name]
  return Array.isArray(list) ? list.filter((text) => typeof text === 'string') : []
}

/** Fails the test that owns a forge for what was asked of it and answered by it that a real one neither takes nor answers. */
export function failOn(t: Owner, wrong: readonly string[]): void {
  // after all else that ends with the owner: what throws here keeps the rest from being cleaned up
  t.after(() => t.after(() => assert.deepEqual(wrong, [], 'a real forge neither takes nor answers this')))
}
