import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { FixtureForge } from '../../src/tasks/testing/fixture-forge.ts'
import { openFixture } from '../../src/tasks/testing/fixture-forge.ts'
import { giteaFixture } from '../../src/tasks/testing/fixture-gitea.ts'
import { makeRepository, serveHttp } from '../../src/tasks/testing/git-server.ts'
import { testToken } from '../../src/tasks/testing/test-names.ts'
import type { Page, Shell } from './guide-page.ts'
import { commandsIn, openPage } from './guide-page.ts'

const folder = 'docs/guide/forges'
/** The sandbox is not everywhere. */
const settings = `[workers]
driver = "command"
command = ["sh", "-c", "cat > /dev/null; echo 'Welcome.' > welcome.md"]
sandbox = "none"
# so seldom that only a webhook makes it look in time
pollMs = 3600000
`

test('F22: the commands of docs/guide/forges/gitea.md take an issue to a pull request, and a webhook makes the worker look', async (t) => {
  const { fixture, url } = await openServer(t)
  fixture.state.addIssue()
  const { first, run, runNode } = openPage(t)
  configure(first)
  writeFileSync(join(first.project, 'token.txt'), `${testToken}\n`, { mode: 0o600 })
  await runNode(first, 'althing p2p start')
  const commands = commandsIn(`${folder}/gitea.md`, ['sh']).map((line) => line.replace('https://git.example.org/team/shop', url))
  const printed: readonly (readonly [string, RegExp])[] = [
    ['althing project add', /is a project of this node: pull requests go to main/],
    ['althing doctor shop', /good {2}a second making is refused/],
    ['althing task list', /issue-1 .* Issue 1/],
    ['althing project hook shop', /put this into gitea as a webhook:\n {2}address +http:[^\n]+\/hooks\/127\.0\.0\.1:\d+\/team\/shop\n/],
    ['althing worker start --once', /1 task in review/],
    ['althing task history issue-1', /claim [^]*review /],
  ]
  const said = await runAll({ first, run }, commands, printed)
  const [pull] = fixture.state.pulls
  assert.equal(pull?.head, 'althing/issue-1')
  assert.match(pull.body, /ucxl:\/\//)
  assert.deepEqual(fixture.state.issues.get(1)?.labels, ['bzzz-task', 'in-progress'])
  assert.match(fixture.state.comments.map(({ body }) => body).join('\n'), /^The work is in review/)
  const [, address = '', secretFile = ''] =
    /address +(\S+)\n[^]*what stands in (\S+)/.exec(said.get('althing project hook shop') ?? '') ?? []
  await hearHook({ fixture, address, secretFile, home: first.home })
})

test('the commands of docs/guide/forges/git.md take a task to a branch', async (t) => {
  const { first, run, runNode } = openPage(t)
  configure(first)
  const git = (...words: readonly string[]): string => execFileSync('git', words, { cwd: first.project, encoding: 'utf8' }).trim()
  git('init', '-q', '--bare', '-b', 'main', 'shop.git')
  const tree = git('-C', 'shop.git', 'hash-object', '-t', 'tree', '-w', '/dev/null')
  const person = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.org']
  git('-C', 'shop.git', 'update-ref', 'refs/heads/main', git('-C', 'shop.git', ...person, 'commit-tree', tree, '-m', 'Begin'))
  await runNode(first, 'althing p2p start')
  const printed: readonly (readonly [string, RegExp])[] = [
    ['althing task list', /Welcome people/],
    ['althing worker start --once', /1 task in review/],
    ['althing task show', /in-review by [^]*branch althing\/t-/],
    ['git -C shop.git log', /Begin\s*$/],
  ]
  await runAll({ first, run }, commandsIn(`${folder}/git.md`, ['sh']), printed)
})

test('the pages of GitHub and GitLab have the commands of that of Gitea, but for the address', () => {
  const commandsOf = (forge: string): readonly string[] =>
    commandsIn(`${folder}/${forge}.md`, ['sh']).map((line) =>
      line.replace(/https:\/\/[\w.]+\/team\/shop/, 'URL').replace(' --forge gitea', ''),
    )
  assert.deepEqual(commandsOf('github'), commandsOf('gitea'))
  assert.deepEqual(commandsOf('gitlab'), commandsOf('gitea'))
})

function configure({ home }: Shell): void {
  mkdirSync(join(home, '.althing'), { mode: 0o700 })
  writeFileSync(join(home, '.althing', 'config.toml'), settings)
}

/** Runs the commands of a page, and holds what some of them print, by how they begin and in their order, to a pattern. */
async function runAll(
  { first, run }: Pick<Page, 'first' | 'run'>,
  commands: readonly string[],
  printed: readonly (readonly [string, RegExp])[],
): Promise<ReadonlyMap<string, string>> {
  const wanted = [...printed]
  const said = new Map<string, string>()
  let known = ''
  for (const line of commands) {
    if (line.startsWith('TASK=')) {
      known = `TASK=${(await run(first, 'althing task list -q')).trim()}\n`
      continue
    }
    const output = await run(first, `${known}${line}`)
    said.set(line, output)
    const [begins, pattern] = wanted[0] ?? []
    if (begins === undefined || pattern === undefined || !line.startsWith(begins)) continue
    wanted.shift()
    assert.match(output, pattern, line)
  }
  assert.deepEqual(wanted, [])
  return said
}

interface Hooked {
  readonly fixture: FixtureForge
  /** Of the webhook. */
  readonly address: string
  readonly secretFile: string
  readonly home: string
}

/** F22: what is signed makes the worker look at once, what is repeated or forged changes nothing. */
async function hearHook({ fixture, address, secretFile, home }: Hooked): Promise<void> {
  const token = readFileSync(join(home, '.althing', 'http.token'), 'utf8').trim()
  const call = (name: string): Promise<Response> =>
    fetch(new URL(`/v1/operations/${name}`, address), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}',
    })
  const secret = readFileSync(secretFile, 'utf8').trim()
  const hear = async (delivery: string, key: string): Promise<number> => {
    const body = '{"action": "opened"}'
    const signature = createHmac('sha256', key).update(body).digest('hex')
    const headers = { 'content-type': 'application/json', 'x-gitea-delivery': delivery, 'x-gitea-signature': signature }
    return (await fetch(address, { method: 'POST', headers, body })).status
  }
  const looked = untilAsked(fixture, 'GET', /\/issues$/)
  const working = call('worker.start')
  await looked
  fixture.state.addIssue()
  const opened = untilAsked(fixture, 'POST', /\/pulls$/)
  assert.deepEqual([await hear('1', 'guess'), await hear('1', secret), await hear('1', secret)], [403, 202, 200])
  await opened
  assert.equal((await call('worker.stop')).status, 200)
  assert.equal((await working).status, 200)
}

