import { readFileSync, writeFileSync } from 'node:fs'

/**
 * `node scripts/lockfile.ts`, after every `npm install`: names the optional packages of other platforms that npm left out.
 *
 * A registry mirror that does not carry, say, the macOS builds of a tool makes npm write a lockfile without them, which
 * `npm ci` then refuses on every machine. What is added has no integrity: nobody here has seen it.
 */
interface LockedPackage {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
}

interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

const path = new URL('../package-lock.json', import.meta.url).pathname
const lockfile = JSON.parse(readFileSync(path, 'utf8')) as Lockfile
const added = missingPackages(lockfile)
const packages = Object.fromEntries([...Object.entries(lockfile.packages), ...added].toSorted(([a], [b]) => a.localeCompare(b, 'en')))
if (added.length > 0) writeFileSync(path, `${JSON.stringify({ ...lockfile, packages }, undefined, 2)}\n`)
console.log(`${added.length} packages of other platforms added`)

function missingPackages({ packages: locked }: Lockfile): readonly (readonly [string, LockedPackage])[] {
  return Object.values(locked).flatMap(({ dev, optionalDependencies = {} }) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => locked[`node_modules/${name}`] === undefined)
      .map(
        ([name, version]) =>
          [`node_modules/${name}`, { version, ...(dev === true ? { dev } : {}), optional: true, ...platformOf(name) }] as const,
      ),
  )
}

/** What a name such as `@oxlint/binding-linux-arm64-musl` says of the machine it is for. */
function platformOf(name: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> {
  const words = name.replace(/^@[^/]+\//, '').split('-')
  const os = words.find((word) =>
    ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32', 'windows', 'netbsd', 'openbsd', 'sunos', 'aix'].includes(word),
  )
  const cpu = words.find((word) =>
    ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32', 'mips64el'].includes(word),
  )
  if (os === undefined && cpu === undefined) throw new Error(`${name} does not say which machine it is for; add it to the lockfile by hand`)
  const libc = words.includes('musl') ? 'musl' : words.includes('gnu') ? 'glibc' : undefined
  return {
    ...(os === undefined ? {} : { os: [os === 'windows' ? 'win32' : os] }),
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(os === 'linux' && libc !== undefined ? { libc: [libc] } : {}),
  }
}
