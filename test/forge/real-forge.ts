import { systemChance } from '../../src/lib/chance.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { Json, JsonObject } from '../../src/lib/json.ts'
import type { AnswerFields } from '../../src/tasks/forges/answer-fields.ts'
import { readFields, readObjects } from '../../src/tasks/forges/answer-fields.ts'
import { createForges } from '../../src/tasks/forges/create-forge.ts'
import type { Forge } from '../../src/tasks/forges/forge.ts'
import { unsharedPauses } from '../../src/tasks/forges/shared-pauses.ts'
import type { SuiteStand } from '../../src/tasks/suite/suite-stand.ts'
import type { FixtureRequest } from '../../src/tasks/testing/fixture-routes.ts'
import type { ForgeKind, Project } from '../../src/tasks/task.ts'
import { projectIdOf } from '../../src/tasks/task.ts'

/** A repository on a real server that this run made, or was given. */
export interface RealRepository {
  readonly kind: Exclude<ForgeKind, 'git'>
  /** For git, `https://host/owner/repo.git`. */
  readonly url: string
  /** Of the account that works: it has no more rights than the guide names, where this run made it. */
  readonly token: string
}

/** Ours, spoken to over a wire on which things can go wrong. */
export interface WiredForge extends Pick<SuiteStand, 'forge' | 'wire'> {
  readonly project: Project
}

/** Time as it passes, an hour ahead: what a forge needs a minute to find out counts at once. */
const clock: Clock = { ...systemClock, now: () => systemClock.now() + 3_600_000 }

/** Opens a repository as ours. */
export async function openWired(
  { kind, url, token }: RealRepository,
  { writeGapMs }: { readonly writeGapMs: number },
): Promise<WiredForge> {
  const wire: SuiteStand['wire'] = { seen: [], mischief: () => undefined }
  const project: Project = { id: projectIdOf(url), url, forge: kind, base: 'main' }
  const open = createForges(
    { clock, fetch: wiredFetch(wire), findToken: async () => token, accessLog: { note: () => {} } },
    { timeoutMs: 60_000, maxAnswerBytes: 16_777_216, allowsPlainHttp: false, writeGapMs, maxPauseMs: 60_000 },
  )
  const forge: Forge = await open(project, unsharedPauses)
  return { forge, wire, project }
}

/** fetch, with a hand on the wire. */
function wiredFetch(wire: SuiteStand['wire']): typeof globalThis.fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input))
    const method = init?.method ?? 'GET'
    const body: FixtureRequest['body'] = typeof init?.body === 'string' ? (JSON.parse(init.body) as JsonObject) : {}
    const note = (status: number): void => void wire.seen.push({ method, path: url.pathname, status, authorization: '' })
    const mischief = wire.mischief({ method, path: url.pathname, query: url.searchParams, body })
    if (mischief === 'drop' || mischief === 'silence') {
      note(0)
      throw new TypeError('fetch failed')
    }
    if (mischief === 'pretend') {
      note(201)
      return Response.json({ number: 999_999, iid: 999_999, id: 999_999 }, { status: 201 })
    }
    const answer = await fetch(input, init)
    if (mischief === 'drop-after') {
      await answer.body?.cancel()
      note(0)
      throw new TypeError('fetch failed')
    }
    note(answer.status)
    return answer
  }
}

/** What the operator of a server asks of its API. What it refuses ends the test. */
export interface Ask {
  (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: Json,
    headers?: Readonly<Record<string, string>>,
  ): Promise<AnswerFields>
  readonly list: (path: string) => Promise<readonly AnswerFields[]>
}

/** Asks an API at its root. */
export function askAt(root: string, standard: Readonly<Record<string, string>>): Ask {
  const send = async (method: string, path: string, body?: Json, headers: Readonly<Record<string, string>> = {}): Promise<unknown> => {
    const answer = await fetch(`${root}${path}`, {
      method,
      headers: { accept: 'application/json', 'content-type': 'application/json', ...standard, ...headers },
      redirect: 'manual',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path} answers ${answer.status}: ${text.slice(0, 500)}`)
    return text === '' ? {} : JSON.parse(text)
  }
  const ask = async (...given: Parameters<typeof send>): Promise<AnswerFields> => {
    const answer = await send(...given)
    // what answers a change with a list has no fields that anybody reads
    return readFields(Array.isArray(answer) ? {} : answer, given[1])
  }
  return Object.assign(ask, { list: async (path: string) => readObjects(await send('GET', path), path) })
}

/** How contents of files are sent. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** Letters for the names of what this run makes. */
export function makeName(what: string): string {
  return `${what}-${Buffer.from(systemChance.bytes(4)).toString('hex')}`
}
