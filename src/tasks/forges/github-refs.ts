import type { Json } from '../../lib/json.ts'
import { tasksFaults } from '../faults.ts'
import { zeroId } from '../git/objects.ts'
import type { RefUpdate } from '../git/remote.ts'
import { areLimitWords } from '../rules/forge-limits.ts'
import type { AnswerFields } from './answer-fields.ts'
import { readFields } from './answer-fields.ts'
import type { RefApi } from './forge.ts'
import type { ForgePlace } from './forge-place.ts'
import type { ForgeAnswer, RestClient } from './rest-client.ts'

interface Waiting {
  readonly signal: AbortSignal
}

const findRepository = 'query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { id } }'
const moveRefs =
  'mutation($repository: ID!, $updates: [RefUpdate!]!) { updateRefs(input: { repositoryId: $repository, refUpdates: $updates }) { clientMutationId } }'

/** Where GraphQL is asked, without its last word: beside the REST API, not below its version. */
export function graphqlRootOf({ api }: Pick<ForgePlace, 'api'>): string {
  return api.replace(/\/v3$/, '')
}

/**
 * Refs of one repository, moved by GitHub's `updateRefs`: atomic over all of them, each only from its `beforeOid`.
 *
 * @see https://docs.github.com/en/graphql/reference/git
 */
export function createGithubRefs(client: Pick<RestClient, 'send' | 'pause'>, { owner, repo }: Pick<ForgePlace, 'owner' | 'repo'>): RefApi {
  let repository: string | undefined
  const ask = async (query: string, variables: Readonly<Record<string, Json>>, waiting: Waiting): Promise<GraphqlAnswer> => {
    const answer = readGraphql(await client.send({ method: 'POST', path: '/graphql', body: { query, variables } }, waiting))
    if (!answer.errors.some(isLimit)) return answer
    throw tasksFaults.create('FORGE_LIMITED', {
      message: `GitHub asks us to wait: ${wordsOf(answer.errors)}`,
      data: { retryAfterMs: answer.pauseMs ?? (await client.pause()) },
    })
  }
  const learn = async (waiting: Waiting): Promise<string> => {
    const { data, errors } = await ask(findRepository, { owner, name: repo }, waiting)
    if (data?.has('repository') === true) return data.object('repository').text('id')
    throw tasksFaults.create('FORGE_MISSING', {
      message: `GitHub shows no repository ${owner}/${repo} to this token: ${wordsOf(errors)}`,
      data: { status: 200 },
    })
  }
  return {
    moveRefs: async (updates, waiting) => {
      repository ??= await learn(waiting)
      const { data, errors } = await ask(moveRefs, { repository, updates: updates.map(toRefUpdate) }, waiting)
      if (errors.length === 0 && data?.has('updateRefs') === true) return undefined
      // an error of no type is GitHub's own: whether it took effect is unknown, but where the question itself was wrong
      const wasRun = errors.length === 0 || errors.some(({ type, isOfQuestion }) => type === '' && !isOfQuestion)
      if (wasRun) throw tasksFaults.create('FORGE_FAILED', { message: `GitHub did not say whether refs were moved: ${wordsOf(errors)}` })
      return wordsOf(errors)
    },
  }
}

interface GraphqlAnswer {
  readonly data: AnswerFields | undefined
  readonly errors: readonly GraphqlError[]
  /** How long the headers ask us to wait. */
  readonly pauseMs: number | undefined
}

interface GraphqlError {
  readonly type: string
  readonly message: string
  /** Found before anything was run: there is no `data` then, and the error has a code of its own. @see https://spec.graphql.org/October2021/#sec-Response-Format */
  readonly isOfQuestion: boolean
}

/** Longest words of one error that are told on, in characters. */
const maxWords = 300

function readGraphql({ body, pauseMs }: ForgeAnswer): GraphqlAnswer {
  const fields = readFields(body, 'GraphQL')
  const isRun = typeof body === 'object' && body !== null && Object.hasOwn(body, 'data')
  const errors = fields.has('errors') ? fields.objects('errors') : []
  return {
    data: fields.has('data') ? fields.object('data') : undefined,
    errors: errors.map((error) => ({
      type: error.textOrEmpty('type'),
      message: error.textOrEmpty('message').slice(0, maxWords),
      isOfQuestion: !isRun && error.has('extensions') && error.object('extensions').has('code'),
    })),
    pauseMs,
  }
}

function isLimit({ type, message }: GraphqlError): boolean {
  return type === 'RATE_LIMITED' || areLimitWords(message)
}

/** A history that is put back is no fast-forward: `beforeOid` is what keeps others' values, whether or not it is one. */
function toRefUpdate({ ref, old, new: next }: RefUpdate): Json {
  return { name: ref, beforeOid: old ?? zeroId, afterOid: next ?? zeroId, force: true }
}

function wordsOf(errors: GraphqlAnswer['errors']): string {
  return errors.length === 0 ? 'it gave no reason' : errors.map(({ message }) => message).join('; ')
}