/** Resolves when a forge is asked something, before it answers. */
function untilAsked(fixture: FixtureForge, method: string, path: RegExp): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  fixture.mischief = (request) => {
    if (request.method === method && path.test(request.path)) resolve()
    return undefined
  }
  return promise
}

/** A repository and its forge on one address, `http://127.0.0.1:…/team/shop`. */
async function openServer(t: TestContext): Promise<{ readonly fixture: FixtureForge; readonly url: string }> {
  const fixture = await openFixture(t, giteaFixture)
  const git = await serveHttp(t, await makeRepository(t), {
    before: async (request, response) => {
      const path = request.url ?? ''
      request.url = path.replace(/^\/team\/shop(?:\.git)?\//, '/shop.git/')
      if (request.url !== path) return true
      await pass(request, response, `${fixture.origin}${path}`)
      return false
    },
  })
  return { fixture, url: `${new URL(git).origin}/team/shop` }
}

async function pass(request: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
  const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>))
  const headers = new Headers()
  for (const name of ['authorization', 'content-type', 'if-none-match']) {
    const value = request.headers[name]
    if (typeof value === 'string') headers.set(name, value)
  }
  const { method = 'GET' } = request
  const answer = await fetch(url, { method, headers, ...(body.length === 0 ? {} : { body }) })
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()))
}
