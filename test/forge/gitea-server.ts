import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { GiteaBuild } from './build-gitea.ts'

const run = promisify(execFile)

/** A server that runs, and a token of its administrator. */
export interface RealServer {
  /** Without a slash at its end. */
  readonly url: string
  readonly token: string
}

/** How long a server may take to answer, in milliseconds. */
const startTimeoutMs = 120_000

/** Starts a Gitea on loopback in a home of its own; disposing it ends the process and takes the home away. */
export async function openGitea({ program, source }: GiteaBuild): Promise<RealServer & AsyncDisposable> {
  await using opened = new AsyncDisposableStack()
  const home = await mkdtemp(join(tmpdir(), 'althing-gitea-'))
  opened.defer(() => rm(home, { recursive: true, force: true, maxRetries: 5 }))
  const url = `http://127.0.0.1:${await findPort()}`
  await mkdir(join(home, 'conf'))
  const config = join(home, 'conf', 'app.ini')
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, GITEA_WORK_DIR: home }
  const gitea = async (...words: readonly string[]): Promise<string> =>
    (await run(program, [...words, '--config', config], { cwd: home, env })).stdout.trim()
  await writeFile(config, settingsOf({ home, source, url }), { mode: 0o600 })
  await gitea('migrate')
  await gitea('admin', 'user', 'create', '--admin', '--username', 'operator', '--random-password', '--email', 'operator@example.org')
  const token = (
    await gitea('admin', 'user', 'generate-access-token', '--username', 'operator', '--token-name', 'tests', '--scopes', 'all', '--raw')
  )
    .split('\n')
    .at(-1)
  const server = spawn(program, ['web', '--config', config], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [server.stdout, server.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-8_000)))
  opened.defer(async () => {
    if (server.exitCode !== null || server.signalCode !== null) return
    server.kill('SIGTERM')
    const late = setTimeout(() => server.kill('SIGKILL'), 10_000)
    await once(server, 'exit')
    clearTimeout(late)
  })
  await untilAnswers(`${url}/api/v1/version`, () => (server.exitCode === null ? undefined : said))
  const stack = opened.move()
  return { url, token: token ?? '', [Symbol.asyncDispose]: async () => stack.disposeAsync() }
}

function settingsOf({ home, source, url }: { readonly home: string; readonly source: string; readonly url: string }): string {
  return `APP_NAME = althing
RUN_USER = ${userInfo().username}
RUN_MODE = prod
WORK_PATH = ${home}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true

[server]
PROTOCOL = http
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${new URL(url).port}
ROOT_URL = ${url}/
STATIC_ROOT_PATH = ${source}
APP_DATA_PATH = ${home}/data
DISABLE_SSH = true
OFFLINE_MODE = true

[database]
DB_TYPE = sqlite3
PATH = ${home}/gitea.db

[repository]
ROOT = ${home}/repositories

[security]
INSTALL_LOCK = true
SECRET_KEY = a-secret-of-a-test-that-guards-nothing
; weak, for accounts that live for a minute
PASSWORD_HASH_ALGO = pbkdf2$1$1

[service]
DISABLE_REGISTRATION = true

[indexer]
ISSUE_INDEXER_TYPE = db

[webhook]
ALLOWED_HOST_LIST = loopback

[actions]
ENABLED = false

[session]
PROVIDER = memory

[log]
MODE = console
LEVEL = Warn
`
}

/** A port that was free a moment ago: Gitea must know its own before it listens. */
async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function untilAnswers(url: string, endedWith: () => string | undefined): Promise<void> {
  const deadline = performance.now() + startTimeoutMs
  for (;;) {
    const answer = await fetch(url).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.ok === true) return
    const said = endedWith()
    if (said !== undefined) throw new Error(`Gitea ended at once: ${said}`)
    if (performance.now() > deadline) throw new Error(`Gitea did not answer at ${url} within ${startTimeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
