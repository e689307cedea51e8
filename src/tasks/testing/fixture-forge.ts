import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Owner } from './git-server.ts'
import type { Json } from '../../lib/json.ts'

/** What a forge has, whatever it calls it. */
export interface FixtureIssue {
  number: number
  title: string
  body: string
  author: string
  labels: string[]
  assignees: string[]
  isOpen: boolean
  isPull: boolean
  isConfidential: boolean
  updatedAt: number
}

export interface FixtureComment {
  readonly id: number
  readonly of: number
  readonly author: string
  body: string
  readonly isSystem: boolean
  isInternal: boolean
  updatedAt: number
}

export interface FixturePull {
  readonly number: number
  readonly title: string
  readonly body: string
  readonly head: string
  readonly base: string
  /** Whether it is from a repository of another owner, or from another of the same one. */
  readonly isFork: boolean | 'own'
  state: 'open' | 'merged' | 'closed'
  isConflicted: boolean
  /** Whether its branch was taken away. */
  isGone: boolean
  commit: string
  updatedAt: number
}

/** A review; forges that have none write it down as a note. */
export interface FixtureReview {
  readonly of: number
  readonly author: string
  readonly word: 'approved' | 'changes-requested'
  readonly commit: string
}

/** Everything of one repository, `team/shop`. The account of the token is `althing-bot`. */
export class FixtureState {
  readonly issues = new Map<number, FixtureIssue>()
  readonly comments: FixtureComment[] = []
  readonly labels = new Map<string, number>()
  /** Labels that the organisation has for all its repositories, with their ids. */
  readonly orgLabels = new Map<string, number>()
  readonly pulls: FixturePull[] = []
  readonly reviews: FixtureReview[] = []
  /** Words of the checks of a commit, as this forge says them. */
  readonly checks = new Map<string, string[]>()
  /** What GitLab ran last for a pull request, by its number, and the parents of the commit that it ran on. */
  readonly pipelines = new Map<number, { readonly sha: string; readonly status: string; readonly parents: readonly string[] }>()
  /** Those who may write. */
  readonly members = new Set(['ada', 'bob', 'althing-bot'])
  /** Wall time of the forge; a second passes with each change. */
  now = Date.UTC(2026, 0, 1)
  #numbers = 0

  next(): number {
    this.#numbers += 1
    return this.#numbers
  }

  touch(): number {
    this.now += 1_000
    return this.now
  }

  addIssue(given: Partial<FixtureIssue> = {}): FixtureIssue {
    const number = this.next()
    const plain = { title: `Issue ${number}`, body: 'It should not.', author: 'ada', labels: ['bzzz-task'], assignees: [] }
    const issue = { ...plain, isOpen: true, isPull: false, isConfidential: false, ...given, number, updatedAt: this.touch() }
    this.issues.set(number, issue)
    return issue
  }

  addComment(of: number, author: string, body: string, isSystem = false): FixtureComment {
    const updatedAt = this.touch()
    const comment = { id: 1_000 + this.comments.length, of, author, body, isSystem, isInternal: false, updatedAt }
    this.comments.push(comment)
    const issue = this.issues.get(of)
    if (issue !== undefined) issue.updatedAt = updatedAt
    return comment
  }

  addPull(given: Pick<FixturePull, 'title' | 'body' | 'head' | 'base'> & { readonly isFork?: FixturePull['isFork'] }): FixturePull {
    const updatedAt = this.touch()
    const commit = createHash('sha1').update(`${given.head}${updatedAt}`).digest('hex')
    const pull = {
      isFork: false,
      ...given,
      number: this.next(),
      state: 'open' as const,
      isConflicted: false,
      isGone: false,
      commit,
      updatedAt,
    }
    this.pulls.push(pull)
    return pull
  }

  /** Pull requests of these branches, those of forks too, that a list in this state has; the newest change first. */
  pullsBetween(head: string, base: string, states: readonly FixturePull['state'][]): readonly FixturePull[] {
    return this.pulls
      .filter((pull) => states.includes(pull.state) && pull.head === head && pull.base === base)
      .toSorted((a, b) => b.updatedAt - a.updatedAt)
  }

