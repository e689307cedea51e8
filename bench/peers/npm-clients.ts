import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { realpathSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import type { BenchPackage } from '../harness/package-set.ts'
import { rivals, versionOf } from './verdaccio.ts'

/** A client of npm registries with a cache of its own. */
export interface NpmClient {
  /** With its version. */
  readonly name: string
  /** Makes the lock of a project. */
  readonly lock: (project: string) => Promise<void>
  /** Installs what the lock says, scripts off; milliseconds from before the process is started to its end. */
  readonly install: (project: string) => Promise<number>
  /** Forgets what was ever downloaded. */
  readonly forget: () => Promise<void>
  /** Publishes a folder; milliseconds. */
  readonly publish: (folder: string) => Promise<number>
}

export interface NpmClientOptions {
  readonly registry: string
  /** A folder for its cache, on the disk of the projects. */
  readonly cache: string
  readonly signal: AbortSignal
}

/** Lays out a project that asks for some packages of a registry. */
export async function writeNpmProject(project: string, { registry, cache }: NpmClientOptions, names: readonly string[]): Promise<string> {
  await mkdir(project, { recursive: true })
  const dependencies = Object.fromEntries(names.map((name) => [name, '^1.0.0']))
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'project', version: '1.0.0', private: true, dependencies }))
  await writeFile(join(project, '.npmrc'), `registry=${registry}/\n${registry.slice('http:'.length)}/:_authToken=anybody\n`)
  const workspace = [
    `storeDir: ${join(cache, 'store')}`,
    `cacheDir: ${join(cache, 'cache')}`,
    `stateDir: ${join(cache, 'state')}`,
    'minimumReleaseAge: 0',
    'verifyDepsBeforeRun: false',
    'packages: ["."]',
  ]
  await writeFile(join(project, 'pnpm-workspace.yaml'), workspace.join('\n'))
  return project
}

/** Lays a package out as a source folder for npm, allowed to publish to a registry, and gives the folder. */
export async function writeNpmSource(parent: string, registry: string, { name, version, files }: BenchPackage): Promise<string> {
  const folder = join(parent, name)
  const manifest = JSON.stringify({ name, version, description: 'A package of the bench' })
  const rights = `${registry.slice('http:'.length)}/:_authToken=anybody\n`
  for (const [path, bytes] of [['package.json', manifest] as const, ['.npmrc', rights] as const, ...files]) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), bytes)
  }
  return folder
}

/** The npm on the path, run by the node that runs this. */
export function createNpm(options: NpmClientOptions): NpmClient {
  const program = findNpm()
  const common = [
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    `--registry=${options.registry}/`,
    `--cache=${options.cache}`,
  ]
  const run = (cwd: string, words: readonly string[]): Promise<number> =>
    runIn(cwd, [process.execPath, program, ...words, ...common], options)
  return {
    name: `npm ci`,
    lock: async (project) => void (await run(project, ['install', '--package-lock-only'])),
    install: (project) => run(project, ['ci']),
    forget: () => rm(options.cache, { recursive: true, force: true }),
    publish: (folder) => run(folder, ['publish']),
  }
}

/** The pnpm of the rivals, a native program. */
export function createPnpm(options: NpmClientOptions): NpmClient {
  const program = join(rivals, 'pnpm/pnpm')
  const run = (cwd: string, words: readonly string[]): Promise<number> => runIn(cwd, [program, ...words], options)
  return {
    name: `pnpm ${versionOf('pnpm')} install --frozen-lockfile`,
    lock: async (project) => void (await run(project, ['install', '--lockfile-only'])),
    install: (project) => run(project, ['install', '--frozen-lockfile', '--ignore-scripts', '--reporter=silent']),
    forget: () => rm(options.cache, { recursive: true, force: true }),
    publish: (folder) => run(folder, ['publish', '--no-git-checks']),
  }
}

/** Where the npm on the path really lies. @throws Error when there is none */
function findNpm(): string {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      return realpathSync(join(folder, 'npm'))
    } catch {
      // Not in this one.
    }
  }
  throw new Error('no npm is on the path')
}

async function runIn(cwd: string, [program = '', ...words]: readonly string[], { signal }: NpmClientOptions): Promise<number> {
  const startedAt = performance.now()
  const env = { ...process.env, CI: 'true', NO_COLOR: '1' }
  const child = spawn(program, words, { cwd, signal, killSignal: 'SIGKILL', stdio: ['ignore', 'pipe', 'pipe'], env })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code] = await once(child, 'close')
  const ms = performance.now() - startedAt
  if (code !== 0) throw new Error(`${program} ${words.join(' ')} exited with ${code}: ${said.trim().slice(0, 2000)}`)
  return ms
}
