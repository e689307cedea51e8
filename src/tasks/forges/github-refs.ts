import type { Json } from '../../lib/json.ts'
import { tasksFaults } from '../faults.ts'
import { zeroId } from '../git/objects.ts'
import type { RefUpdate } from '../git/remote.ts'
import type { AnswerFields } from './answer-fields.ts'
import { readFields } from './answer-fields.ts'
import type { RefApi } from './forge.ts'
import type { ForgePlace } from './forge-place.ts'
import type { RestClient } from './rest-client.ts'

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
export function createGithubRefs(client: Pick<RestClient, 'send'>, { owner, repo }: Pick<ForgePlace, 'owner' | 'repo'>): RefApi {
  let repository: string | undefined
  const ask = async (query: string, variables: Readonly<Record<string, Json>>, waiting: Waiting): Promise<GraphqlAnswer> =>
    readGraphql((await client.send({ method: 'POST', path: '/graphql', body: { query, variables } }, waiting)).body)
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
      // an error of no type is GitHub's own: whether it took effect is unknown
      if (errors.some(({ type }) => type === '') || errors.length === 0)
        throw tasksFaults.create('FORGE_FAILED', { message: `GitHub did not say whether refs were moved: ${wordsOf(errors)}` })
      if (errors.some(({ type }) => type === 'RATE_LIMITED'))
        throw tasksFaults.create('FORGE_LIMITED', { message: `GitHub asks us to wait: ${wordsOf(errors)}`, data: { retryAfterMs: 60_000 } })
      return wordsOf(errors)
    },
  }
}

interface GraphqlAnswer {
  readonly data: AnswerFields | undefined
  readonly errors: readonly { readonly type: string; readonly message: string }[]
}

/** Longest words of one error that are told on, in characters. */
const maxWords = 300

function readGraphql(body: unknown): GraphqlAnswer {
  const fields = readFields(body, 'GraphQL')
  const errors = fields.has('errors') ? fields.objects('errors') : []
  return {
    data: fields.has('data') ? fields.object('data') : undefined,
    errors: errors.map((error) => ({ type: error.textOrEmpty('type'), message: error.textOrEmpty('message').slice(0, maxWords) })),
  }
}

/** A history that is put back is no fast-forward: `beforeOid` is what keeps others' values, whether or not it is one. */
function toRefUpdate({ ref, old, new: next }: RefUpdate): Json {
  return { name: ref, beforeOid: old ?? zeroId, afterOid: next ?? zeroId, force: true }
}

function wordsOf(errors: GraphqlAnswer['errors']): string {
  return errors.length === 0 ? 'it gave no reason' : errors.map(({ message }) => message).join('; ')
}