  findOpenPull(head: string, base: string): FixturePull | undefined {
    return this.pulls.find((pull) => pull.state === 'open' && !pull.isFork && pull.head === head && pull.base === base)
  }
}

export interface FixtureRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: { readonly [key: string]: Json }
}

export interface FixtureAnswer {
  readonly status: number
  readonly body?: Json
  readonly headers?: Readonly<Record<string, string>>
}

/** How a forge misbehaves for one request: drops it before or after it took effect, stays silent, says that it did what it did not, or answers as given. */
export type Mischief = 'drop' | 'silence' | 'drop-after' | 'pretend' | FixtureAnswer

export interface FixtureForge {
  /** Of the server, without a slash at its end. */
  readonly origin: string
  readonly state: FixtureState
  /** What came, and what was answered; 0 for nothing. */
  readonly seen: { readonly method: string; readonly path: string; readonly status: number; readonly authorization: string }[]
  /** Asked of each request before it is answered. */
  mischief: (request: FixtureRequest) => Mischief | undefined
}

/** The dialect of one kind of forge. */
export interface FixtureDialect {
  readonly root: string
  readonly isAllowed: (headers: IncomingHttpHeaders) => boolean
  readonly answer: (request: FixtureRequest, state: FixtureState) => FixtureAnswer
}

/** A forge on loopback that behaves as the real ones do for one repository: pages, ETags, refusals. */
export async function openFixture(t: Owner, dialect: FixtureDialect): Promise<FixtureForge> {
  const server = createServer((request, response) => {
    void serve(fixture, dialect, { request, response }).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const fixture: FixtureForge = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state: new FixtureState(),
    seen: [],
    mischief: () => undefined,
  }
  return fixture
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

async function serve(fixture: FixtureForge, dialect: FixtureDialect, { request, response }: Exchange): Promise<void> {
  const url = new URL(request.url ?? '/', fixture.origin)
  const text = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString()
  const method = request.method ?? 'GET'
  const authorization = String(request.headers.authorization ?? request.headers['private-token'] ?? '')
  const asked = {
    method,
    path: url.pathname.slice(dialect.root.length),
    query: url.searchParams,
    body: text === '' ? {} : JSON.parse(text),
  }
  const note = (status: number): void => void fixture.seen.push({ method, path: asked.path, status, authorization })
  const mischief = fixture.mischief(asked)
  if (mischief === 'silence') return
  if (mischief === 'drop') {
    note(0)
    return void response.destroy()
  }
  const answer = answerOf(fixture, dialect, { asked, mischief, isAllowed: dialect.isAllowed(request.headers) })
  if (mischief === 'drop-after') {
    note(0)
    return void response.destroy()
  }
  const body = answer.body === undefined ? '' : JSON.stringify(answer.body)
  const etag = `W/"${createHash('sha1').update(body).digest('hex')}"`
  const isSame = method === 'GET' && answer.status === 200 && request.headers['if-none-match'] === etag
  note(isSame ? 304 : answer.status)
  const date = new Date(fixture.state.now).toUTCString()
  const headers = { 'content-type': 'application/json', date, ...answer.headers, ...(method === 'GET' ? { etag } : {}) }
  response.writeHead(isSame ? 304 : answer.status, headers).end(isSame || answer.status === 204 ? undefined : body)
}

function answerOf(
  { state }: FixtureForge,
  dialect: FixtureDialect,
  { asked, mischief, isAllowed }: { readonly asked: FixtureRequest; readonly mischief: Mischief | undefined; readonly isAllowed: boolean },
): FixtureAnswer {
  if (typeof mischief === 'object') return mischief
  if (!isAllowed) return { status: 401, body: { message: 'Bad credentials' } }
  if (mischief === 'pretend') return { status: 201, body: { number: 999, iid: 999, id: 999 } }
  return dialect.answer(asked, state)
}

/** The page that was asked for. */
export function pageOf<T>(
  items: readonly T[],
  query: URLSearchParams,
  max: { readonly name: 'per_page' | 'limit'; readonly most: number },
): T[] {
  const size = Math.min(Number(query.get(max.name) ?? 20), max.most)
  const page = Number(query.get('page') ?? 1)
  return items.slice((page - 1) * size, page * size)
}

export const missing: FixtureAnswer = { status: 404, body: { message: 'Not Found' } }

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
