import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JsonObject } from '../../lib/json.ts'
import { FixtureBudget } from './fixture-budget.ts'
import type { FixtureAnswer, FixtureQuestion, FixtureRequest, FixtureRoutes } from './fixture-routes.ts'
import { failOn, findRoute, judgeTaken, missing } from './fixture-routes.ts'
import { FixtureState } from './fixture-state.ts'
import type { Owner } from './git-server.ts'

/** How a forge misbehaves for one request: drops it before or after it took effect, stays silent, says that it did what it did not, or answers as given. */
export type Mischief = 'drop' | 'silence' | 'drop-after' | 'pretend' | FixtureAnswer

export interface FixtureForge {
  /** Of the server, without a slash at its end. */
  readonly origin: string
  readonly state: FixtureState
  /** What came, and what was answered; 0 for nothing. */
  readonly seen: { readonly method: string; readonly path: string; readonly status: number; readonly authorization: string }[]
  /** Requests that one token may make; undefined where the forge counts none. */
  readonly budget: FixtureBudget | undefined
  /** Asked of each request before it is answered. */
  mischief: (request: FixtureRequest) => Mischief | undefined
}

/** The dialect of one kind of forge. */
export interface FixtureDialect {
  readonly root: string
  readonly isAllowed: (headers: IncomingHttpHeaders) => boolean
  readonly routes: FixtureRoutes
  /** Whether it says of an answer that it is the one from before. */
  readonly hasEtags: boolean
  /** Requests of one token in an hour, where it says how many. */
  readonly requestsPerHour?: number
  /** What of an exchange is not as the forge's own description says, in words. */
  readonly judge?: {
    readonly asked: (route: string, question: FixtureQuestion) => readonly string[]
    readonly answered: (route: string, answer: FixtureAnswer) => readonly string[]
  }
}

/**
 * A forge on loopback that behaves as the real ones do for the one repository `team/shop`: pages, ETags, budgets, refusals. A request that the
 * real one would not take, and an answer that it would not give, fail the test that owns it.
 */
export async function openFixture(t: Owner, dialect: FixtureDialect): Promise<FixtureForge> {
  const wrong: string[] = []
  const server = createServer((request, response) => {
    void serve({ fixture, dialect, wrong }, { request, response }).catch((error: unknown) => {
      wrong.push(`${request.method} ${request.url}: ${String(error)}`)
      response.writeHead(400).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  failOn(t, wrong)
  const state = new FixtureState()
  const fixture: FixtureForge = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state,
    seen: [],
    budget: dialect.requestsPerHour === undefined ? undefined : new FixtureBudget(dialect.requestsPerHour, () => state.now),
    mischief: () => undefined,
  }
  return fixture
}

interface Served {
  readonly fixture: FixtureForge
  readonly dialect: FixtureDialect
  /** What was asked and answered and should not have been. */
  readonly wrong: string[]
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

async function serve(served: Served, { request, response }: Exchange): Promise<void> {
  const { fixture, dialect } = served
  const url = new URL(request.url ?? '/', fixture.origin)
  const text = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString()
  const method = request.method ?? 'GET'
  const authorization = String(request.headers.authorization ?? request.headers['private-token'] ?? '')
  const asked = { method, path: url.pathname.slice(dialect.root.length), query: url.searchParams, body: readBody(request, text) }
  const note = (status: number): void => void fixture.seen.push({ method, path: asked.path, status, authorization })
  const mischief = fixture.mischief(asked)
  if (mischief === 'silence') return
  if (mischief === 'drop') {
    note(0)
    return void response.destroy()
  }
  const answer = answerOf(served, { asked, url, mischief, isAllowed: dialect.isAllowed(request.headers) })
  if (mischief === 'drop-after') {
    note(0)
    return void response.destroy()
  }
  const body = answer.body === undefined ? '' : JSON.stringify(answer.body)
  const etag = `W/"${createHash('sha1').update(body).digest('hex')}"`
  const hasEtag = dialect.hasEtags && method === 'GET' && answer.status === 200
  const isSame = hasEtag && request.headers['if-none-match'] === etag
  const status = isSame ? 304 : answer.status
  note(status)
  const date = new Date(fixture.state.now).toUTCString()
  // what did not change costs nothing
  const rates = typeof mischief === 'object' || status === 401 ? {} : fixture.budget?.headersAfter(isSame ? 0 : 1)
  const headers = { 'content-type': 'application/json', date, ...rates, ...answer.headers, ...(hasEtag ? { etag } : {}) }
  response.writeHead(status, headers).end(isSame || status === 204 ? undefined : body)
}

/** @throws Error when it is no object in JSON that says so */
function readBody({ headers }: IncomingMessage, text: string): JsonObject {
  if (text === '') return {}
  const body: unknown = JSON.parse(text)
  const isSaid = headers['content-type'] === 'application/json'
  if (!isSaid || typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Error(`no object in JSON: ${text.slice(0, 200)}`)
  return body as JsonObject
}

interface Asked {
  readonly asked: FixtureRequest
  readonly url: URL
  readonly mischief: Mischief | undefined
  readonly isAllowed: boolean
}

function answerOf({ fixture, dialect, wrong }: Served, { asked, url, mischief, isAllowed }: Asked): FixtureAnswer {
  const found = findRoute(dialect.routes, asked)
  const tell = (words: readonly string[]): void => void wrong.push(...words.map((word) => `${asked.method} ${url.pathname}: ${word}`))
  if (found === undefined) {
    tell(['no forge of this kind is asked so'])
    return { status: 404, body: { message: 'Not Found' } }
  }
  const { name, route, params } = found
  const question = { ...asked, params, url }
  tell([...judgeTaken(route, question), ...(dialect.judge?.asked(name, question) ?? [])])
  if (typeof mischief === 'object') return mischief
  if (!isAllowed) return { status: 401, body: { message: 'Bad credentials' } }
  if (mischief === 'pretend') return { status: 201, body: { number: 999, iid: 999, id: 999 } }
  if (fixture.budget?.isSpent() === true) return { status: 403, body: { message: 'API rate limit exceeded' } }
  const answer = isElsewhere(params) ? missing : route.answer(question, fixture.state)
  tell(dialect.judge?.answered(name, answer) ?? [])
  return answer
}

/** Whether something else is asked for than the one repository that there is. */
function isElsewhere({ owner, repo, project }: Readonly<Record<string, string>>): boolean {
  const place = project ?? (owner === undefined ? undefined : `${owner}/${repo}`)
  return place !== undefined && place !== 'team/shop'
}
