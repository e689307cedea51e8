import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import type { GitPrograms } from '../git/git-commands.ts'

const run = promisify(execFile)

/** What git and ssh of tests are given: no settings of the machine or its user. */
export const testPrograms: GitPrograms = { environment: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/nonexistent' } }

/** Whom what is opened here belongs to: a test, or a bench. */
export interface Owner {
  /** Has something done when the owner ends. */
  readonly after: (end: () => unknown) => void
}

/** A new folder that is gone after the test. */
export async function makeFolder(t: Owner): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'althing-git-'))
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}

/** Runs git in a folder and gives what it printed, without the last line feed. */
export async function runGit(folder: string, ...args: readonly string[]): Promise<string> {
  const person = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.org', '-c', 'init.defaultBranch=main']
  const { stdout } = await run('git', [...person, ...args], {
    cwd: folder,
    env: { ...testPrograms.environment, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' },
    maxBuffer: 16_777_216,
  })
  return stdout.replace(/\n$/, '')
}

/** A bare repository in a folder of its own, with one commit on `main` unless it is to be empty. */
export async function makeRepository(t: Owner, options: { readonly isEmpty?: boolean; readonly format?: string } = {}): Promise<string> {
  const folder = await makeFolder(t)
  const bare = join(folder, 'shop.git')
  await runGit(folder, 'init', '-q', '--bare', `--object-format=${options.format ?? 'sha1'}`, bare)
  if (options.isEmpty === true) return bare
  const tree = await runGit(bare, 'hash-object', '-w', '-t', 'tree', '/dev/null')
  const commit = await runGit(bare, 'commit-tree', '-m', 'a beginning', tree)
  await runGit(bare, 'update-ref', 'refs/heads/main', commit)
  return bare
}

export interface HttpGitOptions {
  /** Refuse who does not show these. */
  readonly login?: { readonly username: string; readonly password: string }
  /** Called before each request is served; answering it instead, or never, is what a fault does. True: go on as usual. */
  readonly before?: (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>
}

/** `git http-backend` on loopback over the folder of a bare repository; gives the repository's URL. */
export async function serveHttp(t: Owner, bare: string, options: HttpGitOptions = {}): Promise<string> {
  const server = createServer((request, response) => {
    void serveRequest(bare, { request, response }, options).catch(() => response.destroy())
  })
  // a busy machine may pause for longer than the 5 s after which an idle connection would go, just as it is used again
  server.keepAliveTimeout = 600_000
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/shop.git`
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

async function serveRequest(bare: string, { request, response }: Exchange, { login, before }: HttpGitOptions): Promise<void> {
  const expected = login === undefined ? undefined : `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`
  if (expected !== undefined && request.headers.authorization !== expected) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
    return
  }
  if (before !== undefined && !(await before(request, response))) return
  const url = new URL(request.url ?? '/', 'http://localhost')
  const child = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...testPrograms.environment,
      GIT_PROJECT_ROOT: join(bare, '..'),
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_USER: login?.username ?? 'somebody',
    },
  })
  pipeline(request, child.stdin).catch(() => {})
  await answerCgi(child.stdout, response)
}

/** A CGI answer: headers, an empty line, the body. */
async function answerCgi(output: AsyncIterable<Buffer>, response: ServerResponse): Promise<void> {
  let head: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of output) {
    if (head === undefined) {
      response.write(chunk)
      continue
    }
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) continue
    writeHead(head.toString('latin1', 0, end), response)
    response.write(head.subarray(end + 4))
    head = undefined
  }
  response.end()
}

function writeHead(text: string, response: ServerResponse): void {
  for (const line of text.split('\r\n')) {
    const [name = '', value = ''] = line.split(/: (.*)/s)
    if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10)
    else response.setHeader(name, value)
  }
}
