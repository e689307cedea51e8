import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = new URL('..', import.meta.url).pathname

interface PackageFile {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

interface LockedPackage {
  readonly dev?: boolean
  readonly optional?: boolean
  readonly integrity?: string
  readonly hasInstallScript?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const description = readJson('package.json') as PackageFile
const locked = (readJson('package-lock.json') as { readonly packages: Readonly<Record<string, LockedPackage>> }).packages
const megabyte = 1_000_000

test('the runtime is Node 24 or newer, although the machine may have an older one', () => {
  assert.ok(Number(process.versions.node.split('.')[0]) >= 24, process.versions.node)
})

test('a production install is at most 120 MB without the runtime, and README says how much', () => {
  const folders = Object.entries(locked).filter(([path, { dev }]) => path !== '' && dev !== true && existsSync(join(root, path)))
  assert.ok(folders.length > 100, `${folders.length} packages were counted`)
  const bytes = folders.reduce((sum, [path]) => sum + sizeOf(join(root, path)), 0)
  assert.ok(bytes <= 120 * megabyte, `${Math.round(bytes / megabyte)} MB`)
  const stated = /production install[^.]*?(\d+) MB/.exec(readText('README.md'))?.[1]
  assert.ok(stated !== undefined, 'README.md does not state the size of a production install ("production install … 67 MB")')
  assert.ok(Math.abs(Number(stated) - bytes / megabyte) <= 10, `README.md says ${stated} MB, it is ${Math.round(bytes / megabyte)}`)
})

test('there is one copy of the packages whose copies do not understand each other', () => {
  for (const name of ['multiformats', 'uint8arraylist', 'protons-runtime', '@libp2p/interface', '@multiformats/multiaddr']) {
    const copies = Object.keys(locked).filter((path) => path.endsWith(`node_modules/${name}`))
    assert.deepEqual(copies, [`node_modules/${name}`])
  }
})

test('every dependency has its reason in docs/decisions/0001-dependencies.md, and no reason is left over', () => {
  const reasons = [...readText('docs/decisions/0001-dependencies.md').matchAll(/^\| `([^`]+)` \| .{4,} \|$/gm)].map((match) => match[1])
  const names = [...Object.keys(description.dependencies), ...Object.keys(description.devDependencies)]
  assert.deepEqual(new Set(reasons), new Set(names))
})

test('versions are exact, in package.json and so in every clone', () => {
  const ranges = Object.entries({ ...description.dependencies, ...description.devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
  )
  assert.deepEqual(ranges, [])
})

test('S35: what is installed here has a hash in the lockfile, and only the runtime runs a script when it is installed', () => {
  const installed = Object.entries(locked).filter(([path]) => path !== '' && existsSync(join(root, path)))
  assert.deepEqual(
    installed.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path),
    [],
  )
  const allowed = (readJson('package.json') as { readonly allowScripts: Readonly<Record<string, boolean>> }).allowScripts
  assert.deepEqual(allowed, { node: true })
})

test('the lockfile names the builds for every platform, so that npm ci takes it on each', () => {
  const missing = Object.values(locked).flatMap(({ optionalDependencies = {} }) =>
    Object.keys(optionalDependencies).filter((name) => locked[`node_modules/${name}`] === undefined),
  )
  assert.deepEqual(missing, [], 'run: node scripts/lockfile.ts')
})

test('the package holds the launcher, the bundle, its types and its pages, and no source or test', () => {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [packed] = JSON.parse(output) as readonly { readonly files: readonly { readonly path: string }[] }[]
  const paths = packed?.files.map(({ path }) => path) ?? []
  for (const path of ['package.json', 'README.md', 'LICENSE', 'bin/althing.js', 'bin/package.json', 'docs/reference/commands.md']) {
    assert.ok(paths.includes(path), `${path} is not packed`)
  }
  const known = /^(bin\/|dist\/|docs\/|package\.json$|[A-Z]+(\.md)?$)/
  assert.deepEqual(
    paths.filter((path) => !known.test(path) || path.endsWith('.test.ts')),
    [],
  )
})

/** Bytes of the files of one package, those of packages nested in it apart: they have lines of their own in the lockfile. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules')
    .reduce((sum, entry) => sum + (entry.isDirectory() ? sizeOf(join(folder, entry.name)) : lstatSync(join(folder, entry.name)).size), 0)
}

function readJson(path: string): unknown {
  return JSON.parse(readText(path))
}

function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}
