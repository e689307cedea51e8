import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemChance } from '../../lib/chance.ts'
import { moveByApi } from '../claims/move-by-api.ts'
import { ForgePace } from '../forges/forge-pace.ts'
import type { RefApi } from '../forges/forge.ts'
import { createGithubRefs, graphqlRootOf } from '../forges/github-refs.ts'
import { githubDialect } from '../forges/github.ts'
import { RestClient } from '../forges/rest-client.ts'
import { unsharedPauses } from '../forges/shared-pauses.ts'
import { createRemote } from '../git/create-remote.ts'
import type { GitRemote } from '../git/remote.ts'
import { createHandClock, testRemoteOptions } from './claim-bench.ts'
import { githubGraphql, judgeGraphql } from './described-graphql.ts'
import { failOn } from './fixture-routes.ts'
import type { Owner } from './git-server.ts'
import { serveHttp, testPrograms } from './git-server.ts'
import { testToken } from './test-names.ts'

const zero = '0'.repeat(40)

/** How the API misbehaves for one mutation: drops the answer before or after it took effect, or answers so. */
export type ApiMischief =
  | 'drop'
  | 'drop-after'
  | { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }

export interface RefApiFixture {
  /** Address of the repository for git. */
  readonly url: string
  /** Of the REST API of the same host. */
  readonly api: string
  /** Sets of updates that were asked for, by ref. */
  readonly asked: (readonly string[])[]
  mischief: () => ApiMischief | undefined
}

/**
 * A GitHub whose pushes take branches alone and whose GraphQL has `updateRefs`, over a real repository: git keeps the refs, all or none. A question
 * that is not as GitHub publishes it fails the test that owns this.
 *
 * @see https://docs.github.com/en/graphql/reference/git
 */
export async function openRefApi(t: Owner, bare: string, options: { readonly refuses?: string } = {}): Promise<RefApiFixture> {
  const hook = join(bare, 'hooks', 'update')
  await writeFile(hook, `#!/bin/sh\ncase "$1" in ${options.refuses ?? 'refs/althing/*'}) exit 1;; esac\n`)
  await chmod(hook, 0o755)
  const wrong: string[] = []
  failOn(t, wrong)
  const before = async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    if (request.url !== '/api/graphql') return true
    const { method = '', headers } = request
    if (method !== 'POST' || headers['content-type'] !== 'application/json')
      wrong.push(`${method} ${headers['content-type']} is no question`)
    await answer({ bare, fixture, wrong }, { request, response })
    return false
  }
  const url = await serveHttp(t, bare, { before })
  const fixture: RefApiFixture = { url, api: `${new URL(url).origin}/api/v3`, asked: [], mischief: () => undefined }
  return fixture
}

/** The calls of that API. */
export function openRefCalls(github: RefApiFixture): RefApi {
  const clock = createHandClock()
  const client = new RestClient(
    {
      ...{ clock, fetch, pauses: unsharedPauses, pace: new ForgePace({ clock }, { writeGapMs: 0, maxPauseMs: 0 }) },
      findToken: async () => testToken,
      note: () => {},
    },
    { ...testRemoteOptions, ...githubDialect, api: graphqlRootOf(github) },
  )
  return createGithubRefs(client, { owner: 'team', repo: 'shop' })
}

/** The server as a node has it: its refs are moved by those calls. */
export function openApiRemote(github: RefApiFixture): GitRemote {
  const credentials = (): Promise<undefined> => Promise.resolve(undefined)
  const remote = createRemote(github.url, { clock: createHandClock(), programs: testPrograms, credentials }, testRemoteOptions)
  return moveByApi({ remote, api: openRefCalls(github), chance: systemChance })
}

interface Question {
  readonly query: string
  readonly variables: {
    readonly owner?: string
    readonly name?: string
    readonly repository?: string
    readonly updates?: readonly { readonly name: string; readonly beforeOid: string; readonly afterOid: string; readonly force: boolean }[]
  }
}

async function answer(
  { bare, fixture, wrong }: { readonly bare: string; readonly fixture: RefApiFixture; readonly wrong: string[] },
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const asked = JSON.parse(Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString())
  const reply = (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): void =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  if (request.headers.authorization !== `Bearer ${testToken}`) return reply({ message: 'Bad credentials' }, 401)
  const faults = judgeGraphql(asked)
  wrong.push(...faults)
  if (faults.length > 0) return reply({ errors: faults.map((message) => ({ message, extensions: { code: 'argumentNotAccepted' } })) })
  const { query, variables } = asked as Question
  if (query === githubGraphql.documents.findRepository) {
    const isThere = variables.owner === 'team' && variables.name === 'shop'
    const missing = { data: { repository: null }, errors: [{ type: 'NOT_FOUND', message: 'Could not resolve to a Repository' }] }
    return reply(isThere ? { data: { repository: { id: 'R_shop' } } } : missing)
  }
  const updates = variables.updates ?? []
  fixture.asked.push(updates.map(({ name }) => name))
  const mischief = fixture.mischief()
  if (mischief === 'drop') return void response.destroy()
  if (typeof mischief === 'object') return reply(mischief.body, mischief.status, mischief.headers)
  const refusal = variables.repository === 'R_shop' ? await moveAll(bare, updates) : 'Could not resolve to a node'
  if (mischief === 'drop-after') return void response.destroy()
  if (refusal === undefined) return reply({ data: { updateRefs: { clientMutationId: null } } })
  reply({ data: { updateRefs: null }, errors: [{ type: 'UNPROCESSABLE', path: ['updateRefs'], message: refusal }] })
}

/** One transaction of git itself. */
async function moveAll(bare: string, updates: NonNullable<Question['variables']['updates']>): Promise<string | undefined> {
  const child = spawn('git', ['update-ref', '--stdin'], { cwd: bare, env: testPrograms.environment, stdio: ['pipe', 'ignore', 'pipe'] })
  const lines = updates.map(({ name, beforeOid, afterOid }) =>
    afterOid === zero ? `delete ${name} ${beforeOid}` : `update ${name} ${afterOid} ${beforeOid}`,
  )
  child.stdin.end(`start\n${lines.join('\n')}\nprepare\ncommit\n`)
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await once(child, 'close')
  return child.exitCode === 0 ? undefined : said.trim()
}
