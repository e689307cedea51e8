import { Octokit } from '@octokit/core'
import type { Endpoints, RequestParameters } from '@octokit/types'
import type { Json } from '../../lib/json.ts'
import type { AnswerFields } from './answer-fields.ts'
import type { ForgeAuthor } from './forge.ts'
import type { ForgePlace } from './forge-place.ts'
import type { ForgeAnswer, ForgeMethod, RestClient } from './rest-client.ts'

interface Waiting {
  readonly signal: AbortSignal
}

/** Items of a page, the most that GitHub gives. */
export const pageSize = 100

/** What is asked of one repository. */
export interface Talk {
  readonly at: { readonly owner: string; readonly repo: string }
  readonly ask: Ask
}

/** Asks what GitHub publishes that it can be asked: no other route, none of another's parameters, and none left out. */
export type Ask = <R extends keyof Endpoints, P extends Endpoints[R]['parameters']>(
  route: R,
  parameters: P & Readonly<Record<Exclude<keyof P, keyof Endpoints[R]['parameters']>, never>>,
  waiting: Waiting,
) => Promise<ForgeAnswer>

/** What the SDK makes of a route and its parameters. */
interface FormedRequest {
  readonly method: string
  readonly url: string
  readonly body?: unknown
}

/** Talks about one repository: the SDK forms each request, by the published description of the API; it sends none. */
export function talkTo(client: RestClient, { api, owner, repo }: ForgePlace): Talk {
  const { endpoint } = new Octokit({ baseUrl: api }).request
  const form: (route: keyof Endpoints, parameters: RequestParameters) => FormedRequest = endpoint
  const ask: Ask = (route, parameters, waiting) => {
    const { method, url, body } = form(route, parameters)
    const path = url.slice(api.length)
    return client.send({ method: method as ForgeMethod, path, ...(body === undefined ? {} : { body: body as Json }) }, waiting)
  }
  return { at: { owner, repo }, ask }
}

/** What GitHub calls those who may write. */
const trusted = new Set(['OWNER', 'MEMBER', 'COLLABORATOR'])

/** Who wrote something. The account of somebody who left is null. */
export function toAuthor(fields: AnswerFields): ForgeAuthor {
  const name = fields.has('user') ? fields.object('user').text('login') : 'ghost'
  return { name, isTrusted: trusted.has(fields.textOrEmpty('author_association')) }
}
