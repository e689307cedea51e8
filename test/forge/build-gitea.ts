import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What is built where nobody says otherwise: the newest that the toolchains of its year build. */
const standardVersion = 'v1.25.5'
/** Ten minutes on two processors, on others longer, in milliseconds. */
const buildTimeoutMs = 3_600_000

/** A Gitea that can be started. */
export interface GiteaBuild {
  readonly version: string
  readonly program: string
  /** Its source, where templates, locales and licences are read from: it is built without them. */
  readonly source: string
}

/**
 * Builds a real Gitea from the module proxy, once: it stays in a cache folder, `ALTHING_TEST_CACHE` or one in the temporary folder.
 *
 * Gives the reason in words where that cannot be done: no Go, no C compiler for SQLite, no proxy. What needs a browser is not built; the API needs none of it.
 */
export async function buildGitea(): Promise<GiteaBuild | string> {
  const version = process.env['ALTHING_TEST_GITEA_VERSION'] ?? standardVersion
  const cache = process.env['ALTHING_TEST_CACHE'] ?? join(tmpdir(), 'althing-test-cache')
  const folder = join(cache, `gitea-${version}`)
  const build = { version, program: join(folder, 'gitea'), source: join(folder, 'source') }
  if (existsSync(build.program)) return build
  const env = {
    ...process.env,
    GOMODCACHE: join(cache, 'go-modules'),
    GOCACHE: join(cache, 'go-build'),
    GOFLAGS: '-modcacherw',
    GOTOOLCHAIN: 'local',
    CGO_ENABLED: '1',
  }
  const go = async (words: readonly string[], cwd: string): Promise<string> =>
    (await run('go', words, { cwd, env, timeout: buildTimeoutMs, maxBuffer: 16_777_216 })).stdout
  try {
    await run('cc', ['--version'])
    await mkdir(folder, { recursive: true })
    const module = JSON.parse(await go(['mod', 'download', '-json', `code.gitea.io/gitea@${version}`], folder)) as { readonly Dir: string }
    // a program whose module replaces others cannot be installed by its name: it is built as the main module, from a copy
    await rm(build.source, { recursive: true, force: true })
    await cp(module.Dir, build.source, { recursive: true })
    const flags = ['-tags', 'sqlite sqlite_unlock_notify', '-ldflags', `-X main.Version=${version.slice(1)}`]
    await go(['build', ...flags, '-o', `${build.program}.new`, '.'], build.source)
    await rename(`${build.program}.new`, build.program)
    return build
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : ''
    const why = said === '' ? String(error) : said
    return `no Gitea ${version} can be built here: ${why.slice(-1_000)}`
  }
}
